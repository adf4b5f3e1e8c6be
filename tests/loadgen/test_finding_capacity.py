"""The search driven by what a generator says: scripted here, with platforms in virtual time behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.loadgen.capacity.known import JUDGED
from tests.loadgen.capacity.simulated import Platform, Running

from alertproof.errors import Broken, ConfigError
from alertproof.loadgen import CapacityRun, CapacityTick, Ceiling, find_capacity, read_capacity_profile
from alertproof.loadgen.capacity import Outcome, Search
from alertproof.loadgen.wire import Answers, Batch, Ended, LoadPlan, Message, Ready, Trouble
from alertproof.verdict import Verdict

from .conftest import SCENARIO, target_at

MM8 = JUDGED["M/M/8"]
US = 1_000_000
Said = Callable[[int, Batch], Message]


class Scripted:
    """Offers the ordered rate to a platform in virtual time; ``say`` may change each line."""

    def __init__(self, plan: LoadPlan, platform: Platform, say: Said) -> None:
        self.plan, self.say = plan, say
        self.orders: list[float] = []
        self.drained = self.stopped = False
        self._rate = plan.schedule.legs[0].start
        self._running = Running(platform, 1)

    def messages(self) -> Iterator[Message]:
        yield Ready()
        second = 0
        while not self.drained and second < self.plan.schedule.seconds:
            seen = self._running.second(self._rate)
            answers = Answers(second, "GET /thing", (5000,) * (seen.n - seen.slow) + (900_000,) * seen.slow, ())
            second += 1
            message = self.say(
                second,
                Batch(
                    at=second * US,
                    in_flight=seen.in_flight,
                    lags=((second - 1, 1000),) * seen.n,
                    answers=(answers,),
                    started=second * US,
                    rate=self._rate,
                ),
            )
            yield message
            if isinstance(message, Trouble):
                return
        yield self.say(0, Batch(at=0, in_flight=0))
        yield Ended()

    def offer(self, rate: float) -> None:
        self.orders.append(rate)
        self._rate = rate

    def drain(self) -> None:
        self.drained = True

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(SCENARIO, encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text('scenario = "own.py"\nstart = 16\nceiling = 400\n', encoding="utf-8")
    return path


class Runs:
    """Searches by a profile, and keeps the generator."""

    def __init__(self, profile: Path) -> None:
        self.profile = profile
        self.generator: Scripted | None = None

    def __call__(
        self,
        *,
        platform: Platform = MM8.platform,
        required: float = 100,
        headroom: float = 1.0,
        say: Said = lambda _, batch: batch,
        watch: Callable[[CapacityTick, Search], None] = lambda _tick, _search: None,
        ceiling: Ceiling | None = None,
        kill_switch: Path | None = None,
    ) -> CapacityRun:
        def generator(plan: LoadPlan) -> Scripted:
            self.generator = Scripted(plan, platform, say)
            return self.generator

        return find_capacity(
            read_capacity_profile(self.profile),
            target_at("http://127.0.0.1:1"),
            target_name="own",
            required=required,
            headroom=headroom,
            ceiling=ceiling,
            watch=watch,
            kill_switch=kill_switch,
            generator=generator,
        )


@pytest.fixture
def run(profile: Path) -> Runs:
    return Runs(profile)


def test_the_capacity_of_a_known_platform_is_found_and_the_generator_did_as_it_was_told(run: Runs) -> None:
    ticks: list[CapacityTick] = []

    found = run(watch=lambda tick, _search: ticks.append(tick))

    assert (found.verdict, found.outcome) == (Verdict.PASSED, Outcome.PASS), found.reason
    assert found.rate is not None
    assert found.rate == pytest.approx(MM8.capacity, rel=0.1)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.rate < found.high
    assert run.generator is not None
    assert run.generator.drained
    assert run.generator.stopped
    assert max(run.generator.orders) <= 400
    offered = list(dict.fromkeys([16.0, *run.generator.orders]))
    assert list(dict.fromkeys(tick.rate for tick in ticks)) == [
        one for one in offered if one in {t.rate for t in ticks}
    ]
    assert [tick.second for tick in ticks] == list(range(len(ticks))) == list(range(420))
    assert [tick.phase for tick in ticks][::419] == ["warm-up", "track"]
    assert list(found.ticks) == ticks


def test_more_than_it_takes_is_a_fail(run: Runs) -> None:
    found = run(required=200)

    assert (found.verdict, found.outcome) == (Verdict.FAILED, Outcome.FAIL)
    assert found.reason.endswith("and 200/s are required")


def test_within_the_interval_it_is_inconclusive(run: Runs) -> None:
    found = run(required=130, headroom=1.2)

    assert (found.verdict, found.outcome) == (Verdict.BROKEN, Outcome.INCONCLUSIVE)
    assert found.reason.endswith("and 130/s times 1.2 is required")


def test_dropped_arrivals_end_it_at_once_and_nothing_is_said_of_the_platform(run: Runs) -> None:
    def drop(second: int, batch: Batch) -> Batch:
        return replace(batch, dropped={second - 1: 3}) if second == 30 else batch

    found = run(say=drop)

    assert (found.verdict, found.outcome, found.rate, found.low, found.high) == (Verdict.BROKEN, None, None, None, None)
    assert found.reason.startswith("the generator could not keep its rate: 3 of ")
    assert len(found.ticks) == 30


def test_a_generator_that_is_late_makes_it_broken(run: Runs) -> None:
    def late(_: int, batch: Batch) -> Batch:
        return replace(batch, lags=tuple((second, 90_000) for second, _ in batch.lags))

    found = run(say=late)

    assert (found.verdict, found.outcome) == (Verdict.BROKEN, None)
    assert "one of a hundred arrivals started more than 90 ms late (at most 50)" in found.reason


def test_a_scenario_that_asks_nothing_never_passes(run: Runs) -> None:
    found = run(say=lambda _, batch: replace(batch, answers=()))

    assert (found.verdict, found.outcome) == (Verdict.BROKEN, None)
    assert found.reason.startswith("only 0 requests at all, of which 100 are needed: the scenario own.py was started ")


def test_a_scenario_that_cannot_be_judged_says_why(run: Runs) -> None:
    found = run(say=lambda second, batch: Trouble("ask raised KeyError") if second == 20 else batch)

    assert (found.verdict, found.outcome) == (Verdict.BROKEN, None)
    assert found.reason == "the scenario own.py: ask raised KeyError"


def test_a_search_that_the_ceiling_of_time_cuts_short_says_nothing_of_the_platform(run: Runs) -> None:
    """It was still on its way up: that is no capacity below the start."""
    run.profile.write_text('scenario = "own.py"\nstart = 0.1\nceiling = 400\nduration = "135s"\n', encoding="utf-8")

    found = run(ceiling=Ceiling(duration=timedelta(seconds=135)))

    assert (found.verdict, found.outcome) == (Verdict.BROKEN, None)
    assert found.reason.startswith("the search was not over after 135 s: raise --max-duration")


def test_the_first_ctrl_c_drains_and_the_second_is_raised(run: Runs) -> None:
    def again(second: int, batch: Batch) -> Batch:
        if not second:  # the last line, after the drain
            raise KeyboardInterrupt
        return batch

    def watched(tick: CapacityTick, _search: Search) -> None:
        if tick.second == 19:
            raise KeyboardInterrupt

    found = run(watch=watched)

    assert (found.verdict, found.reason) == (Verdict.BROKEN, "interrupted after 20 s")
    assert run.generator is not None
    assert run.generator.drained
    with pytest.raises(KeyboardInterrupt):
        run(watch=watched, say=again)


def test_a_kill_switch_ends_it_and_forbids_the_next(run: Runs, tmp_path: Path) -> None:
    switch = tmp_path / "load.stop"

    found = run(watch=lambda tick, _: switch.touch() if tick.second == 9 else None, kill_switch=switch)

    assert (found.verdict, found.reason) == (Verdict.BROKEN, f"the kill switch {switch} appeared")
    assert len(found.ticks) == 10
    with pytest.raises(ConfigError, match="no load until it is removed"):
        run(kill_switch=switch)


def test_a_generator_that_dies_is_broken_and_what_it_said_is_kept(run: Runs) -> None:
    def die(second: int, batch: Batch) -> Batch:
        if second == 50:
            raise Broken("the generator ended with code -9 before its time")
        return batch

    found = run(say=die)

    assert (found.verdict, found.reason) == (Verdict.BROKEN, "the generator ended with code -9 before its time")
    assert len(found.ticks) == 49


@pytest.mark.parametrize(
    ("ceiling", "said"),
    [
        (Ceiling(rate=399), "400 arrivals per second are more than the ceiling of 399"),
        (Ceiling(duration=timedelta(minutes=6)), "420 s are longer than the ceiling of 360 s"),
    ],
)
def test_a_search_above_the_ceiling_is_not_begun(run: Runs, ceiling: Ceiling, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        run(ceiling=ceiling)
    assert run.generator is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("start = 0", "start is above 0 and at most the ceiling of 400, got 0"),
        ("start = 401", "start is above 0 and at most the ceiling of 400, got 401"),
        ('start = 1\nduration = "60s"', "seconds are at least the warm-up and 120, got 60"),
        ('start = 1\ntick = "1ms"', "tick is between 50ms and 10s"),
        ('start = 1\ntimeout = "800ms"', "timeout is longer than limit"),
        ("start = 1\nusers = 0", "users and max_in_flight are at least 1"),
        ("start = 1\nslow_alowed = 0.1", "slow_alowed"),
    ],
)
def test_a_profile_that_could_not_be_followed_is_refused(profile: Path, line: str, said: str) -> None:
    profile.write_text(f'scenario = "own.py"\nceiling = 400\n{line}\n', encoding="utf-8")

    with pytest.raises(ConfigError, match=said):
        read_capacity_profile(profile)
