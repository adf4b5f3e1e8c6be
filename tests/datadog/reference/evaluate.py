"""What a metric monitor's query is worth at one instant: slow, exact and obvious.

Written from the reference of Datadog's monitors alone. Everything is a dictionary, a list or a fraction; a bucket that
has no value is not in the dictionary. An undocumented point is a field of `Readings` that is named after its question.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from tests.datadog.reference.model import (
    Arithmetic,
    Case,
    Constant,
    DefaultZero,
    Expression,
    GroupKey,
    Query,
    Series,
    grouping,
    queries,
)
from tests.datadog.reference.readings import Readings

Buckets = dict[int, Fraction]
Leaf = Query | DefaultZero
DEFAULT_LIMIT = 300
ROLLUPS = ((60, 20), (4 * 60, 60), (24 * 60, 300), (48 * 60, 600))


@dataclass(frozen=True)
class Look:
    """What is looked at: a group of a monitor, under the readings of what is not documented."""

    case: Case
    group: GroupKey
    readings: Readings


@dataclass(frozen=True)
class Window:
    """The seconds ``start <= second < end``."""

    start: int
    end: int

    def earlier(self, seconds: int) -> Window:
        return Window(self.start - seconds, self.end - seconds)

    def buckets(self, interval: int) -> list[int]:
        """Buckets are aligned to UNIX time [3.2]; START is aligned to all of them."""
        return list(range(self.start // interval * interval, self.end, interval))


@dataclass
class Outcome:
    """What one evaluation found of one group."""

    value: Fraction | None
    # Seconds of the window at which the group had a point.
    seconds: list[int]


def evaluate(case: Case, at: int, readings: Readings) -> dict[GroupKey, Outcome]:
    """Evaluate at ``at`` seconds after START. Groups of which nothing was ever seen are not there [2.4]."""
    end = at - int(case.options.get("evaluation_delay", 0)) + int(readings.q3_window_end_included)  # 4.3
    window = Window(end - case.window * 60, end)
    found = {}
    for group in groups(case, end):
        look = Look(case, group, readings)
        found[group] = Outcome(value_of(look, window), seconds_of(look, window))
    return found


def groups(case: Case, end: int) -> list[GroupKey]:
    """The groups of the grouped queries that had a point before ``end``; a simple alert has its one, always [4.1]."""
    keys = grouping(case)
    if not keys:
        return [()]
    found: list[GroupKey] = []
    for query in queries(case.expression):
        if not query.by:
            continue
        for series in case.series:
            if selected(series, query) and any(second < end for second, _ in series.points):
                group = group_of(series, query)
                if group not in found:
                    found.append(group)
    return sorted(found)


def selected(series: Series, query: Query) -> bool:
    """Say whether a series is in the scope [2.3] and carries all tags that the query groups by [2.4]."""
    if series.metric != query.metric:
        return False
    for key, value, wanted in query.scope:
        if ((key, value) in series.tags) is not wanted:
            return False
    return all(any(key == name for name, _ in series.tags) for key in query.by)


def group_of(series: Series, query: Query) -> GroupKey:
    return tuple(sorted((key, value) for key, value in series.tags if key in query.by))


def seconds_of(look: Look, window: Window) -> list[int]:
    """The points of the group in the window, of its grouped queries, or of all if there are none such."""
    found = []
    for query in queries(look.case.expression):
        if query.by or not grouping(look.case):
            for series in members(query, look):
                found += [second for second, _ in series.points if window.start <= second < window.end]
    return sorted(set(found))


def members(query: Query, look: Look) -> list[Series]:
    """The series that make up a group; an ungrouped query is the same for every group (Q5)."""
    chosen = [series for series in look.case.series if selected(series, query)]
    return [series for series in chosen if not query.by or group_of(series, query) == look.group]


def value_of(look: Look, window: Window) -> Fraction | None:
    case = look.case
    nothing = not any(members(query, look) for query in queries(case.expression))
    if nothing and look.readings.s37_default_zero_needs_a_series:
        return None
    if on_the_count_path(case.expression, look.readings):
        return counted_change(look, window)
    now = evaluated(case.expression, look, window)
    if not case.change:
        return reduced(now, case.reduction)
    moved = case.shift * 60
    before = evaluated(case.expression, look, window.earlier(moved))
    difference = {}
    for bucket, value in now.items():  # 7.1
        old = before.get(bucket - moved)
        found = None if old is None else changed(case.change, value, old)
        if found is not None:
            difference[bucket] = found
    return reduced(difference, case.reduction)


def reduced(buckets: Buckets, reduction: str) -> Fraction | None:
    """Reduce the points of the window to one [4.4]; no point, no value [4.7]."""
    values = list(buckets.values())
    return AGGREGATORS[reduction](values) if values else None


# --- the as_count path -----------------------------------------------------------------------------------------------


def on_the_count_path(expression: Expression, readings: Readings) -> bool:
    """4.5: arithmetic, and at least one as_count()."""
    if not isinstance(expression, Arithmetic):
        return False
    if not readings.q4_constant_is_arithmetic and len(queries(expression)) == 1:
        return False
    return any(is_count(query) for query in queries(expression))


def is_count(query: Query) -> bool:
    """as_count() has no effect on a gauge [3.5]."""
    return query.modifier == "as_count" and query.kind != "gauge"


def is_rate(query: Query) -> bool:
    return query.modifier == "as_rate" and query.kind != "gauge"


def counted_change(look: Look, window: Window) -> Fraction | None:
    """Compare the numbers of both windows, where a change is of counts (Q4)."""
    now = counted(look, window)
    if not look.case.change:
        return now
    before = counted(look, window.earlier(look.case.shift * 60))
    return None if now is None or before is None else changed(look.case.change, now, before)


def changed(how: str, now: Fraction, before: Fraction) -> Fraction | None:
    """7.1; signed, and against nothing there is no percentage [3.8]."""
    if how == "change":
        return now - before
    return (now - before) / before * 100 if before != 0 else None


def counted(look: Look, window: Window) -> Fraction | None:
    """Reduce each operand over the window, then calculate with the numbers [4.5]."""
    worth: dict[Leaf, Fraction | None] = {}
    for leaf in leaves(look.case.expression):
        if isinstance(leaf, Query) and look.readings.q4_a_count_is_one_bucket:
            worth[leaf] = in_one_bucket(members(leaf, look), leaf, window)
        else:
            worth[leaf] = reduced(line_of(leaf, look, window), look.case.reduction)
    if all(value is None for value in worth.values()):
        return None
    return calculated(look.case.expression, worth, look.readings)


def in_one_bucket(series: list[Series], query: Query, window: Window) -> Fraction | None:
    """Sum each series over the whole window, then aggregate in space."""
    sums = []
    for one in series:
        values = [value for second, value in one.points if window.start <= second < window.end]
        if values:
            sums.append(total(values) * (one.interval if query.kind == "rate" else 1))
    return AGGREGATORS[query.space](sums) if sums else None


def calculated(expression: Expression, worth: dict[Leaf, Fraction | None], readings: Readings) -> Fraction | None:
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Arithmetic):
        left = calculated(expression.left, worth, readings)
        right = calculated(expression.right, worth, readings)
        return None if left is None or right is None else operated(expression.operator, left, right)
    value = worth[expression]
    return Fraction(0) if value is None and aligns_as_zero(expression, readings) else value


def aligns_as_zero(leaf: Leaf, readings: Readings) -> bool:
    """Say whether a missing operand is 0: a count is [3.8], and a rate, as 3.7 says of as_rate() in passing."""
    if isinstance(leaf, DefaultZero):
        return False
    return is_count(leaf) or (is_rate(leaf) and readings.q17_rates_align_as_zero)


def operated(operator: str, left: Fraction, right: Fraction) -> Fraction | None:
    """One operation; a division by zero has no value [3.8]."""
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    return left / right if right != 0 else None


# --- the classic path, bucket by bucket ------------------------------------------------------------------------------


def evaluated(expression: Expression, look: Look, window: Window) -> Buckets:
    """Calculate bucket by bucket; a bucket that comes to no number is left out [3.8]."""
    lines = {leaf: line_of(leaf, look, window) for leaf in leaves(expression)}
    result = {}
    for bucket in sorted({bucket for line in lines.values() for bucket in line}):
        value = calculated(expression, {leaf: line.get(bucket) for leaf, line in lines.items()}, look.readings)
        if value is not None:
            result[bucket] = value
    return result


def line_of(leaf: Leaf, look: Look, window: Window) -> Buckets:
    if isinstance(leaf, DefaultZero):
        return zeros_by_default(leaf.inner, look, window)
    return queried(leaf, look, window)


def leaves(expression: Expression) -> list[Leaf]:
    """List what has buckets of its own, from the left."""
    if isinstance(expression, Arithmetic):
        return leaves(expression.left) + leaves(expression.right)
    return [] if isinstance(expression, Constant) else [expression]


def interval_of(query: Query, look: Look) -> int:
    if query.rollup_seconds:
        return query.rollup_seconds
    if look.readings.q1_rollup_seconds:
        return look.readings.q1_rollup_seconds
    return next(seconds for longest, seconds in ROLLUPS if look.case.window <= longest)  # 3.3


def queried(query: Query, look: Look, window: Window) -> Buckets:
    """Time aggregation, interpolation, space aggregation, in this order [3.1]."""
    interval = interval_of(query, look)
    series = members(query, look)
    wanted = window.buckets(interval)
    if query.kind == "distribution":
        return pooled(series, query, window, interval)
    lines = []
    for one in series:
        rolled = rolled_up(one, query, window, interval)
        if rolled:
            lines.append(rolled)
    how, limit = filling(query, len(lines))
    filled = [interpolated(line, wanted, how, limit) for line in lines]
    result = {}
    for bucket in wanted:
        values = [line[bucket] for line in filled if bucket in line]
        if values:
            result[bucket] = AGGREGATORS[query.space](values)
    return result


def pooled(series: list[Series], query: Query, window: Window, interval: int) -> Buckets:
    """A distribution is merged in time and space at once [1.5]."""
    result = {}
    for bucket in window.buckets(interval):
        samples = [
            value
            for one in series
            for second, value in one.points
            if window.start <= second < window.end and bucket <= second < bucket + interval
        ]
        if samples:
            ranked = query.space[1:].isdigit()
            result[bucket] = percentile(samples, query.space) if ranked else AGGREGATORS[query.space](samples)
    return result


def percentile(samples: list[Fraction], name: str) -> Fraction:
    """The rank of a DDSketch [1.5], rounded down; the published example of pooled samples (V19) agrees."""
    return sorted(samples)[math.floor(Fraction(name[1:]) / 100 * (len(samples) - 1))]


def rolled_up(series: Series, query: Query, window: Window, interval: int) -> Buckets:
    """Aggregate each bucket of one series in time; also those before the window, for interpolation."""
    held: dict[int, list[Fraction]] = {}
    first = window.buckets(interval)[0]
    for second, value in series.points:
        bucket = second // interval * interval
        if second >= window.end or (bucket == first and second < window.start):
            continue
        held.setdefault(bucket, []).append(value)
    method = query.rollup_method or ("sum" if is_count(query) or is_rate(query) else "avg")  # 3.4
    result = {}
    for bucket, values in held.items():
        value = AGGREGATORS[method](values)
        if query.modifier == "as_count" and query.kind == "rate":
            value *= series.interval
        if query.modifier == "as_rate" and query.kind == "count":
            value /= interval
        result[bucket] = value
    return result


def filling(query: Query, sources: int) -> tuple[str, int]:
    """How gaps are filled, and for how many seconds after a real sample [3.6]."""
    if query.fill:
        return query.fill, query.fill_limit or DEFAULT_LIMIT
    if is_count(query) or is_rate(query):
        return "null", 0
    return ("linear", DEFAULT_LIMIT) if sources > 1 else ("null", 0)


def interpolated(line: Buckets, wanted: list[int], how: str, limit: int) -> Buckets:
    result = {}
    for bucket in wanted:
        if bucket in line:
            result[bucket] = line[bucket]
            continue
        before = [other for other in line if other < bucket]
        after = [other for other in line if other > bucket]
        if how == "null" or not before or bucket - max(before) > limit:
            continue
        last = max(before)
        if how == "zero":
            result[bucket] = Fraction(0)
        elif how == "last":
            result[bucket] = line[last]
        elif after:
            following = min(after)
            share = Fraction(bucket - last, following - last)
            result[bucket] = line[last] + (line[following] - line[last]) * share
    return result


def zeros_by_default(query: Query, look: Look, window: Window) -> Buckets:
    """3.7: after the aggregation, a gauge is carried five minutes, and what is empty then is 0."""
    interval = interval_of(query, look)
    wanted = window.buckets(interval)
    early = Window(wanted[0] - math.ceil(DEFAULT_LIMIT / interval) * interval, wanted[0])
    carried = queried(query, look, window)
    plain = not is_count(query) and not is_rate(query)
    if query.kind == "gauge" or (plain and not look.readings.q17_default_zero_carries_gauges_only):
        carried = interpolated({**queried(query, look, early), **carried}, wanted, "last", DEFAULT_LIMIT)
    return {bucket: carried.get(bucket, Fraction(0)) for bucket in wanted}


def mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def total(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def how_many(values: list[Fraction]) -> Fraction:
    return Fraction(len(values))


AGGREGATORS: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "avg": mean,
    "sum": total,
    "min": min,
    "max": max,
    "count": how_many,
}
