"""The child process: it cannot outlive its parent, and its death or silence is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from alertproof.clock import SystemClock, wait_until
from alertproof.errors import Broken, ConfigError
from alertproof.journal import LoadTick
from alertproof.loadgen import Ceiling, read_profile, run_load
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.sender import _END, Sender
from alertproof.loadgen.wire import Batch, Ended, LoadPlan, Message, Ready
from alertproof.verdict import Verdict

from .conftest import SCENARIO, Answer, Server, Write, target_at

CLOCK = SystemClock()


def children(pid: int | None = None) -> list[psutil.Process]:
    family = psutil.Process(pid).children(recursive=True)
    return [one for one in family if any("loadgen.bridge" in part for part in one.cmdline())]


def gone(processes: list[psutil.Process]) -> bool:
    def look() -> bool | None:
        alive = [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        return None if alive else True

    every = timedelta(milliseconds=20)
    return bool(wait_until(look, clock=CLOCK, deadline=CLOCK.now() + timedelta(seconds=20), every=every))


def test_a_child_that_was_killed_is_broken_and_what_it_said_is_kept(
    serve: Callable[..., Server], write_profile: Write
) -> None:
    profile = read_profile(write_profile(SCENARIO, rate=20, duration="20s"))

    def kill(tick: LoadTick, _in_flight: int) -> None:
        if tick.second == 1:  # by now the answers of the first second are all there, on a busy machine, too
            (child,) = children()
            child.kill()

    journal = run_load(profile, target_at(serve().url), check="a test", target_name="own", watch=kill)

    assert journal.verdict is Verdict.BROKEN
    assert journal.reason.startswith("the generator ended with code -9 before its time")
    assert journal.ticks[0].n == 20
    assert [one.last_seen for one in journal.expectations] == ["the run was cut short"] * 2


def test_a_child_that_is_interrupted_from_the_keyboard_is_gone(
    serve: Callable[..., Server], write_profile: Write
) -> None:
    profile = read_profile(write_profile(SCENARIO, rate=20, duration="20s"))
    seen: list[psutil.Process] = []

    def interrupt(_tick: LoadTick, _in_flight: int) -> None:
        seen.extend(children())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_load(profile, target_at(serve().url), check="a test", target_name="own", watch=interrupt)
    assert seen
    assert gone(seen)


KILLED = """
import sys
from pathlib import Path
from alertproof.loadgen import read_profile, run_load
from alertproof.requirements import ClockWire, Endpoints, Target
target = Target(clock=ClockWire(real=0, stack=0, factor=1), endpoints=Endpoints(m3core=sys.argv[2]))
said = lambda tick, in_flight: print(tick.n, flush=True)
run_load(read_profile(Path(sys.argv[1])), target, check="a test", target_name="own", watch=said)
"""


def test_a_killed_run_takes_its_child_with_it(serve: Callable[..., Server], write_profile: Write) -> None:
    server = serve()
    path = write_profile(SCENARIO, rate=20, duration="60s")
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path), server.url], stdout=subprocess.PIPE) as run:
        try:
            assert run.stdout is not None
            assert int(run.stdout.readline()) > 0
            (child,) = children(run.pid)
        finally:
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
    assert gone([child])


def plan(url: str, scenario: Path, *, seconds: float = 3) -> LoadPlan:
    schedule = Schedule(legs=(Leg(seconds=seconds, start=20, end=20),))
    return LoadPlan(
        base_url=url, scenario=str(scenario), schedule=schedule, users=1, max_in_flight=50, timeout=2, writes=False
    )


@pytest.fixture
def start() -> Iterator[Callable[..., Sender]]:
    senders: list[Sender] = []

    def run(what: LoadPlan, *, silence: timedelta = timedelta(seconds=15)) -> Sender:
        senders.append(Sender(what, environment={}, silence=silence))
        return senders[-1]

    yield run
    for sender in senders:
        sender.stop()


def test_a_child_whose_input_closes_ends_at_once(
    serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    """It does so on any system; that Linux ends it with its parent comes on top."""
    scenario = write_profile(SCENARIO, rate=1).with_name("own.py")
    sender = start(plan(serve().url, scenario, seconds=60))
    assert next(sender.messages()) == Ready()
    found = children()

    began = CLOCK.monotonic()
    sender.stop()

    assert CLOCK.monotonic() - began < _END, "only then it would have been killed"
    assert gone(found)


def test_a_child_that_falls_silent_is_given_up(
    serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    busy = SCENARIO.replace("self.client.get(", "while True: pass\n        self.client.get(")
    scenario = write_profile(busy, rate=1).with_name("own.py")
    sender = start(plan(serve().url, scenario), silence=timedelta(seconds=1.5))
    messages = sender.messages()
    assert next(messages) == Ready()

    with pytest.raises(Broken, match=r"the generator said nothing for 1\.5 s; a scenario that computes for long"):
        list(messages)


def test_a_child_speaks_each_second_and_has_a_last_word(
    serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    scenario = write_profile(SCENARIO, rate=1).with_name("own.py")
    said: list[Message] = list(start(plan(serve().url, scenario, seconds=1.5)).messages())

    assert said[0] == Ready()
    assert said[-1] == Ended()
    batches = [one for one in said if isinstance(one, Batch)]
    assert [one.at // 1_000_000 for one in batches][:1] == [1]
    assert sum(len(one.lags) for one in batches) == 30


def test_an_adaptive_plan_sends_at_the_rates_that_it_is_told(
    serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    server, scenario = serve(), write_profile(SCENARIO, rate=1).with_name("own.py")
    sender = start(replace(plan(server.url, scenario, seconds=60), ceiling=100.0))
    due: Counter[int] = Counter()
    rates: dict[int, float] = {}
    for message in sender.messages():
        if isinstance(message, Batch):
            due.update(second for second, _ in message.lags)
            second = message.at // 1_000_000 - 1
            rates[second] = message.rate
            if second == 0:
                sender.offer(87.5)
            if second == 3:
                sender.drain()

    assert due[0] == 20
    assert due[2] in {87, 88}, "the second second had the order at its beginning, or somewhat later on a busy machine"
    assert (rates[0], rates[1], rates[2]) == (20.0, 87.5, 87.5)
    assert sum(due.values()) == len(server.asked)


def test_what_is_under_way_is_told_until_it_is_done(
    serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    """Arrivals that wait for their answer are pending in the second in which they were due, and in no other."""
    server = serve(lambda _: Answer(after=timedelta(seconds=1.5)))
    sender = start(plan(server.url, write_profile(SCENARIO, rate=1).with_name("own.py"), seconds=0.5))
    said = [one for one in sender.messages() if isinstance(one, Batch)]

    assert said[0].pending == {0: 10}
    assert said[-1].pending == {}
    assert sum(len(one.answered) for batch in said for one in batch.answers) == 10


TWO_STEPS = SCENARIO.replace('name="/thing")', 'name="/thing")\n        self.client.get("/then")')
NO_STEP = SCENARIO.replace('self.client.get(f"/thing?n={next(NUMBERS)}", name="/thing")', "pass")
UNTOLD = SCENARIO.replace('name="/thing")', 'name="/thing", catch_response=True)')


def test_a_later_request_is_pending_from_its_own_start(
    serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    server = serve(lambda asked: Answer(after=timedelta(seconds=1.5 if asked.path == "/then" else 0)))
    sender = start(plan(server.url, write_profile(TWO_STEPS, rate=1).with_name("own.py"), seconds=0.5))
    said = [one for one in sender.messages() if isinstance(one, Batch)]

    assert said[0].pending == {0: 10}
    assert {one.name: len(one.answered) for one in said[0].answers} == {"GET /thing": 10}
    assert said[-1].pending == {}


@pytest.mark.parametrize("scenario", [NO_STEP, UNTOLD], ids=["no request", "a request whose end is never told"])
def test_an_arrival_that_is_over_leaves_nothing_pending(
    scenario: str, serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    sender = start(plan(serve().url, write_profile(scenario, rate=1).with_name("own.py"), seconds=1))
    said = [one for one in sender.messages() if isinstance(one, Batch)]

    assert sum(len(one.lags) for one in said) == 20
    assert said[-1].pending == {}


@pytest.mark.parametrize("order", [b"rate 100.5", b"rate fast", b"faster"])
def test_an_order_that_makes_no_sense_ends_the_child_and_is_named(
    order: bytes, serve: Callable[..., Server], write_profile: Write, start: Callable[..., Sender]
) -> None:
    scenario = write_profile(SCENARIO, rate=1).with_name("own.py")
    sender = start(replace(plan(serve().url, scenario, seconds=60), ceiling=100.0))
    messages = sender.messages()
    assert next(messages) == Ready()

    sender._child.tell(order)

    with pytest.raises(Broken, match=rf"before its time[\s\S]*cannot do as ordered, b'{order.decode()}': "):
        list(messages)


def test_a_load_above_the_ceiling_is_not_begun(serve: Callable[..., Server], write_profile: Write) -> None:
    server = serve()
    profile = read_profile(write_profile(SCENARIO, rate=20, duration="1s"))

    with pytest.raises(ConfigError, match="more than the ceiling of 10"):
        run_load(profile, target_at(server.url), check="a test", target_name="own", ceiling=Ceiling(rate=10))
    assert server.asked == []
    assert children() == []


def test_the_process_that_runs_the_load_never_holds_gevent() -> None:
    program = (
        "import sys, alertproof.loadgen, alertproof.loadgen.run, alertproof.plugin.load, alertproof.cli.load; "
        "sys.exit(', '.join(sorted({'locust', 'gevent', 'geventhttpclient'} & sys.modules.keys())) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr


def test_the_child_patches_before_anything_is_there_to_be_patched_too_late() -> None:
    program = "import alertproof.loadgen.bridge.__main__"
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
