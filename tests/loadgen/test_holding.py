"""A held load driven by what a generator says: scripted here, with platforms in virtual time behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.loadgen.capacity.known import JUDGED
from tests.loadgen.test_finding_capacity import Said, Scripted

from alertproof.errors import Broken, ConfigError
from alertproof.loadgen import Counted, HeldLoad, HeldTick, HoldProfile, read_hold_profile
from alertproof.loadgen.wire import LoadPlan, Message, Trouble

from .conftest import SCENARIO, target_at

MM8 = JUDGED["M/M/8"]
Makes = Callable[..., HeldLoad]


@pytest.fixture
def profile(tmp_path: Path) -> HoldProfile:
    (tmp_path / "own.py").write_text(SCENARIO, encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text('scenario = "own.py"\nslow_held = 0.1\nstart = 90\nceiling = 1000\n', encoding="utf-8")
    return read_hold_profile(path)


@pytest.fixture
def held(profile: HoldProfile) -> Iterator[Makes]:
    """Return a function that starts a held load; whatever is started is ended."""
    made: list[HeldLoad] = []

    def make(
        *,
        seconds: float = 900,
        say: Said = lambda _, batch: batch,
        beside: Callable[[datetime, datetime], Counted] = lambda _since, _until: Counted(),
        extra: float | None = None,
        watch: Callable[[HeldTick], None] = lambda _: None,
    ) -> HeldLoad:
        load = HeldLoad(
            profile,
            target_at("http://127.0.0.1:1"),
            until=timedelta(seconds=seconds),
            extra=extra,
            beside=beside,
            watch=watch,
            generator=lambda plan: Scripted(plan, MM8.platform, say),
        )
        made.append(load)
        return load

    yield make
    for load in made:
        load.end()


def over(load: HeldLoad) -> HeldLoad:
    """Wait until a load has ended by itself."""
    deadline = time.monotonic() + 30
    while load.running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not load.running
    return load


def test_the_share_is_held_once_it_has_settled(held: Makes) -> None:
    load = over(held())

    assert load.hold.settled
    assert load.trouble() == ""
    lately = load.ticks[300:]
    assert len(load.ticks) == 900
    assert sum(tick.all.slow for tick in lately) / sum(tick.all.n for tick in lately) == pytest.approx(0.1, abs=0.012)
    assert load.counted().n == sum(tick.own.n for tick in load.ticks)


def test_the_share_is_that_of_all_requests_also_of_those_that_others_send(held: Makes) -> None:
    """Beside it a thousand good ones each second: of its own far more than a tenth have to be slow."""
    load = over(held(beside=lambda _since, _until: Counted(100, 0)))

    lately = load.ticks[300:]
    assert sum(tick.all.slow for tick in lately) / sum(tick.all.n for tick in lately) == pytest.approx(0.1, abs=0.012)
    assert sum(tick.own.slow for tick in lately) / sum(tick.own.n for tick in lately) > 0.15


def test_what_is_counted_beside_it_is_of_the_same_second(held: Makes) -> None:
    asked: list[tuple[datetime, datetime]] = []

    def beside(since: datetime, until: datetime) -> Counted:
        asked.append((since, until))
        return Counted(1, 1)

    load = over(held(seconds=10, beside=beside))

    assert load.began is not None
    assert [(since - load.began, until - since) for since, until in asked] == [
        (timedelta(seconds=second), timedelta(seconds=1)) for second in range(10)
    ]
    assert all(tick.beside == Counted(1, 1) for tick in load.ticks)


def test_it_begins_with_what_another_has_learned(held: Makes) -> None:
    first, second = over(held(seconds=6)), over(held(seconds=6, extra=400.0))

    assert not first.hold.settled
    assert [tick.own.target_rate for tick in second.ticks] == [290, 290, 90, 90, 90, 90]


def test_each_request_is_kept_with_the_second_in_which_it_was_to_start(held: Makes) -> None:
    load = over(held(seconds=30))

    kept = load.latencies()
    assert load.began is not None
    assert [round((began - load.began).total_seconds()) for began, _ in kept] == list(range(30))
    assert [len(taken) for _, taken in kept] == [tick.own.n for tick in load.ticks]
    assert sum(one > 800_000 for _, taken in kept for one in taken) == sum(tick.own.slow for tick in load.ticks)


def test_an_end_lets_no_more_be_sent_and_a_second_one_is_harmless(held: Makes) -> None:
    load = held(seconds=10_000, watch=lambda _: time.sleep(0.001))
    load.wait_ready()

    load.end()
    load.end()

    assert not load.running
    assert len(load.ticks) < 10_000


def test_why_a_scenario_gave_up_is_said_and_it_is_not_believed(held: Makes) -> None:
    def gives_up(second: int, batch: Message) -> Message:
        return Trouble("it raised") if second == 3 else batch

    load = over(held(say=gives_up))

    assert load.trouble() == "the scenario own.py: it raised"


def test_a_generator_that_is_late_is_not_believed(held: Makes) -> None:
    load = over(held(seconds=60, say=lambda _, batch: replace(batch, lags=tuple((s, 90_000) for s, _ in batch.lags))))

    assert "late" in load.trouble()


def test_a_load_that_does_not_start_says_why(profile: HoldProfile) -> None:
    class Dead(Scripted):
        def messages(self) -> Iterator[Message]:
            raise Broken("the generator ended with code 3 before its time")

    def dead(plan: LoadPlan) -> Dead:
        return Dead(plan, MM8.platform, lambda _, batch: batch)

    load = HeldLoad(profile, target_at("http://127.0.0.1:1"), until=timedelta(seconds=5), generator=dead)

    with pytest.raises(Broken, match="ended with code 3"):
        load.wait_ready()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("slow_held = 1.5", "slow_held is between 0 and 1, got 1.5"),
        ("start = 2000", "start is above 0 and below the ceiling of 1000, got 2000"),
        ("slow_allowed = 0.05", "slow_allowed"),
    ],
)
def test_a_profile_that_cannot_be_held_is_refused_with_its_key(profile: HoldProfile, line: str, told: str) -> None:
    key = line.partition(" ")[0]
    kept = [one for one in profile.path.read_text(encoding="utf-8").splitlines() if not one.startswith(key)]
    profile.path.write_text("\n".join([*kept, line]), encoding="utf-8")

    with pytest.raises(ConfigError, match=told):
        read_hold_profile(profile.path)


def test_the_shipped_profiles_lie_on_both_sides_of_the_alert_and_are_else_alike() -> None:
    folder = Path(__file__).parents[2] / "load" / "profiles"
    above, below = (read_hold_profile(folder / f"alert-{side}.toml") for side in ("above", "below"))

    assert below.share < 0.05 < above.share
    assert (above.start, above.ceiling, above.limit, above.platform_capacity) == (
        below.start,
        below.ceiling,
        below.limit,
        below.platform_capacity,
    )
