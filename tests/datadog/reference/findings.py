"""What the slow evaluator found in the engine and is not settled; test_differential_findings.py has a test of each.

The differential test counts the cases that touch one, and does not compare them. Remove an entry together with the mark
of its test.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.datadog.reference.evaluate import DEFAULT_LIMIT, is_count, is_rate
from tests.datadog.reference.model import Case, Query, queries


def gauge_modified(case: Case) -> bool:
    """A gauge with as_count() or as_rate(), which have no effect on it [MODS 3.5], in a calculation or a function."""
    return not isinstance(case.expression, Query) and any(
        query.kind == "gauge" and query.modifier for query in queries(case.expression)
    )


def recovered_while_silent(case: Case) -> bool:
    """A group that came to OK without a point of its own goes to No Data when it comes to no value [3.6, 5.5].

    Values without a point come from a fill, or from an ungrouped operand.
    """
    asked = queries(case.expression)
    handled = case.options.get("on_missing_data") or case.options.get("notify_no_data")
    mixed = len({query.by for query in asked}) > 1
    return bool(handled) and (mixed or any(query.fill in ("zero", "last") for query in asked))


def linear_in_a_long_gap(case: Case) -> bool:
    """A line is drawn up to the limit after a real sample, however far the next is [INTERP 3.6]."""
    for query in queries(case.expression):
        series = [one for one in case.series if one.metric == query.metric]
        if query.fill == "linear" or (is_plain(query) and len(series) > 1):
            # Buckets may be as much as an interval farther apart than the points in them, or nearer.
            longest = (query.fill_limit or DEFAULT_LIMIT) - (query.rollup_seconds or 60)
            seconds = [[second for second, _ in one.points] for one in series]
            if any(later - earlier > longest for each in seconds for earlier, later in pairwise(each)):
                return True
    return False


def source_that_comes_later(case: Case) -> bool:
    """A series whose first point is after the window, or after that of a change's other side, is no source [3.6]."""
    if not case.change and "evaluation_delay" not in case.options:
        return False
    for query in queries(case.expression):
        firsts = {one.points[0][0] for one in case.series if one.metric == query.metric}
        if is_plain(query) and len(firsts) > 1:
            return True
    return False


def is_plain(query: Query) -> bool:
    return not query.fill and query.kind != "distribution" and not is_count(query) and not is_rate(query)


def silent_no_data_renotified(case: Case) -> bool:
    """show_no_data tells nobody of No Data [ONMISS 5.5], so nobody is told of it again [6.2, 6.8]."""
    among = case.options.get("renotify_statuses", ["alert", "no data"])
    silent = case.options.get("on_missing_data") == "show_no_data"
    return silent and "renotify_interval" in case.options and "no data" in among


FINDINGS: tuple[Callable[[Case], bool], ...] = (
    gauge_modified,
    recovered_while_silent,
    linear_in_a_long_gap,
    source_that_comes_later,
    silent_no_data_renotified,
)
