"""Where the slow evaluator of the reference and the engine once parted, each at its smallest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from tests.datadog.reference.compare import ORIGIN, Both, difference, write
from tests.datadog.reference.model import (
    Arithmetic,
    Case,
    DefaultZero,
    Expression,
    Query,
    Series,
)

from alertproof.datadog import advance, load_definition
from alertproof.errors import NotModelled
from alertproof.telemetry.series import SeriesStore

ONE = Fraction(1)


def gauge(metric: str, *points: tuple[int, int], **tags: str) -> Series:
    return Series(metric, "gauge", tuple(tags.items()), 60, tuple((at, Fraction(value)) for at, value in points))


def case(expression: Expression, *series: Series, window: int = 1, minutes: int = 15, **options: Any) -> Case:
    return Case("sum", window, expression, ">", {"critical": ONE}, series, minutes, options=options)


PLAIN = Query("g", "gauge", "sum", rollup_seconds=60)


def filled(how: str, limit: int) -> Query:
    return Query("g", "gauge", "sum", rollup_seconds=60, fill=how, fill_limit=limit)


@pytest.mark.parametrize("modifier", ["as_count", "as_rate"])
def test_default_zero_carries_a_gauge_whatever_its_modifier(modifier: str) -> None:
    query = Query("g", "gauge", "sum", modifier=modifier, rollup_seconds=60)
    assert difference(case(DefaultZero(query), gauge("g", (0, 3))), set()) == ""


def test_a_missing_gauge_is_no_zero_in_arithmetic_whatever_its_modifier() -> None:
    query = Query("h", "gauge", "sum", modifier="as_rate", rollup_seconds=60)
    series = gauge("g", (0, 3), (60, 3)), gauge("h", (0, 3))
    assert difference(case(Arithmetic("+", PLAIN, query), *series, minutes=3), set()) == ""


def test_series_out_of_scope_tell_that_a_metric_is_a_gauge_before_the_first_in_scope() -> None:
    query = Query("g", "gauge", "sum", scope=(("pod", "a", True),), modifier="as_rate", rollup_seconds=60)
    series = gauge("g", (0, 3), (60, 3), pod="b"), gauge("g", (60, 3), pod="a")
    assert difference(case(Arithmetic("+", PLAIN, query), *series, minutes=3), set()) == ""


def over_a_late_gauge(modifier: str, minutes: int, *, declared: bool) -> Case:
    late = Query("g", "gauge", "avg", by=("pod",), modifier=modifier, rollup_seconds=60)
    count = Query("k", "count", "avg", by=("pod",), modifier=modifier, rollup_seconds=60)
    series = gauge("g", (180, 3), pod="a"), Series("k", "count", (("pod", "b"),), 60, ((0, ONE), (60, ONE), (180, ONE)))
    return replace(case(Arithmetic("/", late, count), *series, minutes=minutes, new_group_delay=0), declared=declared)


@pytest.mark.parametrize(("modifier", "minutes"), [("as_rate", 6), ("as_count", 2)])
def test_a_metric_without_type_is_0_in_arithmetic_until_its_first_point(modifier: str, minutes: int) -> None:
    """NODATA 3.8: a missing count is 0, as are the errors that nobody ever made."""
    whole = over_a_late_gauge(modifier, minutes, declared=False)
    assert difference(whole, set()) == ""
    assert list(Both(whole).step(1)[0].values.values()) == [0.0]


def test_a_declared_gauge_is_one_before_its_first_point() -> None:
    """TYPES 1.4: the type is declared."""
    whole = over_a_late_gauge("as_rate", 6, declared=True)
    assert difference(whole, set()) == ""
    assert not any(Both(whole).step(1)[0].values.values())
    with pytest.raises(NotModelled, match="counts with as_count.. and on the gauge 'g'"):
        difference(over_a_late_gauge("as_count", 2, declared=True), set())


@pytest.mark.parametrize("options", [{"on_missing_data": "show_no_data"}, {"notify_no_data": True}])
def test_a_group_that_a_filled_value_recovered_goes_to_no_data_after_it(options: dict[str, Any]) -> None:
    assert difference(case(filled("zero", 120), gauge("g", (0, 3)), **options), set()) == ""


def test_a_line_is_drawn_up_to_the_limit_however_far_the_next_sample_is() -> None:
    assert difference(case(filled("linear", 60), gauge("g", (0, 1), (180, 1)), window=5), set()) == ""


def test_no_data_that_told_nobody_is_not_told_again() -> None:
    told = case(PLAIN, gauge("g", (0, 3)), on_missing_data="show_no_data", renotify_interval=2)
    assert difference(told, set()) == ""


def test_a_series_that_comes_later_does_not_turn_interpolation_on() -> None:
    """INTERP 3.6: only more than one source that contributes are interpolated."""
    query = Query("g", "gauge", "sum", rollup_seconds=60)
    whole = case(query, gauge("g", (0, 1), (120, 1), host="a"), gauge("g", (600, 1), host="b"), window=5)
    definition = load_definition(whole.payload(), source="differential")
    values = []
    for known in (180, 3600):
        store = SeriesStore()
        write(store, whole, 0, known)
        values.append(advance(definition, {}, store, ORIGIN + timedelta(minutes=3)).values)
    assert values[0] == values[1]
