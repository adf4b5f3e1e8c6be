from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from alertproof.datadog import Definition, Slo, advance, run_timeline
from alertproof.datadog.slo import TimeSliceSlo
from alertproof.errors import NotModelled
from alertproof.tags import EVERYTHING
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
GAUGE = MetricType.GAUGE
BURN = 'burn_rate("slo").over("7d").long_window("12h").short_window("1h") > 10'
FAST = TimeSliceSlo(
    id="slo",
    name="fast",
    target=99.0,
    timeframe="7d",
    queries=(("q", "max:latency{*} by {env}"),),
    formula="q",
    comparator="<=",
    threshold=2.5,
)


@pytest.fixture
def downtime(monitor: Make, minute: Minute) -> Callable[..., float | None]:
    """Return the percentage of the long window that was down."""

    def found(slo: TimeSliceSlo, store: SeriesStore, at: float, hours: int = 12) -> float | None:
        query = f'burn_rate("slo").over("7d").long_window("{hours}h").short_window("{60 * hours - 1}m") > 10'
        value = advance(monitor(query), {}, store, minute(at), slos={"slo": slo}).values[EVERYTHING]
        # The lower of two windows alike, as a percentage instead of times 1 % that may fail.
        return None if value is None else value * (100 - slo.target)

    return found


Downtime = Callable[..., float | None]


def test_one_of_the_slices_of_twelve_hours_is_down(downtime: Downtime, store_of: StoreOf) -> None:
    """Published example: 715 of 720 minutes are up, and with a second group's 5 other minutes 710 [SLICE]."""
    prod = ("latency{env:prod}", [1.0] * 60 + [3.0] + [1.0] * 83)
    dev = ("latency{env:dev}", [1.0] * 90 + [3.0] + [1.0] * 53)
    one = downtime(FAST, store_of(prod, kind=GAUGE, every=300), 720)
    assert one == pytest.approx(100 * 5 / 720)
    both = downtime(FAST, store_of(prod, dev, kind=GAUGE, every=300), 720)
    assert both == pytest.approx(100 * 10 / 720)


def test_groups_that_are_down_at_once_are_down_once(downtime: Downtime, store_of: StoreOf) -> None:
    series = [(f"latency{{env:{env}}}", [1.0] * 60 + [3.0] + [1.0] * 83) for env in ("prod", "dev")]
    assert downtime(FAST, store_of(*series, kind=GAUGE, every=300), 720) == pytest.approx(100 * 5 / 720)


def test_missing_slices_are_uptime(downtime: Downtime, store_of: StoreOf) -> None:
    store = store_of(("latency{env:prod}", [None] * 143 + [3.0]), kind=GAUGE, every=300)
    assert downtime(FAST, store, 720) == pytest.approx(100 * 5 / 720)
    assert downtime(FAST, SeriesStore(), 720) == 0


@pytest.mark.parametrize(("value", "down"), [(2.5, 0), (2.6, 5)])
def test_a_slice_at_its_threshold_is_up_as_its_comparison_says(
    value: float, down: float, downtime: Downtime, store_of: StoreOf
) -> None:
    store = store_of(("latency{env:prod}", [1.0] * 60 + [value] + [1.0] * 83), kind=GAUGE, every=300)
    assert downtime(FAST, store, 720) == pytest.approx(100 * down / 720)


@pytest.mark.parametrize(("at", "down"), [(60, 0), (61, 1), (63, 3), (65, 5), (66, 5), (122, 3), (124, 1), (125, 0)])
def test_a_slice_counts_as_much_as_lies_in_the_window(
    at: float, down: float, monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    """A bad slice lasts from minute 60 to 65; the long window is an hour, and the short one as good as that."""
    store = store_of(("latency{env:prod}", [1.0] * 12 + [3.0] + [1.0] * 20), kind=GAUGE, every=300)
    query = 'burn_rate("slo").over("7d").long_window("1h").short_window("59m") > 10'
    value = advance(monitor(query), {}, store, minute(at), slos={"slo": FAST}).values[EVERYTHING]
    assert value is not None
    in_short = min(down, max(0.0, 65 - max(60, at - 59)), 5)
    assert value == pytest.approx(min(down / 60, in_short / 59) * 100)


def test_a_slice_is_judged_by_its_querys_time_aggregator(downtime: Downtime, store_of: StoreOf) -> None:
    store = store_of(("latency{env:prod}", [1.0] * 300 + [3.0] + [1.0] * 419), kind=GAUGE)
    assert downtime(FAST, store, 720) == 0
    highest = replace(FAST, queries=(("q", "max:latency{*} by {env}.rollup(max)"),))
    assert downtime(highest, store, 720) == pytest.approx(100 * 5 / 720)
    fine = replace(FAST, slice_length=timedelta(minutes=1))
    assert downtime(fine, store, 720) == pytest.approx(100 * 1 / 720)


def test_a_formula_of_several_queries_is_computed_for_each_slice(downtime: Downtime, store_of: StoreOf) -> None:
    ratio = replace(
        FAST,
        queries=(("bad", "sum:e{*}.as_count()"), ("all", "sum:t{*}.as_count()")),
        formula="bad / all",
        comparator="<",
        threshold=0.1,
    )
    store = store_of(("e", [0] * 700 + [10] * 20), ("t", [100] * 720))
    assert downtime(ratio, store, 720) == pytest.approx(100 * 20 / 720)
    assert downtime(replace(ratio, threshold=0.11), store, 720) == 0


def test_a_rollup_of_another_length_than_the_slices_is_refused(downtime: Downtime) -> None:
    rolled = replace(FAST, queries=(("q", "max:latency{*}.rollup(max, 600)"),))
    with pytest.raises(NotModelled, match="a rollup other than its slices' 300 s"):
        downtime(rolled, SeriesStore(), 720)


@pytest.mark.parametrize("counted", ["numerator", "denominator"])
def test_events_that_are_no_counts_are_refused_with_the_query(counted: str, monitor: Make, minute: Minute) -> None:
    good, total = "sum:good{*}.as_count()", "sum:total{*}.as_count()"
    whole = Slo(id="slo", name="up", target=99.0, timeframe="7d", numerator=good, denominator=total)
    query = getattr(whole, counted).removesuffix(".as_count()")
    slo = replace(whole, **{counted: query})
    with pytest.raises(NotModelled) as caught:
        advance(monitor(BURN), {}, SeriesStore(), minute(720), slos={"slo": slo})
    assert str(caught.value).endswith(f"an SLO query without as_count(): {query}")


def test_an_error_budget_of_time_is_spent_by_downtime(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    """Of 7 days 1 % may be down, 100.8 minutes."""
    store = store_of(("latency{env:prod}", [3.0] * 10), kind=GAUGE, every=300)
    definition = monitor('error_budget("slo").over("7d") > 75')
    value = advance(definition, {}, store, minute(60), slos={"slo": FAST}).values[EVERYTHING]
    assert value == pytest.approx(100 * 50 / 100.8)


def test_whole_timeline_and_single_step_agree_on_time_slices(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    """Gaps between two series of a group are where a later sample could say something of an earlier slice."""
    store = store_of(
        ("latency{env:prod,host:a}", [1.0, None, None, 4.0, None, 2.0] * 12),
        ("latency{env:prod,host:b}", [None, 3.0, None, None, 1.0, 1.0] * 12),
        kind=GAUGE,
        every=100,
    )
    definition = monitor('burn_rate("slo").over("7d").long_window("1h").short_window("7m") > 10')
    instants = np.array([minute(number).timestamp() for number in range(1, 121)])
    timeline = run_timeline(definition, store, instants, slos={"slo": FAST})
    single = [
        advance(definition, {}, store, minute(number), slos={"slo": FAST}).values[EVERYTHING]
        for number in range(1, 121)
    ]
    assert [timeline.value(EVERYTHING, number) for number in range(120)] == single
    assert len(set(single)) > 5


def test_an_slo_over_events_with_groups_is_on_all_of_them_together(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    grouped = Slo(
        id="slo",
        name="up",
        target=99.0,
        timeframe="7d",
        numerator="sum:good{*} by {env}.as_count()",
        denominator="sum:total{*} by {env}.as_count()",
    )
    store = store_of(
        *(("good{env:prod}", [90] * 60), ("total{env:prod}", [100] * 60)),
        *(("good{env:dev}", [300] * 60), ("total{env:dev}", [300] * 60)),
    )
    definition = monitor('burn_rate("slo").over("7d").long_window("1h") > 10')
    step = advance(definition, {}, store, minute(60), slos={"slo": grouped})
    assert dict(step.values) == {EVERYTHING: pytest.approx(2.5)}
    plain = replace(grouped, numerator="sum:good{*}.as_count()", denominator="sum:total{*}.as_count()")
    assert step.silent == frozenset()
    seen = run_timeline(definition, store, np.array([minute(60).timestamp()]), slos={"slo": grouped}).observations
    assert seen.groups == (EVERYTHING,)
    assert seen.last_points.tolist() == [[minute(59).timestamp()]]
    alike: Any = advance(definition, {}, store, minute(60), slos={"slo": plain})
    assert step.statuses == alike.statuses
