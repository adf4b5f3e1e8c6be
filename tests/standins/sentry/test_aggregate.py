"""Functions over rows, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from alertproof.errors import NotModelled
from alertproof.sentry.aggregate import parse_aggregate
from alertproof.sentry.rows import Value
from alertproof.sentry.search import Lookup

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def row(fields: Mapping[str, Value]) -> Lookup:
    return lambda key: (fields[key],) if key in fields else ()


ROWS = [
    row({"d": float(value), "user": f"u{value % 2}", "span.status": status, "timestamp": NOON})
    for value, status in [(1, "ok"), (2, "internal_error"), (3, "cancelled"), (4, "ok")]
]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("count()", 4),
        ("count(d)", 4),
        ("count_unique(user)", 2),
        ("count_unique(missing)", 0),
        ("sum(d)", 10),
        ("avg(d)", 2.5),
        ("min(d)", 1),
        ("max(d)", 4),
        ("p50(d)", 2.5),
        ("p75(d)", 3.25),
        ("p100(d)", 4),
        ("percentile(d, 0)", 1),
        ("percentile(d, 0.25)", 1.75),
        ("avg(missing)", None),
        # Texts are no numbers.
        ("sum(user)", None),
        ("failure_count()", 1),
        ("failure_rate()", 0.25),
        ("epm()", 2),
        ("eps()", pytest.approx(4 / 120)),
        ("last_seen()", NOON),
    ],
)
def test_a_function_has_its_value(text: str, value: object) -> None:
    assert parse_aggregate(text).over(ROWS, timedelta(minutes=2)) == value


def test_over_no_rows_a_rate_of_failures_is_zero_and_a_percentile_nothing() -> None:
    assert parse_aggregate("failure_rate()").over([], timedelta(minutes=1)) == 0
    assert parse_aggregate("p95(d)").over([], timedelta(minutes=1)) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("p96(d)", "p96() is not modelled"),
        ("count(", "cannot be read"),
        ("sum()", "takes 1 argument(s), got 0"),
        ("sum(a, b)", "takes 1 argument(s), got 2"),
        ("percentile(d)", "takes 2 argument(s), got 1"),
        ("percentile(d, 1.5)", "a share between 0 and 1"),
        ("percentile(d, half)", "a share between 0 and 1"),
    ],
)
def test_a_function_that_is_not_modelled_is_refused_by_name(text: str, part: str) -> None:
    with pytest.raises(NotModelled) as raised:
        parse_aggregate(text)
    assert part in str(raised.value)
