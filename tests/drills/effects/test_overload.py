"""Load in the place of a delay: the share by those who asked, the same at Datadog, and the time by the query."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from tests.drills.conftest import DURATION, SPEC, START, Bench, at
from tests.loadgen.conftest import target_at

from alertproof.drills.effects import Overloaded, overloading
from alertproof.drills.load_door import Learned, LoadDoor
from alertproof.errors import Broken, NotModelled
from alertproof.faults import Overload
from alertproof.journal import LoadTick
from alertproof.loadgen import Counted, HeldTick, HoldProfile, read_hold_profile
from alertproof.requirements import DelaySpec, ErrorSpec
from alertproof.vendors import MonitorTransition

PROFILES = Path(__file__).parents[3] / "load" / "profiles"
FAULT = DelaySpec(share=0.12, seconds=0.9, text="some are late")
_FILE = (SPEC.folder / SPEC.alert("api-latency-p95").monitor).read_text(encoding="utf-8")
MONITOR = json.loads(_FILE.replace("env:prod", "env:drill"))  # as it is deployed
ABOVE, BELOW = (
    "5 % to 20 % of all requests were slower than 800 ms",
    "1.25 % to 5 % of all requests were slower than 800 ms",
)
DATADOG = "Datadog saw what they saw: near "


class Sent:
    """A load of twenty requests a second, of which so many of a hundred were slow while it was held."""

    def __init__(self, profile: HoldProfile, *, slow: int, minutes: float, trouble: str = "") -> None:
        self.profile, self.began, self._trouble = profile, START, trouble
        self._each = [self._slow_in(second, slow) for second in range(round(60 * minutes))]
        self.ticks = [HeldTick(self._tick(second, n), Counted()) for second, n in enumerate(self._each)]

    def _slow_in(self, second: int, slow: int) -> int:
        return sum(
            1 for index in range(second * 20, second * 20 + 20) if (index + 1) * slow // 100 > index * slow // 100
        )

    def _tick(self, second: int, slow: int) -> LoadTick:
        return LoadTick(second=second, target_rate=20.0, arrivals=20, n=20, slow=slow, failed=0)

    def trouble(self) -> str:
        return self._trouble

    def counted(self) -> Counted:
        return Counted(sum(one.own.n for one in self.ticks), sum(one.own.slow for one in self.ticks))

    def latencies(self) -> list[tuple[datetime, array[int]]]:
        return [
            (START + timedelta(seconds=second), array("q", [900_000] * slow + [20_000] * (20 - slow)))
            for second, slow in enumerate(self._each)
        ]


class Place:
    """A bench whose platform has a door for load that has sent some."""

    def __init__(self, place: Bench, *, profile: str, slow: int, minutes: float = 20, trouble: str = "") -> None:
        self.place = place
        platform = cast("Any", place.scene.platform)
        self.door = LoadDoor(target_at("http://127.0.0.1:1"), cast("Any", place.traffic))
        platform.doors = {"load": self.door}
        cast("Any", place.datadog).monitor = lambda _: MONITOR
        self.profile = read_hold_profile(PROFILES / f"{profile}.toml")
        self.door._learned[self.profile.scenario] = Learned(60.0, 1.6)
        self.door.load = cast("Any", Sent(self.profile, slow=slow, minutes=minutes, trouble=trouble))
        place.fault(began=0, ended=minutes)
        place.clock.advance(timedelta(minutes=minutes + 1))
        self.effect = cast("Overloaded", overloading(self.profile.path)(FAULT, place.scene))

    def steady(self, *, slow: bool = False) -> None:
        """Let a steady request of each second be answered."""
        for second in range(-600, 1200):
            self.place.traffic.answer(START + timedelta(seconds=second), seconds=0.9 if slow and second >= 0 else 0.02)

    def measured(self, *, slow: int) -> None:
        """Let Datadog have a hundred samples a minute, of which so many are slow."""
        self.place.datadog.send(DURATION, -20, 0, 0.02)
        self.place.datadog.send(DURATION, 0, 21, 0.02, a_minute=100 - slow)
        if slow:
            self.place.datadog.send(DURATION, 0, 20, 0.9, a_minute=slow)

    def met(self, text: str) -> bool | None:
        (found,) = [met for said, (met, _) in self.place.said().items() if said.startswith(text)]
        return found


def test_the_door_is_asked_for_the_profiles_share(bench: Callable[[str], Bench]) -> None:
    fault = Place(bench("api-latency-p95"), profile="alert-above", slow=10).effect.fault

    assert isinstance(fault, Overload)
    assert (fault.kind, fault.share) == ("overload", 0.10)
    assert fault.text == "load of alert-above holds 10 % of the requests slower than 800 ms"


@pytest.mark.parametrize(("slow", "met"), [(5, False), (6, True), (19, True), (22, False)])
def test_above_the_alert_the_share_is_above_its_threshold_in_any_case(
    bench: Callable[[str], Bench], slow: int, met: bool
) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=slow)
    place.measured(slow=slow)
    place.effect._see_share()

    assert place.met(ABOVE) is met


@pytest.mark.parametrize(("slow", "met"), [(1, False), (2, True), (4, True), (5, False)])
def test_below_the_alert_the_share_is_below_it_and_not_for_want_of_load(
    bench: Callable[[str], Bench], slow: int, met: bool
) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-below", slow=slow)
    place.measured(slow=slow)
    place.effect._see_share()

    assert place.met(BELOW) is met


def test_the_steady_requests_count_as_well(bench: Callable[[str], Bench]) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=10)
    place.steady(slow=True)
    place.measured(slow=10)
    place.effect._see_share()

    (said,) = [seen for text, (_, seen) in place.place.said().items() if text.startswith(ABOVE)]
    assert said.startswith("3600 of 25200, 14.3 %")


@pytest.mark.parametrize(("seen", "met"), [(0, False), (6, False), (8, True), (12, True), (15, False)])
def test_a_monitor_that_does_not_see_what_users_do_is_red(bench: Callable[[str], Bench], seen: int, met: bool) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=10)
    place.measured(slow=seen)
    place.effect._see_share()

    assert place.met(DATADOG) is met


def test_a_generator_that_was_late_tells_nothing(bench: Callable[[str], Bench]) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=10, trouble="the generator was late")

    with pytest.raises(Broken, match="the generator was late"):
        place.effect._see_share()


def test_formula_and_engine_agree_for_each_reading(bench: Callable[[str], Bench]) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=10)
    place.effect.announce()

    ((met, said),) = place.place.said().values()
    assert met
    assert said.startswith("pooled (the deployed one) 3 min 51 s, by the engine ")
    assert "mean 8 min 53 s" in said
    assert "at all times 10 min" in said


@pytest.mark.parametrize(("old", "new"), [("> 0.8", "> 0.95"), ("last_10m", "last_5m"), ("env:drill", "env:elsewhere")])
def test_a_monitor_that_fires_at_another_time_than_its_words_say_is_red(
    bench: Callable[[str], Bench], old: str, new: str
) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=10)
    other = {**MONITOR, "query": MONITOR["query"].replace(old, new), "options": {**MONITOR["options"]}}
    if new.startswith(">"):
        other["options"]["thresholds"] = {"critical": 0.95}
    cast("Any", place.place.datadog).monitor = lambda _: other
    place.effect.announce()

    ((met, _),) = place.place.said().values()
    assert met is False


@pytest.mark.parametrize(("minute", "met"), [(1, False), (2, True), (4, True), (5, False)])
def test_the_monitor_fires_when_its_query_says_to_one_evaluation(
    bench: Callable[[str], Bench], minute: int, met: bool
) -> None:
    """One request a second, then 21 of which 1.2 are slow: more than a twentieth of ten minutes after 150 s."""
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=6)
    place.steady()
    place.place.scene.seen.alerted = MonitorTransition(at=at(minute), monitor_id=1, group="*", state="Alert", title="")
    place.effect._see_time()

    ((found, said),) = place.place.said().values()
    assert found is met, said


def test_another_limit_than_the_alerts_and_another_fault_than_a_delay_are_refused(
    bench: Callable[[str], Bench], tmp_path: Path
) -> None:
    place = Place(bench("api-latency-p95"), profile="alert-above", slow=10)
    scene = place.place.scene

    with pytest.raises(NotModelled, match="load makes requests late"):
        overloading(place.profile.path)(ErrorSpec(share=0.05, text="some fail"), scene)
    scene.alert = msgspec.structs.replace(
        scene.alert, indicator=msgspec.structs.replace(scene.alert.indicator, threshold=0.5)
    )
    with pytest.raises(Broken, match="limit is 0.8 s"):
        overloading(place.profile.path)(FAULT, scene)
