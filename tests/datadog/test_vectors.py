"""The numeric examples that Datadog publishes, one test each; docs/sources.md says where each stands.

Not here, because the published numbers contradict themselves: the eleven values of the guide on monitor aggregators,
the ``as_rate()`` example of the type modifiers, and the labels of the table of V24 (`weighted()`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from alertproof.datadog import (
    Definition,
    DefinitionError,
    Slo,
    State,
    advance,
    evaluation_period,
    highest_burn_rate,
    query_points,
    run_timeline,
)
from alertproof.datadog.evaluation.expression import evaluate
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.monitor.uptime import uptime
from alertproof.datadog.query import parse_expression
from alertproof.datadog.slo import MonitorSlo
from alertproof.standins.datadog.agent.aggregation import Aggregation, Points
from alertproof.standins.datadog.agent.datagram import Sample, parse_datagram
from alertproof.tags import EVERYTHING, Tag, parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
Value = Callable[..., float | None]
GAUGE = MetricType.GAUGE
OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA


@pytest.fixture
def value(monitor: Make, minute: Minute) -> Value:
    """Evaluate a query once, at a minute; the value of the only group."""

    def one(query: str, store: SeriesStore, at: float, *, slos: dict[str, Slo] | None = None, **options: Any) -> Any:
        return advance(monitor(query, **options), {}, store, minute(at), slos=slos or {}).values[EVERYTHING]

    return one


@pytest.fixture
def states(monitor: Make, minute: Minute, store_of: StoreOf) -> Callable[..., list[State]]:
    """Evaluate ``max(last_1m):max:m{*}`` after each of its values."""

    def run(condition: str, values: list[float | None], **options: Any) -> list[State]:
        instants = np.array([minute(number + 1).timestamp() for number in range(len(values))])
        store = store_of(("m", values), kind=GAUGE)
        timeline = run_timeline(monitor(f"max(last_1m):max:m{{*}} {condition}", **options), store, instants)
        found = [timeline.status(EVERYTHING, number) for number in range(len(values))]
        return [status.state for status in found if status]

    return run


def flushed(lines: str, *, at: float = 600.0) -> dict[str, Points]:
    aggregation = Aggregation()
    for item in parse_datagram(lines.encode()):
        assert isinstance(item, Sample)
        aggregation.add(item, at)
    return {points.metric: points for points in aggregation.flush(at + 10)}


ERRORS, TOTALS = ("e", [1, 2, 3, 4, 5]), ("t", [10] * 5)


def test_v1_rates_are_divided_point_by_point(value: Value, store_of: StoreOf) -> None:
    query = "sum(last_5m):sum:e{*}.as_rate() / sum:t{*}.as_rate() > 1"
    assert value(query, store_of(ERRORS, TOTALS), 5) == pytest.approx(1.5)


def test_v2_counts_are_summed_before_they_are_divided(value: Value, store_of: StoreOf) -> None:
    query = "sum(last_5m):sum:e{*}.as_count() / sum:t{*}.as_count() > 1"
    assert value(query, store_of(ERRORS, TOTALS), 5) == 0.3


def test_v3_a_division_by_zero_or_by_nothing_is_left_out(value: Value, store_of: StoreOf) -> None:
    store = store_of(("a", [10, 10, 10]), ("b", [0, 1, None]), kind=GAUGE)
    assert value("sum(last_5m):sum:a{*} / sum:b{*} > 1", store, 5) == 10


NORM: list[float | None] = [None, 1, None, 0, None, 1, None, 1]
OFFSET: list[float | None] = [1, None, 1, None, 1, None, 1, None]


def test_v4_two_that_never_meet_are_skipped(value: Value, store_of: StoreOf) -> None:
    store = store_of(("norm", NORM), ("offset", OFFSET), kind=GAUGE, every=300)
    assert value("sum(last_30m):sum:norm{*} / sum:offset{*} > 1", store, 35) is None


@pytest.mark.parametrize(("limit", "expected"), [(900, 5), (299, None)])
def test_v5_filled_with_the_last_value_they_meet(
    limit: int, expected: float | None, value: Value, store_of: StoreOf
) -> None:
    """The published window holds both its ends, seven points from 12:00 (minute 5) to 12:30."""
    store = store_of(("norm", NORM), ("offset", OFFSET), kind=GAUGE, every=300)
    fill = f".rollup(300).fill(last, {limit})"
    assert value(f"sum(last_35m):sum:norm{{*}}{fill} / sum:offset{{*}}{fill} > 1", store, 40) == expected


def test_v6_an_average_over_five_minutes(value: Value, store_of: StoreOf) -> None:
    assert value("avg(last_5m):avg:m{*} > 1", store_of(("m", [10, 15, 12, 8, 11]), kind=GAUGE), 5) == 11.2


@pytest.mark.parametrize(("vector", "delay", "minutes"), [("V7", 900, range(40, 45)), ("V8", 300, range(50, 55))])
def test_v7_v8_a_delay_moves_the_window_back(
    vector: str, delay: int, minutes: range, value: Value, store_of: StoreOf
) -> None:
    """At 7:00 it holds 6:40 to 6:45, or 6:50 to 6:55."""
    counted = value("sum(last_5m):sum:m{*}.as_count() > 1", store_of(("m", range(60))), 60, evaluation_delay=delay)
    assert counted == sum(minutes)


@pytest.mark.parametrize(
    ("empty", "evaluated"), [([], True), ([0], False), ([5, 6, 7], True), ([4, 5, 6, 7, 8], False)]
)
def test_v9_a_full_window(empty: list[int], evaluated: bool, value: Value, store_of: StoreOf) -> None:
    values = [None if number in empty else 1 for number in range(12)]
    store = store_of(("m", values), kind=GAUGE, every=600)
    found = value("avg(last_2h):avg:m{*} > 5", store, 120, require_full_window=True)
    assert (found is not None) is evaluated


def test_v10_without_recovery_threshold_an_alert_ends_below_its_threshold(
    states: Callable[..., list[State]],
) -> None:
    assert states("> 3", [4, 3.1, 3, 2.9]) == [ALERT, ALERT, OK, OK]


@pytest.mark.parametrize(
    ("comparator", "stays", "leaves"), [(">", 2.1, 2.0), (">=", 2.0, 1.9), ("<", 3.9, 4.0), ("<=", 4.0, 4.1)]
)
def test_v11_operators_of_recovery(
    comparator: str, stays: float, leaves: float, states: Callable[..., list[State]]
) -> None:
    bad, recovery = (9, 2) if ">" in comparator else (0, 4)
    thresholds = {"critical": 3, "critical_recovery": recovery}
    assert states(f"{comparator} 3", [bad, stays, leaves], thresholds=thresholds) == [ALERT, ALERT, OK]


def test_v12_instants_of_a_cycle(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    definition = monitor(
        "max(last_1m):max:m{*} > 10",
        "{{triggered_duration_sec}}",
        thresholds={"critical": 10, "warning": 5},
        on_missing_data="show_and_notify_no_data",
    )
    store = store_of(("m", [1, 6, 11, None, 1]), kind=GAUGE)
    instants = np.array([minute(number).timestamp() for number in range(1, 6)])
    timeline = run_timeline(definition, store, instants)
    a, b, c = (minute(number) for number in (2, 3, 4))
    seen = [status for number in range(1, 5) if (status := timeline.status(EVERYTHING, number))]
    assert [status.state for status in seen] == [WARN, ALERT, NO_DATA, OK]
    assert [status.first_triggered_at for status in seen] == [a, a, a, a]
    assert [status.last_triggered_at for status in seen] == [a, b, c, c]
    assert [each.body for each in timeline.notifications] == ["0", "60", "120", "180"]


@pytest.mark.parametrize(
    ("threshold", "minutes", "fits"), [(0.5, 120, False), (0.5, 121, True), (0.8, 48, False), (0.8, 49, True)]
)
def test_v15_v16_the_recovery_window_of_an_anomaly(threshold: float, minutes: int, fits: bool, monitor: Make) -> None:
    """With a trigger window of 4 hours."""
    query = f"avg(last_1d):anomalies(avg:m{{*}}, 'basic', 2) >= {threshold}"
    windows = {"trigger_window": "last_4h", "recovery_window": f"last_{minutes}m"}
    if fits:
        assert monitor(query, threshold_windows=windows).options.recovery_window == timedelta(minutes=minutes)
        return
    with pytest.raises(DefinitionError, match="recovery_window must be longer"):
        monitor(query, threshold_windows=windows)


@pytest.mark.parametrize(("window", "minutes"), [("23h", 1), ("24h", 10), ("47h", 10), ("48h", 30), ("1w", 30)])
def test_v17_how_often_a_monitor_is_evaluated(window: str, minutes: int, monitor: Make) -> None:
    assert evaluation_period(monitor(f"avg(last_{window}):avg:m{{*}} > 1")) == timedelta(minutes=minutes)


def test_v18_a_flush_of_eight_values() -> None:
    points = flushed("\n".join(f"n:{value}|c\nh:{value}|h" for value in (1, 1, 1, 2, 2, 2, 3, 3)))
    assert points["n"].values == [1.5]
    assert points["n"].values[0] * 10 == 15
    parts = {
        name: round(points[f"h.{name}"].values[0], 2) for name in ("avg", "count", "median", "95percentile", "max")
    }
    assert parts == {"avg": 1.88, "count": 0.8, "median": 2, "95percentile": 3, "max": 3}


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        *(("avg", 1.73), ("count", 11), ("max", 3), ("min", 1), ("sum", 19)),
        *(("p50", 2), ("p75", 2), ("p90", 3), ("p95", 3), ("p99", 3)),
    ],
)
def test_v19_a_distribution_pools_its_samples(space: str, expected: float, minute: Minute) -> None:
    store = SeriesStore()
    for host, samples in (("web_1", [1.0, 1, 1, 2, 2, 2, 3, 3]), ("web_2", [1.0, 1, 2])):
        times = np.full(len(samples), minute(0).timestamp())
        store.extend("d", parse_tags(f"host:{host}"), MetricType.DISTRIBUTION, times, np.array(samples))
    windows = Windows.spanning(minute(0).timestamp(), minute(1).timestamp())
    found = evaluate(parse_expression(f"{space}:d{{*}}"), Source(store), windows)
    assert round(float(found.settled[0, 0, 0]), 2) == expected


def test_v20_a_gauge_is_its_last_value() -> None:
    assert flushed("\n".join(["g:71|g"] * 6 + ["g:71.5|g"]))["g"].values == [71.5]


@pytest.mark.parametrize(("space", "expected"), [("sum", [8, 10]), ("min", [3, 2]), ("max", [5, 8]), ("avg", [4, 5])])
def test_v21_paths_of_two_hosts(space: str, expected: list[float], store_of: StoreOf, minute: Minute) -> None:
    store = store_of(
        *((f"m{{host:{host},path:{path}}}", [number]) for host, path, number in
          (("a", 1, 5), ("a", 2, 3), ("b", 1, 2), ("b", 2, 8))),
        kind=GAUGE,
    )  # fmt: skip
    windows = Windows.spanning(minute(0).timestamp(), minute(1).timestamp())
    found = evaluate(parse_expression(f"{space}:m{{*}} by {{host}}"), Source(store), windows)
    assert found.groups == ((Tag("host", "a"),), (Tag("host", "b"),))
    assert found.settled[:, 0, 0].tolist() == expected


def test_v22_default_zero_carries_a_gauge_for_five_minutes(minute: Minute) -> None:
    store = SeriesStore()
    store.write("m", frozenset(), GAUGE, minute(15).timestamp(), 1)
    windows = Windows.spanning(minute(0).timestamp(), minute(30).timestamp(), 60)
    found = evaluate(parse_expression("default_zero(avg:m{*})"), Source(store), windows)
    assert found.settled[0, 0].tolist() == [0] * 15 + [1] * 6 + [0] * 9


def test_v23_sources_out_of_step_are_interpolated(minute: Minute) -> None:
    store, start = SeriesStore(), minute(0).timestamp()
    for host, points in (("a", {0: 15, 30: 25}), ("b", {10: 10, 40: 40})):
        for at, number in points.items():
            store.write("net", parse_tags(f"host:{host}"), GAUGE, start + at, number)
    windows = Windows.spanning(start, start + 50, 10)
    found = evaluate(parse_expression("sum:net{*}"), Source(store), windows).settled[0, 0]
    assert found.tolist() == pytest.approx([15, 28.333, 41.667, 55, 40], abs=0.001)


def test_v25_a_doubling_is_a_change_of_a_hundred_percent(value: Value, store_of: StoreOf) -> None:
    store = store_of(("m", [2] * 5 + [4] * 5), kind=GAUGE)
    assert value("pct_change(avg(last_5m),last_5m):avg:m{*} > 50", store, 10) == 100


def slo(target: float, timeframe: str) -> dict[str, Slo]:
    good, total = "sum:good{*}.as_count()", "sum:total{*}.as_count()"
    return {"slo": Slo(id="slo", name="S", target=target, timeframe=timeframe, numerator=good, denominator=total)}


def test_v26_a_burn_rate_of_ten(value: Value, store_of: StoreOf) -> None:
    store = store_of(("good", [99] * 60), ("total", [100] * 60))
    query = 'burn_rate("slo").over("30d").long_window("1h").short_window("5m") > 10'
    assert value(query, store, 60, slos=slo(99.9, "30d")) == pytest.approx(10)
    assert highest_burn_rate(96) == pytest.approx(25)


def test_v27_a_tenth_of_a_weeks_budget_in_an_hour_burns_at_16_8(value: Value, store_of: StoreOf) -> None:
    # Of 100 a minute for a week 1 % may fail, 10,080 in all; a tenth of them fail in an hour.
    store = store_of(("good", [100 - 1008 / 60] * 60), ("total", [100] * 60))
    query = 'burn_rate("slo").over("7d").long_window("1h").short_window("5m") > 10'
    assert value(query, store, 60, slos=slo(99, "7d")) == pytest.approx(16.8)


def test_v28_three_monitors_are_up_together_less_than_each(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    """Over ten minutes; the third is in Alert twice, once at the same time as the first."""
    instants = np.array([minute(number + 1).timestamp() for number in range(10)])
    bad = {"1": (4,), "2": (8,), "3": (2, 4)}
    parts = {
        name: run_timeline(
            monitor("max(last_1m):max:m{*} > 1"),
            store_of(("m", [2.0 if number in minutes else 0.0 for number in range(10)]), kind=GAUGE),
            instants,
        )
        for name, minutes in bad.items()
    }

    def found(*monitors: str) -> float:
        slo = MonitorSlo(id="slo", name="S", target=90, timeframe="7d", monitors=monitors)
        return uptime(slo, parts, minute(1).timestamp(), minute(11).timestamp())

    assert [found(name) for name in bad] == [90, 90, 80]
    assert found(*bad) == 70


def test_v29_a_flush_is_stamped_with_its_begin() -> None:
    """Datagrams from 10:00:00 to 10:00:10 make one point at 10:00:00."""
    ten = datetime(2026, 1, 1, 10, tzinfo=UTC).timestamp()
    aggregation = Aggregation()
    for offset in (0, 4, 9.9):
        (item,) = parse_datagram(b"n:1|c")
        assert isinstance(item, Sample)
        aggregation.add(item, ten + offset)
    assert [(points.at, points.values) for points in aggregation.flush(ten + 10)] == [(ten, [0.3])]


def test_v30_the_buckets_of_a_day(minute: Minute) -> None:
    store = SeriesStore()
    times = np.arange(1641340000.0, 1641440000.0, 60)
    store.extend("m", frozenset(), GAUGE, times, np.ones(len(times)))
    start, end = (datetime.fromtimestamp(at, UTC) for at in (1641343852, 1641430252))
    ((_, found, _),) = query_points("avg:m{*}", store, start, end, timedelta(seconds=300))
    assert (len(found), found[0], found[-1]) == (288, 1641344100, 1641430200)
