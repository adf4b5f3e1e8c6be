from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from ddsketch import DDSketch
from msgspec.structs import replace

from alertproof.datadog import Assumptions, Definition, DefinitionError, Slo, advance, require_modelled
from alertproof.errors import ConfigError, NotModelled
from alertproof.tags import EVERYTHING, Group
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]


@pytest.fixture
def value(monitor: Make, minute: Minute) -> Callable[..., float | None]:
    """Evaluate a query once, at a minute, with options; the value of a group."""

    def evaluate(
        query: str,
        store: SeriesStore,
        at: float,
        *,
        slos: dict[str, Slo] | None = None,
        group: Group = EVERYTHING,
        **options: Any,
    ) -> float | None:
        step = advance(monitor(query, **options), {}, store, minute(at), slos=slos or {})
        return step.values.get(group)

    return evaluate


Value = Callable[..., float | None]
ERRORS = ("e", [1, 2, 3, 4, 5])
TOTALS = ("t", [10] * 5)


def test_rates_are_divided_bucket_by_bucket(value: Value, store_of: StoreOf) -> None:
    """Published example V1."""
    query = "sum(last_5m):sum:e{*}.as_rate() / sum:t{*}.as_rate() > 1"
    assert value(query, store_of(ERRORS, TOTALS), 5) == pytest.approx(1.5)


def test_counts_are_summed_over_the_window_before_they_are_divided(value: Value, store_of: StoreOf) -> None:
    """Published example V2, and its older form."""
    query = "sum(last_5m):sum:e{*}.as_count() / sum:t{*}.as_count() > 1"
    assert value(query, store_of(ERRORS, TOTALS), 5) == 0.3
    assert value(query, store_of(ERRORS, ("t", [5] * 5)), 5) == 0.6


@pytest.mark.parametrize(
    ("query", "beyond"),
    [
        ("sum(last_5m):sum:e{*}.as_count() > 1", np.inf),
        ("sum(last_5m):sum:e{*}.as_count() / sum:e{*}.as_count() > 1", None),
        ("avg(last_5m):exp(sum:e{*}) > 1", None),
    ],
)
def test_what_is_beyond_all_numbers_warns_of_nothing_and_is_no_value_to_calculate_with(
    query: str, beyond: float | None, value: Value, store_of: StoreOf
) -> None:
    """A warning is an error here."""
    assert value(query, store_of(("e", [1e308] * 5)), 5) == beyond
    assert value(query, store_of(("e", [1] * 5)), 5) is not None


def test_counts_sent_as_rates_give_the_same_share(value: Value, store_of: StoreOf) -> None:
    query = "sum(last_5m):sum:e{*}.as_count() / sum:t{*}.as_count() > 0.02"
    store = store_of(("e", [0.2] * 30), ("t", [10.0] * 30), kind=MetricType.RATE, every=10)
    assert value(query, store, 5) == 0.02


def test_sums_skip_what_cannot_be_divided(value: Value, store_of: StoreOf) -> None:
    """Published example V3."""
    store = store_of(("a", [10, 10, 10]), ("b", [0, 1, None]), kind=MetricType.GAUGE)
    assert value("sum(last_5m):sum:a{*} / sum:b{*} > 1", store, 5) == 10


def test_without_any_quotient_the_evaluation_is_skipped(value: Value, store_of: StoreOf) -> None:
    """Published example V4: the two never meet."""
    store = store_of(
        ("norm", [1, None, 0, None, 1, None, 1]),
        ("offset", [None, 1, None, 1, None, 1, None]),
        kind=MetricType.GAUGE,
        every=300,
    )
    assert value("sum(last_30m):sum:norm{*} / sum:offset{*} > 1", store, 30) is None


@pytest.mark.parametrize(("how", "expected"), [("avg", 11.2), ("sum", 56), ("min", 8), ("max", 15)])
def test_the_window_is_reduced_as_the_monitor_says(how: str, expected: float, value: Value, store_of: StoreOf) -> None:
    """Published example V6 for avg."""
    store = store_of(("m", [10, 15, 12, 8, 11]), kind=MetricType.GAUGE)
    assert value(f"{how}(last_5m):avg:m{{*}} > 1", store, 5) == pytest.approx(expected)


@pytest.mark.parametrize(("delay", "minutes"), [(0, range(55, 60)), (900, range(40, 45)), (300, range(50, 55))])
def test_the_delay_moves_the_window_back(delay: int, minutes: range, value: Value, store_of: StoreOf) -> None:
    """Published examples V7 and V8: at 7:00 the data of 6:40 to 6:45, or of 6:50 to 6:55."""
    store = store_of(("m", range(60)))
    counted = value("sum(last_5m):sum:m{*}.as_count() > 1", store, 60, evaluation_delay=delay)
    assert counted == sum(minutes)


def test_the_first_second_of_the_window_counts_and_the_last_does_not(value: Value, minute: Minute) -> None:
    store = SeriesStore()
    for number, offset in ((1, -1), (2, 0), (4, 299), (8, 300)):
        store.write("m", frozenset(), MetricType.COUNT, minute(5).timestamp() + offset, number)
    assert value("sum(last_5m):sum:m{*}.as_count() > 1", store, 10) == 6


@pytest.mark.parametrize(
    ("empty", "evaluated"),
    [([], True), ([0], False), ([4, 5, 6], True), ([4, 5, 6, 7], False), ([3, 4, 5, 6, 7], False)],
)
def test_a_full_window_has_its_first_bucket_and_at_most_three_empty(
    empty: list[int], evaluated: bool, value: Value, store_of: StoreOf
) -> None:
    """Published example V9: two hours in twelve buckets."""
    values = [None if number in empty else 1 for number in range(12)]
    store = store_of(("m", values), kind=MetricType.GAUGE, every=600)
    query = "avg(last_2h):avg:m{*} > 5"
    assert (value(query, store, 120, require_full_window=True) == 1) is evaluated
    assert value(query, store, 120, require_full_window=False) == 1


def test_a_percentile_pools_the_samples_of_the_whole_window(value: Value, minute: Minute) -> None:
    """Nineteen quick minutes and a slow one: pooled 5 % are slow, minute by minute p95 is 0.9 in one."""
    store = SeriesStore()
    for number in range(10):
        slow = 50 if number == 5 else 0
        samples = np.array([0.1] * (100 - slow) + [0.9] * slow)
        times = minute(number).timestamp() + np.arange(100) / 2
        store.extend("d", frozenset(), MetricType.DISTRIBUTION, times, samples)
    assert value("percentile(last_10m):p95:d{*} > 0.8", store, 10) == 0.1
    assert value("percentile(last_10m):p96:d{*} > 0.8", store, 10) == 0.9
    assert value("max(last_10m):p95:d{*} > 0.8", store, 10) == 0.9
    assert value("min(last_10m):p95:d{*} > 0.8", store, 10) == 0.1


def test_the_rollup_interval_is_an_assumption(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("m", [1, 9]), kind=MetricType.GAUGE, every=30)
    definition = monitor("max(last_5m):avg:m{*} > 1")
    for interval, expected in ((None, 9), (timedelta(minutes=1), 5)):
        assumed = Assumptions(rollup_interval=interval)
        step = advance(definition, {}, store, minute(5), assumptions=assumed)
        assert step.values[EVERYTHING] == expected
        assert any("rolled up in buckets" in text for text in assumed.relied_on(definition))


@pytest.mark.parametrize(("includes", "expected"), [(False, 6), (True, 14)])
def test_whether_a_window_holds_its_last_second_is_an_assumption(
    includes: bool, expected: float, monitor: Make, minute: Minute
) -> None:
    store = SeriesStore()
    for number, offset in ((2, 0), (4, 299), (8, 300), (16, 301)):
        store.write("m", frozenset(), MetricType.COUNT, minute(5).timestamp() + offset, number)
    assumed = Assumptions(window_includes_end=includes)
    definition = monitor("sum(last_5m):sum:m{*}.as_count() * 1 > 1")
    assert advance(definition, {}, store, minute(10), assumptions=assumed).values[EVERYTHING] == expected
    verb = "includes its last" if includes else "excludes its last"
    assert any(verb in text for text in assumed.relied_on(definition))


@pytest.mark.parametrize("accuracy", [0.01, 0.001])
def test_a_sketch_answers_within_its_relative_error(accuracy: float, monitor: Make, minute: Minute) -> None:
    store = SeriesStore()
    samples = np.random.default_rng(1).lognormal(size=500)
    store.extend("d", frozenset(), MetricType.DISTRIBUTION, minute(0).timestamp() + np.arange(500) / 2, samples)
    definition = monitor("percentile(last_5m):p95:d{*} > 1")
    exact = advance(definition, {}, store, minute(5)).values[EVERYTHING]
    assumed = Assumptions(sketch_accuracy=accuracy)
    found = advance(definition, {}, store, minute(5), assumptions=assumed).values[EVERYTHING]
    assert exact is not None
    assert found != exact
    assert found == pytest.approx(exact, rel=accuracy)
    peer = DDSketch(accuracy)
    for sample in samples:
        peer.add(sample)
    assert found == pytest.approx(peer.get_quantile_value(0.95), rel=1e-9)


def test_whether_unequal_groups_meet_is_an_assumption(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("a{h:x,z:y}", [4]), ("b{z:y}", [2]), kind=MetricType.GAUGE)
    definition = monitor("avg(last_5m):avg:a{*} by {h,z} / avg:b{*} by {z} > 1", new_group_delay=0)
    assert list(advance(definition, {}, store, minute(1)).values.values()) == [2]
    assert any("meet by those they share" in text for text in Assumptions().relied_on(definition))
    with pytest.raises(NotModelled, match="group by different tags"):
        advance(definition, {}, store, minute(1), assumptions=Assumptions(unequal_groups_meet=False))


BURN = 'burn_rate("slo").over("30d").long_window("1h").short_window("5m") > 14.4'
SLO = Slo(
    id="slo",
    name="S",
    numerator="sum:good{*}.as_count()",
    denominator="sum:total{*}.as_count()",
    target=99.9,
    timeframe="30d",
)


def test_a_burn_rate_is_the_error_rate_over_the_budget(value: Value, store_of: StoreOf) -> None:
    """Published example V26: an error rate of 0.01 at 99.9 % burns ten times too fast."""
    store = store_of(("good", [99] * 60), ("total", [100] * 60))
    assert value(BURN, store, 60, slos={"slo": SLO}) == pytest.approx(10)


def test_a_burn_rate_counts_only_where_both_windows_burn(value: Value, store_of: StoreOf) -> None:
    total = ("total", [100] * 60)
    over = store_of(("good", [90] * 55 + [100] * 5), total)
    assert value(BURN, over, 60, slos={"slo": SLO}) == 0
    began = store_of(("good", [100] * 55 + [90] * 5), total)
    assert value(BURN, began, 60, slos={"slo": SLO}) == pytest.approx(1000 / 120)


def test_the_short_window_is_a_twelfth_of_the_long_one_by_default(value: Value, store_of: StoreOf) -> None:
    query = 'burn_rate("slo").over("30d").long_window("1h") > 14.4'
    store = store_of(("good", [90] * 54 + [80] + [99.9] * 5), ("total", [100] * 60))
    assert value(query, store, 60, slos={"slo": SLO}) == pytest.approx(1)


def test_a_burn_rate_without_events_is_skipped_and_without_good_ones_is_highest(
    value: Value, store_of: StoreOf
) -> None:
    silent = store_of(("good", [100] * 55), ("total", [100] * 55))
    assert value(BURN, silent, 60, slos={"slo": SLO}) is None
    dead = store_of(("good", []), ("total", [100] * 60))
    assert value(BURN, dead, 60, slos={"slo": SLO}) == pytest.approx(1000)


def test_a_burn_rate_takes_the_target_of_its_timeframe(value: Value, store_of: StoreOf) -> None:
    many = replace(SLO, target=99, timeframe="7d", others=(("30d", 99.9),))
    store = store_of(("good", [99] * 60), ("total", [100] * 60))
    assert value(BURN, store, 60, slos={"slo": many}) == pytest.approx(10)
    assert value(BURN.replace("30d", "7d"), store, 60, slos={"slo": many}) == pytest.approx(1)
    with pytest.raises(ConfigError, match="no target over '90d'"):
        value(BURN.replace("30d", "90d"), store, 60, slos={"slo": many})


@pytest.mark.parametrize(("target", "highest", "above"), [(99.9, "1000", "1000.1"), (99.99, "10000", "10001")])
def test_a_burn_rate_that_is_never_reached_is_refused_without_data(
    target: float, highest: str, above: str, monitor: Make
) -> None:
    slos = {"slo": replace(SLO, target=target)}
    require_modelled(monitor(BURN.replace("14.4", highest)), slos=slos)
    with pytest.raises(ConfigError) as caught:
        require_modelled(monitor(BURN.replace("14.4", above)), slos=slos)
    assert str(caught.value) == (
        f"a burn rate above {above} is never reached: when everything fails, SLO 'slo' (target {target}) burns at"
        f" {highest}"
    )


def test_an_error_budget_is_the_part_of_the_failures_that_the_target_allows(value: Value, store_of: StoreOf) -> None:
    """At 99.9 % one of a thousand may fail: 3 of 6000 are half of the 6."""
    store = store_of(("good", [99.95] * 60), ("total", [100] * 60))
    query = 'error_budget("slo").over("30d") > 75'
    assert value(query, store, 60, slos={"slo": SLO}) == pytest.approx(50)
    assert value(query, store_of(("good", []), ("total", [100] * 60)), 60, slos={"slo": SLO}) == pytest.approx(100_000)
    assert value(query, store_of(("good", []), ("total", [])), 60, slos={"slo": SLO}) is None


@pytest.mark.parametrize(("hours", "spent"), [(24 * 7, 100), (24 * 7 + 1, None)])
def test_an_error_budget_counts_the_window_of_its_timeframe(
    hours: int, spent: float | None, value: Value, store_of: StoreOf
) -> None:
    store = store_of(("good", [99.9]), ("total", [100]), every=3600)
    week = replace(SLO, timeframe="7d")
    found = value('error_budget("slo").over("7d") > 75', store, 60 * hours, slos={"slo": week})
    assert found == (None if spent is None else pytest.approx(spent))


def test_a_change_compares_with_the_same_query_earlier(value: Value, store_of: StoreOf) -> None:
    store = store_of(("m", [2] * 10 + [4] * 10), kind=MetricType.GAUGE)
    assert value("change(avg(last_5m),last_10m):avg:m{*} > 1", store, 20) == 2
    assert value("change(avg(last_5m),10m_ago):avg:m{*} < 1", store_of(("m", [4, 2]), every=600), 15) == -2
    assert value("change(avg(last_5m),last_10m):avg:m{*} > 1", store, 9) is None


def test_a_change_of_counts_compares_their_shares(value: Value, store_of: StoreOf) -> None:
    store = store_of(("e", [1] * 5 + [3] * 5), ("t", [10] * 10))
    query = "change(sum(last_5m),last_5m):sum:e{*}.as_count() / sum:t{*}.as_count() > 1"
    assert value(query, store, 10) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("window", "options", "span"),
    [
        ("current_1h", {}, (0, 30)),
        ("current_1h", {}, (0, 60)),
        ("current_1h", {}, (60, 61)),
        ("current_1h", {"hour_starts": 20}, (20, 79)),
        ("current_1h", {"hour_starts": 20}, (80, 81)),
        ("current_1d", {}, (0, 24 * 60)),
        ("current_1d", {}, (24 * 60, 24 * 60 + 10)),
        ("current_1d", {"day_starts": "09:30"}, (570, 24 * 60)),
        ("current_1d", {"timezone": "Asia/Tokyo"}, (15 * 60, 24 * 60)),
        ("current_1mo", {}, (0, 40 * 60)),
        ("current_1mo", {"month_starts": 1, "day_starts": "12:00"}, (720, 40 * 60)),
    ],
)
def test_a_cumulative_window_begins_at_its_reset(
    window: str, options: dict[str, Any], span: tuple[int, int], value: Value, store_of: StoreOf
) -> None:
    first, at = span
    store = store_of(("m", [1] * 45 * 60))
    query = f"sum({window}):sum:m{{*}}.as_count() > 100000"
    found = value(query, store, at, scheduling_options={"evaluation_window": options})
    assert found == at - first


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"hour_starts": 60}, "hour_starts must be between 0 and 59"),
        ({"month_starts": 2}, "month_starts must be 1"),
        ({"day_starts": "24:00"}, "day_starts must be a time"),
        ({"timezone": "Mars/Base"}, "no timezone 'Mars/Base'"),
        ({"timezone": "America"}, "no timezone 'America'"),
        ({"timezone": "x" * 5000}, "no timezone 'xxx"),
    ],
)
def test_an_evaluation_window_that_cannot_be_is_refused(options: dict[str, Any], named: str, monitor: Make) -> None:
    with pytest.raises(DefinitionError, match=named):
        monitor("sum(current_1h):sum:m{*} > 1", scheduling_options={"evaluation_window": options})


def test_an_unknown_slo_is_named(monitor: Make, minute: Minute) -> None:
    with pytest.raises(ConfigError, match="no SLO with the id 'slo' .did you mean 'slos'"):
        advance(monitor(BURN), {}, SeriesStore(), minute(1), slos={"slos": SLO})


@pytest.mark.parametrize(
    ("query", "options", "named"),
    [
        ("change(avg(last_5h),last_1m):avg:m{*} > 1", {}, "no multiple of the rollup interval"),
        ("avg(current_1h):avg:m{*} > 1", {"require_full_window": True}, "require_full_window with current_1h"),
        ("max(next_1w):forecast(avg:m{*}, 'linear', 1) >= 1", {}, "next_1w"),
        ("avg(last_4h):anomalies(avg:m{*}, 'basic', 2) >= 1", {}, "anomalies()"),
        ("avg(last_30m):outliers(avg:m{*} by {host}, 'MAD', 2) > 0", {}, "outliers()"),
        ("avg(last_5m):sum:a{*}.as_count() / sum:b{*}.as_count() > 1", {}, "only sum has a meaning"),
        ("sum(last_5m):sum:a{*}.as_count() / sum:b{*} > 1", {}, "only some have as_count()"),
        ("percentile(last_5m):avg:m{*} > 1", {}, "percentile(..) over anything but"),
        ("avg(last_5m):avg:m{*} > 1", {"scheduling_options": {"x": 1}}, "'scheduling_options.x'"),
        ("avg(last_5m):avg:m{*} > 1", {"group_retention_duration": "2d"}, "'group_retention_duration'"),
        ("avg(last_5m):avg:m{*} > 1", {"threshold_windows": {"trigger_window": "last_5m"}}, "'threshold_windows'"),
        ("avg(last_5m):avg:m{*} > 1", {"min_failure_duration": 60}, "'min_failure_duration'"),
        ("avg(last_5m):p101:m{*} > 5", {}, "'p101'"),
        ("avg(last_5m):sum:m{*}.as_count().as_rate() > 5", {}, ".as_count() and .as_rate() on one query"),
        ("avg(last_5m):avg:m{*}.rollup(sum, 60).rollup(avg, 60) by {host} > 5", {}, ".rollup() twice on one query"),
        ("avg(last_5m):avg:m{*}.fill(zero).fill(last) > 5", {}, ".fill() twice on one query"),
        ("avg(last_5m):moving_rollup(avg:m{*}, 60, sum) > 5", {}, "a method in quotes"),
        ("avg(last_5m):moving_rollup(avg:m{*}, 60, 5) > 5", {}, "a method in quotes"),
        ("avg(last_5m):moving_rollup(avg:m{*}, 2678460) > 5", {}, "at most a month"),
        ("avg(last_5m):avg:m{*}.fill(last, 2678401) > 5", {}, ".fill(last, ..) over more than a month"),
        ("avg(last_5m):abs(avg:m{*}).fill(zero, 1e300) > 5", {}, ".fill(zero, ..) over more than a month"),
        ("avg(last_5m):top(avg:m{*} by {host}, 1.5, 'mean', 'desc') > 5", {}, "a whole number"),
        ("avg(last_5m):top(avg:m{*} by {host}, 0, 'mean', 'desc') > 5", {}, "a whole number"),
        ("avg(last_5m):round(avg:m{*}, 1.5) > 5", {}, "a whole number of digits"),
        ("avg(last_5m):avg:m{a IN (x,y), c:d} > 5", {}, "mixes"),
    ],
)
def test_a_monitor_that_is_not_evaluated_is_refused_without_data(
    query: str, options: dict[str, Any], named: str, monitor: Make, minute: Minute
) -> None:
    definition = monitor(query, **options)
    for refuse in (
        lambda: advance(definition, {}, SeriesStore(), minute(1), slos={"slo": SLO}),
        lambda: require_modelled(definition, slos={"slo": SLO}),
    ):
        with pytest.raises(NotModelled) as caught:
            refuse()
        assert named in str(caught.value)


def test_options_that_are_merely_empty_are_evaluated(monitor: Make) -> None:
    empty: dict[str, Any] = {
        "silenced": {},
        "group_retention_duration": "",
        "threshold_windows": None,
        "min_failure_duration": 0,
    }
    require_modelled(monitor("avg(last_5m):avg:m{*} > 1", **empty))


def test_a_message_that_cannot_be_rendered_is_refused_before_it_is_sent(monitor: Make) -> None:
    with pytest.raises(NotModelled, match="'shout'"):
        require_modelled(monitor("avg(last_5m):avg:m{*} > 1", "{{shout value}}"))
