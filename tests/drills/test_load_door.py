"""The door for overload: real load of a profile on a real server, beside the drill's traffic; refused, and ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from tests.loadgen.conftest import SCENARIO, Answer, Server, target_at

from alertproof.clock import SystemClock, wait_until
from alertproof.drills.load_door import LoadDoor
from alertproof.errors import BlastRadiusExceeded, FaultError, RevertFailed
from alertproof.faults import Fault, Ledger, Overload, Stop, injected, sweep
from alertproof.loadgen import Answered, Traffic, read_hold_profile

LEASE = timedelta(seconds=60)


class Beside:
    """The drill's traffic: ten good ones a second, one that is late and one that fails."""

    plan = SimpleNamespace(rate=10.0)

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime | None]] = []

    def answers(self, *, since: datetime, until: datetime | None = None) -> list[Answered]:
        self.asked.append((since, until))

        def one(seconds: float, status: int) -> Answered:
            return Answered(
                start=since.timestamp(), seconds=seconds, lag=0.0, status=status, tenant="t", correlation_id="c"
            )

        return [one(0.01, 200)] * 10 + [one(0.9, 200)] + [one(0.01, 500)]


@pytest.fixture
def server() -> Iterator[Server]:
    """Each request whose number ends on 9 takes longer than the limit."""
    found = Server(lambda asked: Answer(after=timedelta(milliseconds=150 if asked.number % 10 == 9 else 2)))
    found.start()
    yield found
    found.close()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(SCENARIO, encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(
        'scenario = "own.py"\nslow_held = 0.1\nstart = 20\nceiling = 100\nlimit = "100ms"\ntimeout = "2s"\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture
def door(server: Server) -> Iterator[LoadDoor]:
    found = LoadDoor(target_at(server.url), cast("Traffic", Beside()))
    yield found
    found.close()


def overload(profile: Path, share: float = 0.1) -> Overload:
    return Overload(text="some load", share=share, profile=str(profile))


def test_load_is_sent_while_the_fault_stands_and_what_it_learned_is_kept(
    door: LoadDoor, profile: Path, server: Server, tmp_path: Path
) -> None:
    ledger, clock = Ledger(tmp_path / "ledger"), SystemClock()
    assert door.active() == []
    assert door.learned(read_hold_profile(profile)) is None

    with injected(overload(profile), door=door, ledger=ledger, lease=LEASE, target="local") as fault_id:
        (entry,) = ledger.pending()
        assert entry.door == "the load of this run"
        state = wait_until(
            lambda: next((one for one in door.active() if door.load and door.load.hold.settled), None),
            clock=clock,
            deadline=clock.now() + timedelta(seconds=30),
            every=timedelta(milliseconds=50),
        )
        assert state is not None
        assert (state.id, state.kind) == (fault_id, "overload")
        assert 0 < state.injected < state.matched

    sent = len(server.asked)
    assert door.active() == []
    assert ledger.pending() == []
    clock.sleep(timedelta(milliseconds=500))
    assert len(server.asked) == sent
    learned = door.learned(read_hold_profile(profile))
    assert learned is not None
    assert learned.growth > 1.5  # some twenty of its own beside the ten


def test_its_share_is_the_faults_and_not_the_profiles(door: LoadDoor, profile: Path) -> None:
    door.inject(overload(profile, 0.025), fault_id="a", lease=LEASE)

    assert door.load is not None
    assert door.load.profile == replace(read_hold_profile(profile), share=0.025)


def test_a_second_load_another_kind_and_a_longer_lease_are_refused(
    server: Server, profile: Path, door: LoadDoor
) -> None:
    door.inject(overload(profile), fault_id="a", lease=LEASE)
    with pytest.raises(FaultError, match="load is being sent already"):
        door.inject(overload(profile), fault_id="b", lease=LEASE)
    with pytest.raises(FaultError, match="is no load"):
        door.inject(cast("Fault", Stop(text="it is gone")), fault_id="c", lease=LEASE)

    short = LoadDoor(target_at(server.url), cast("Traffic", Beside()), longest=timedelta(seconds=59))
    with pytest.raises(BlastRadiusExceeded, match="60 s; the target allows 59 s"):
        short.inject(overload(profile), fault_id="a", lease=LEASE)


def test_a_target_that_does_not_allow_load_gets_none(server: Server, profile: Path) -> None:
    target = msgspec.structs.replace(target_at(server.url), allow=("read", "write", "faults"))
    door = LoadDoor(target, cast("Traffic", Beside()))

    with pytest.raises(FaultError, match="the target does not allow 'load'"):
        door.inject(overload(profile), fault_id="a", lease=LEASE)
    assert server.asked == []


@pytest.mark.parametrize("share", [0.0, 0.51])
def test_more_than_half_of_the_requests_is_no_share(share: float) -> None:
    with pytest.raises(BlastRadiusExceeded, match="above 0 and at most 0.5"):
        overload(Path("x.toml"), share).prepare()


def test_a_profile_that_cannot_be_read_breaks_nothing(door: LoadDoor, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with (
        pytest.raises(FaultError, match="nowhere.toml"),
        injected(overload(Path("nowhere.toml")), door=door, ledger=ledger, lease=LEASE, target="local"),
    ):
        raise AssertionError("it was injected")
    assert ledger.pending() == []


def test_of_the_traffic_beside_it_what_was_sent_a_little_earlier_is_counted(door: LoadDoor) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    beside = cast("Any", door._traffic)

    assert door._others(since, since + timedelta(seconds=1), 0.8) == (12, 2)  # the late one, and the failed one
    assert door._others(since, since + timedelta(seconds=1), 0.95) == (12, 1)
    assert beside.asked == [(since - timedelta(seconds=2), since - timedelta(seconds=1))] * 2


def test_a_sweep_closes_the_entry_of_a_dead_run_and_leaves_a_living_ones(
    door: LoadDoor, profile: Path, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with injected(overload(profile), door=door, ledger=ledger, lease=LEASE, target="local"):
        with pytest.raises(RevertFailed, match=r"process \d+ sends it; end that"):
            sweep(ledger, door_at=lambda _: pytest.fail("no door is asked"), entries=ledger.pending())
        dead = [msgspec.structs.replace(one, owner_started="gone") for one in ledger.pending()]
        (swept,) = sweep(ledger, door_at=lambda _: pytest.fail("no door is asked"), entries=dead)
    assert "the load ended with the run that sent it" in str(swept)
