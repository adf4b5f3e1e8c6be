"""A run that ends before its schedule: by a threshold, a hand, a kill switch; each says so, and none passes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.journal import LoadJournal, LoadTick
from alertproof.loadgen import read_profile, run_load
from alertproof.verdict import Verdict

from .conftest import SCENARIO, Answer, Asked, Server, Write, target_at

Watch = Callable[[LoadTick, int], None]


def run(server: Server, path: Path, *, watch: Watch = lambda _t, _n: None, switch: Path | None = None) -> LoadJournal:
    return run_load(
        read_profile(path),
        target_at(server.url),
        check="a test",
        target_name="own",
        watch=watch,
        kill_switch=switch,
        drains=True,
    )


def failing_from(number: int) -> Callable[[Asked], Answer]:
    return lambda asked: Answer(status=500 if asked.number >= number else 200)


def test_the_run_ends_when_a_threshold_no_longer_holds(serve: Callable[..., Server], write_profile: Write) -> None:
    server = serve(failing_from(60))
    profile = write_profile(SCENARIO, rate=20, duration="60s", abort_after="1s", max_lag="5s")

    journal = run(server, profile)

    assert journal.verdict is Verdict.FAILED
    first, second, *_ = journal.reason.splitlines()
    assert first.startswith("ended after ")
    assert first.endswith(" s of 60: a threshold does not hold (abort_after)")
    assert second.startswith("not met: failed rate<0.01; last seen: ")
    assert journal.n == len(server.asked) < 20 * 30
    assert len(journal.ticks) <= 30, "no seconds that never were"


def test_before_abort_after_nothing_ends_it(serve: Callable[..., Server], write_profile: Write) -> None:
    """The first five requests fail: at first far too many, over the whole run less than one of a hundred."""
    server = serve(lambda asked: Answer(status=500 if asked.number < 2 else 200))
    profile = write_profile(SCENARIO, rate=100, duration="5s", abort_after="4s", max_lag="5s")

    journal = run(server, profile)

    assert journal.verdict is Verdict.PASSED, journal.reason
    assert journal.n == 500


def test_the_first_ctrl_c_waits_for_what_is_under_way(serve: Callable[..., Server], write_profile: Write) -> None:
    server = serve(lambda _: Answer(after=timedelta(seconds=1.5)))
    profile = write_profile(SCENARIO, rate=20, duration="60s", max_lag="5s")

    def interrupt(tick: LoadTick, _in_flight: int) -> None:
        if tick.second == 1:
            os.kill(os.getpid(), signal.SIGINT)

    journal = run(server, profile, watch=interrupt)

    assert journal.verdict is Verdict.BROKEN
    assert journal.reason.startswith("interrupted after ")
    assert journal.reason.splitlines()[0].endswith(" s of 60")
    assert journal.n == len(server.asked) > 20, "each request that was sent has its answer"
    assert journal.failed == 0


def test_the_second_ctrl_c_is_not_held_up(serve: Callable[..., Server], write_profile: Write) -> None:
    server = serve(lambda _: Answer(after=timedelta(seconds=30)))
    profile = write_profile(SCENARIO, rate=20, duration="60s", timeout="60s", max_lag="5s")

    def interrupt(tick: LoadTick, _in_flight: int) -> None:
        if tick.second in {1, 3}:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(server, profile, watch=interrupt)


def test_a_kill_switch_ends_the_run_at_once_and_forbids_the_next(
    serve: Callable[..., Server], write_profile: Write, tmp_path: Path
) -> None:
    server, switch = serve(), tmp_path / "load.stop"
    profile = write_profile(SCENARIO, rate=20, duration="60s", max_lag="5s")

    def pull(tick: LoadTick, _in_flight: int) -> None:
        if tick.second == 1:
            threading.Thread(target=switch.touch).start()

    journal = run(server, profile, watch=pull, switch=switch)
    sent = len(server.asked)

    assert (journal.verdict, journal.reason) == (Verdict.BROKEN, f"the kill switch {switch} appeared")
    assert 20 < journal.n <= sent < 20 * 30
    with pytest.raises(ConfigError, match="load.stop is there: no load until it is removed"):
        run(server, profile, switch=switch)
    assert len(server.asked) == sent
