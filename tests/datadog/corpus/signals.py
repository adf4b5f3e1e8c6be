"""What a monitor looks at, read off its query's tree: series, records of its searches, statuses of its check.

Each is a signal that can be held on a level; the tree says which way a signal pushes the query's value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from tests.datadog.corpus.records import Sample, samples_of, tags_in

from alertproof.datadog import Definition
from alertproof.datadog.evaluation.operand import is_zero_aligned, percentile_of
from alertproof.datadog.evaluation.search import found_by
from alertproof.datadog.monitor.evaluate import queries_of, takes_given
from alertproof.datadog.monitor.event_query import EventQuery
from alertproof.datadog.query.tree import (
    Attribute,
    Binary,
    Call,
    CheckMonitor,
    FormulaMonitor,
    MetricMonitor,
    MetricQuery,
    Modified,
    Node,
    Number,
    Reference,
    SearchExpression,
    SloAlert,
    Unary,
    walk,
)
from alertproof.datadog.slo import Slos
from alertproof.tags import Tag, Tags, parse_tags
from alertproof.telemetry.evidence import GIVEN, Evidence
from alertproof.telemetry.records import Records
from alertproof.telemetry.series import Floats, MetricType, SeriesStore

#: As many records for one search and one step are enough for most thresholds.
MOST_RECORDS = 120


@dataclass(frozen=True)
class Inputs:
    store: SeriesStore
    evidence: Evidence


@dataclass(frozen=True)
class Signal:
    """Something that can be held on a level: ``rises`` is 1 where more of it makes the query's value higher."""

    rises: int
    levels: tuple[float, ...]
    give: Callable[[Inputs, Floats, Floats], None]
    summed: bool = False
    """Whether it rises by its level each minute, as what only changes of it are looked at does."""

    def ordered(self, toward: int) -> tuple[float, ...]:
        """Return the levels, first those that push the query's value up (1) or down (-1)."""
        return self.levels if self.rises * toward < 0 else self.levels[::-1]


# --- which way a part of an expression pushes ---------------------------------------------------------


#: Functions of how their argument changes [RATE].
_OF_CHANGES = {"derivative", "diff", "dt", "monotonic_diff", "per_hour", "per_minute", "per_second"}


def changing(tree: Node) -> set[Node]:
    """Return the queries of which only the changes count."""
    calls = [node for node in walk(tree) if isinstance(node, Call) and node.name in _OF_CHANGES]
    return {node for call in calls for node in walk(call) if isinstance(node, MetricQuery)}


def directions(node: Node, sign: int = 1) -> Iterator[tuple[Node, int]]:
    """Yield the queries and references of an expression, and whether more of them means a higher value."""
    match node:
        case MetricQuery() | Reference():
            yield node, sign
        case Unary():
            yield from directions(node.operand, -sign if node.sign == "-" else sign)
        case Binary():
            yield from directions(node.left, sign)
            yield from directions(node.right, -sign if node.sign in "-/" else sign)
        case Modified():
            yield from directions(node.operand, sign)
        case Call():
            for argument in node.arguments:
                yield from directions(argument, sign)
        case _:
            return


# --- signals ------------------------------------------------------------------------------------------


def signals_of(definition: Definition, slos: Slos) -> list[Signal]:
    """Return all that a monitor looks at."""
    tree = definition.tree
    limits = [each for each in _limits(definition) if each is not None]
    if takes_given(definition):
        tags = parse_tags([f"{key}:{key}-1" for key in definition.group_by])
        return [Signal(1, _levels(limits), _band(tags))]
    if isinstance(tree, CheckMonitor):
        return [Signal(1, (0.0, 1.0, 2.0), _statuses(definition, tree))]
    if definition.searches:
        return _searches(definition, limits)
    return _series(definition, slos, limits)


def _limits(definition: Definition) -> tuple[float | None, ...]:
    found = definition.options.thresholds
    return found.critical, found.warning, found.critical_recovery, found.warning_recovery


def _levels(limits: list[float], constants: tuple[float, ...] = ()) -> tuple[float, ...]:
    """Return levels around numbers that matter, from far below to far above, sorted."""
    marks = {each for number in (*limits, *constants) for each in (number, number / 100)}
    near = {number + step for number in limits for step in (-1.0, -1e-3, 0.0, 1e-3, 1.0)}
    far = {number * factor for number in marks for factor in (0.5, 2.0, 100.0)}
    top = 100 * max(1.0, *map(abs, marks))
    return tuple(sorted({0.0, 1.0, -1.0, 1e-3, top, -top, *near, *far}))


def _band(tags: Tags) -> Callable[[Inputs, Floats, Floats], None]:
    def give(inputs: Inputs, times: Floats, values: Floats) -> None:
        assert inputs.evidence.given is not None
        inputs.evidence.given.extend(GIVEN, tags, MetricType.GAUGE, times, values)

    return give


def _statuses(definition: Definition, tree: CheckMonitor) -> Callable[[Inputs, Floats, Floats], None]:
    over = parse_tags([text for text in tree.texts("over") if text != "*"])
    by = [key for key in definition.group_by if key not in {tag.key for tag in over}]
    tags = over | {Tag(key, f"{key}-1") for key in by}

    def give(inputs: Inputs, times: Floats, values: Floats) -> None:
        inputs.evidence.checks.extend(tree.check.value, tags, MetricType.GAUGE, times, values)

    return give


def _series(definition: Definition, slos: Slos, limits: list[float]) -> list[Signal]:
    tree, queries = definition.tree, queries_of(definition, slos)
    pushes: dict[Node, int] = {}
    constants: tuple[float, ...] = ()
    if isinstance(tree, MetricMonitor):
        pushes = dict(reversed(list(directions(tree.expression))))
        constants = tuple(node.value for node in walk(tree.expression) if isinstance(node, Number))
    else:
        assert isinstance(tree, SloAlert)
        limits = [1.0, 100.0]
    kinds = {query.metric: _kind(query.metric, queries) for query in queries}
    values = _shared_values(queries)
    found: dict[tuple[str, Tags], Signal] = {}
    for query in queries:
        tags = _with_values(query, values)
        levels = _levels(limits, constants)
        if kinds[query.metric] is not MetricType.GAUGE:
            levels = tuple(level for level in levels if level >= 0)
        give = _points(query.metric, tags, kinds[query.metric])
        signal = Signal(pushes.get(query, 0), levels, give, query in changing(tree))
        found.setdefault((query.metric, tags), signal)
    return list(found.values())


def _kind(metric: str, queries: tuple[MetricQuery, ...]) -> MetricType:
    """Return the type that a metric must have for what is asked of it."""
    asked = [query for query in queries if query.metric == metric]
    if any(percentile_of(query.space) is not None or query.counted or query.space == "count" for query in asked):
        return MetricType.DISTRIBUTION
    return MetricType.COUNT if any(is_zero_aligned(query) for query in asked) else MetricType.GAUGE


def _shared_values(queries: tuple[MetricQuery, ...]) -> dict[str, str]:
    """Return a value for each group-by key, one that all queries with it have where they can."""
    found: dict[str, str] = {}
    for query in queries:
        for tag in sorted(tags_in(query.scope, ())):
            if tag.key in {key for each in queries for key in each.by}:
                found.setdefault(tag.key, tag.value)
    return found


def _with_values(query: MetricQuery, values: dict[str, str]) -> Tags:
    own = tags_in(query.scope, ())
    missing = [key for key in query.by if key not in {tag.key for tag in own}]
    shared = own | {Tag(key, values[key]) for key in missing if key in values}
    rest = [key for key in missing if key not in values]
    return shared | {tag for tag in tags_in(query.scope, query.by) if tag.key in rest}


def _points(metric: str, tags: Tags, kind: MetricType) -> Callable[[Inputs, Floats, Floats], None]:
    def give(inputs: Inputs, times: Floats, values: Floats) -> None:
        step = int(times[1] - times[0])
        inputs.store.extend(metric, tags, kind, times, values, interval=step)

    return give


def _searches(definition: Definition, limits: list[float]) -> list[Signal]:
    tree = definition.tree
    pushes: dict[str, int] = {}
    if isinstance(tree, FormulaMonitor):
        for node, sign in directions(tree.formula.expression):
            assert isinstance(node, Reference)
            pushes.setdefault(node.name, sign)
    found = []
    for name, query in definition.searches:
        levels = _levels(limits)
        if query.how in {"count", "cardinality"}:
            # A level below 1 is a record now and then.
            whole = {0, 0.2, 0.5, 1, 2, 100, *(math.ceil(level) for level in levels if 0 < level < MOST_RECORDS)}
            # There are some five steps in a window.
            whole |= {math.ceil(limit / 4) + 1 for limit in limits}
            levels = tuple(sorted(map(float, whole)))
        others = [other.search for _, other in definition.searches if other.search != query.search]
        found.append(Signal(pushes.get(name, 1), levels, _records(query, others)))
    return found


def _records(query: EventQuery, others: list[SearchExpression | None]) -> Callable[[Inputs, Floats, Floats], None]:
    """Give so many records as the level says, or one of such a value; and always one that the search just misses."""
    sample, counted = _sample(query, others), query.how in {"count", "cardinality"}
    missed = _missed(query, sample, others)

    def give(inputs: Inputs, times: Floats, values: Floats) -> None:
        counts = np.diff(np.floor(np.cumsum([0.0, *values]) + 1e-6)) if counted else np.ones(len(values))
        for at, level, count in zip(times.tolist(), values.tolist(), counts.astype(int).tolist(), strict=True):
            for number in range(count):
                measured = f"{at:.0f}-{number}" if counted else level
                found = sample if query.measure is None else sample.with_value(query.measure, measured)
                inputs.evidence.records.write(query.kind, found.at(at))
            for each in missed:
                inputs.evidence.records.write(query.kind, each.at(at))

    return give


def _found_by(search: SearchExpression | None, sample: Sample) -> bool:
    return bool(found_by(search, Records([sample.at(0)]))[0])


def _sample(query: EventQuery, others: list[SearchExpression | None]) -> Sample:
    """Return a record that the search finds, with a value for each facet, and the others do not if that can be."""
    elsewhere = {node.name for other in others if other for node in walk(other) if isinstance(node, Attribute)}
    found = []
    placed = Sample({"index": query.indexes[0]}) if query.indexes and "*" not in query.indexes else Sample()
    facets = {facet: f"{facet.lstrip('@')}-1" for facet in query.by}
    for wanted in samples_of(query.search):
        sample = wanted.and_(placed).completed(facets)
        apart = sample.completed(dict.fromkeys(sorted(elsewhere), "another"))
        found += [each for each in (apart, sample) if _found_by(query.search, each)]
    assert found, f"no record is found by {query.search}"
    return next((each for each in found if not any(_found_by(other, each) for other in others)), found[-1])


def _missed(query: EventQuery, sample: Sample, others: list[SearchExpression | None]) -> list[Sample]:
    """Return a record that lacks a single thing that the search asks for, if it asks for any."""
    less = [replace(sample, words=())] if sample.words else []
    less += [sample.and_(Sample({name: "another"})) for name in sample.attributes]
    less += [replace(sample, tags=sample.tags - {tag}) for tag in sorted(sample.tags)]
    return [each for each in less if not any(_found_by(search, each) for search in (query.search, *others))][:1]
