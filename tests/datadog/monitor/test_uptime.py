from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from alertproof.datadog import Definition, Timeline, advance, load_definition, run_timeline
from alertproof.datadog.monitor.timeline import part_ids
from alertproof.datadog.monitor.uptime import uptime
from alertproof.datadog.slo import MonitorSlo
from alertproof.errors import ConfigError, NotModelled
from alertproof.tags import EVERYTHING, Tag
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
Part = Callable[..., Timeline]
ALERT = 'burn_rate("slo").over("7d").long_window("1h").short_window("30m") > 4'


@pytest.fixture
def part(monitor: Make, minute: Minute, store_of: StoreOf) -> Part:
    """Evaluate a monitor of ``max(last_1m)`` after each of its values, from minute 1 on: bad above 1."""

    def run(*series: tuple[str, list[float | None]], by: str = "", **options: Any) -> Timeline:
        length = max(len(values) for _, values in series)
        instants = np.array([minute(number + 1).timestamp() for number in range(length)])
        definition = monitor(f"max(last_1m):max:m{{*}}{by} > 1", **options)
        return run_timeline(definition, store_of(*series, kind=MetricType.GAUGE), instants)

    return run


def slo(*monitors: str, **changes: Any) -> MonitorSlo:
    return MonitorSlo(id="slo", name="up", target=90.0, timeframe="7d", monitors=monitors, **changes)


def up(which: MonitorSlo, parts: Mapping[str, Timeline], minute: Minute, first: float, last: float) -> float:
    return uptime(which, parts, minute(first).timestamp(), minute(last).timestamp())


def test_a_state_lasts_from_its_evaluation_to_the_next(part: Part, minute: Minute) -> None:
    parts = {"7": part(("m", [0.0, 0, 2, 0, 0]))}
    assert up(slo("7"), parts, minute, 1, 6) == 80
    assert up(slo("7"), parts, minute, 3, 4) == 0
    assert up(slo("7"), parts, minute, 3.5, 4.5) == 50
    assert up(slo("7"), parts, minute, 4, 6) == 100


def test_the_last_state_lasts_and_the_time_before_the_first_is_up(part: Part, minute: Minute) -> None:
    parts = {"7": part(("m", [2.0, 2]))}
    assert up(slo("7"), parts, minute, 0, 10) == 10


def test_warn_is_good(part: Part, minute: Minute) -> None:
    parts = {"7": part(("m", [2.0, 0.5, 0.5, 0]), thresholds={"critical": 1, "warning": 0.2})}
    assert up(slo("7"), parts, minute, 1, 5) == 75


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"on_missing_data": "show_and_notify_no_data"}, 50),
        ({"on_missing_data": "show_no_data"}, 100),
        ({"on_missing_data": "resolve"}, 100),
        ({"notify_no_data": True, "no_data_timeframe": 1}, 50),
        ({}, 100),
    ],
)
def test_missing_data_is_downtime_only_where_it_is_told(
    options: dict[str, Any], expected: float, part: Part, minute: Minute
) -> None:
    parts = {"7": part(("m", [0.0, 0, None, None]), **options)}
    assert up(slo("7"), parts, minute, 1, 5) == expected


def test_one_group_that_is_bad_makes_all_bad_unless_others_are_chosen(part: Part, minute: Minute) -> None:
    series = [("m{zone:a}", [0.0, 2, 0, 0]), ("m{zone:b}", [0.0, 0, 2, 0]), ("m{zone:c}", [0.0, 0, 0, 0])]
    parts = {"7": part(*series, by=" by {zone}", new_group_delay=0)}
    assert up(slo("7"), parts, minute, 1, 5) == 50
    chosen = slo("7", groups=((Tag("zone", "a"),), (Tag("zone", "c"),)))
    assert up(chosen, parts, minute, 1, 5) == 75
    with pytest.raises(ConfigError, match="no group zone:d .groups: zone:a, zone:b, zone:c"):
        up(slo("7", groups=((Tag("zone", "d"),),)), parts, minute, 1, 5)


def test_a_burn_rate_of_uptime_fires_and_recovers(part: Part, monitor: Make, minute: Minute) -> None:
    """Of an hour 6 minutes may be down; a burn rate above 4 is more than 24 of 60, and 12 of 30."""
    parts = {"7": part(("m", [0.0] * 60 + [2.0] * 26 + [0.0] * 40))}
    instants = np.array([minute(number).timestamp() for number in range(1, 127)])
    timeline = run_timeline(monitor(ALERT), SeriesStore(), instants, slos={"slo": slo("7")}, parts=parts)
    # Down from minute 61 on: by 85 24 of the hour, by 86 25. Up from 87 on: the last 30 hold 13 until 104.
    moved = [(each.at, each.old.value, each.new.value) for each in timeline.transitions]
    assert moved == [(minute(2), "No Data", "OK"), (minute(86), "OK", "Alert"), (minute(105), "Alert", "OK")]
    assert timeline.value(EVERYTHING, 84) == pytest.approx(4)
    assert timeline.value(EVERYTHING, 0) is None


def test_an_error_budget_of_uptime_is_spent_by_downtime(part: Part, monitor: Make, minute: Minute) -> None:
    parts = {"7": part(("m", [2.0] * 126))}
    instants = np.array([minute(127).timestamp()])
    definition = monitor('error_budget("slo").over("7d") > 5')
    timeline = run_timeline(definition, SeriesStore(), instants, slos={"slo": slo("7")}, parts=parts)
    assert timeline.value(EVERYTHING, 0) == pytest.approx(100 * 126 / 1008)


def test_the_monitors_of_an_slo_are_parts_of_its_alert(monitor: Make) -> None:
    assert part_ids(monitor(ALERT), {"slo": slo("7", "8")}) == ("7", "8")
    assert part_ids(monitor(ALERT), {}) == ()
    assert part_ids(monitor("avg(last_5m):avg:m{*} > 1"), {}) == ()


def test_states_that_are_not_at_hand_are_refused_by_name(part: Part, monitor: Make, minute: Minute) -> None:
    instants = np.array([minute(5).timestamp()])

    def run(which: MonitorSlo, parts: Mapping[str, Timeline]) -> Timeline:
        return run_timeline(monitor(ALERT), SeriesStore(), instants, slos={"slo": which}, parts=parts)

    with pytest.raises(
        NotModelled, match="^SLOs over monitors are not evaluated here: the states of others are not at hand$"
    ):
        advance(monitor(ALERT), {}, SeriesStore(), minute(5), slos={"slo": slo("7")})
    with pytest.raises(ConfigError, match="there is no monitor '8'"):
        run(slo("8"), {"7": part(("m", [0.0]))})
    with pytest.raises(NotModelled, match="the uptime of monitor '7', which has a timeout_h"):
        run(slo("7"), {"7": part(("m", [0.0]), timeout_h=1)})
    check = load_definition(
        {"type": "service check", "query": '"up".over("*").by("*").last(2).count_by_status()'}, source="test"
    )
    checked = run_timeline(check, SeriesStore(), instants, evidence=Evidence())
    with pytest.raises(ConfigError, match="no alert on an SLO over '7', which is no metric monitor"):
        run(slo("7"), {"7": checked})


def test_an_slo_whose_monitors_were_never_evaluated_has_no_value(part: Part, monitor: Make, minute: Minute) -> None:
    instants = np.array([minute(5).timestamp()])
    never = run_timeline(monitor("max(last_1m):max:m{*} > 1"), SeriesStore(), np.empty(0))
    timeline = run_timeline(monitor(ALERT), SeriesStore(), instants, slos={"slo": slo("7")}, parts={"7": never})
    assert timeline.value(EVERYTHING, 0) is None
