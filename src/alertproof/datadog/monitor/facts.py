"""What a message can tell besides numbers and tags: a record that was found, the parts of a composite [VAR]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from string import ascii_lowercase
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from alertproof.datadog.message import Value, Variables
from alertproof.datadog.monitor.check_query import CHECK_WINDOW, check_selection
from alertproof.datadog.monitor.composite import monitor_ids, part_group
from alertproof.datadog.monitor.definition import Definition, evaluation_window
from alertproof.datadog.monitor.event_query import events_by_group
from alertproof.datadog.monitor.record_variables import record_variables
from alertproof.datadog.monitor.variables import quantity
from alertproof.datadog.query.tree import CheckMonitor, CompositeMonitor, EventMonitor
from alertproof.tags import Group, Tags

if TYPE_CHECKING:
    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.event_query import EventQuery, Found
    from alertproof.datadog.monitor.timeline import Timeline
    from alertproof.telemetry.evidence import Evidence
    from alertproof.telemetry.series import SeriesStore

__all__ = ["Facts", "facts_of", "no_facts"]

#: Tells the variables of a group, or of a cluster of groups, at an evaluation, by their first name.
Facts = Callable[[Group, datetime], Variables]
_NOTHING: Variables = MappingProxyType({})


def no_facts(group: Group, at: datetime) -> Variables:  # noqa: ARG001 - as `Facts` are called
    """Tell nothing."""
    return _NOTHING


def facts_of(
    definition: Definition, evidence: Evidence | None, parts: Mapping[str, Timeline], assumptions: Assumptions
) -> Facts:
    """Return what tells the variables of a monitor's groups; ``parts`` are a composite's monitors by id."""
    tree = definition.tree
    found: Facts = no_facts
    if isinstance(tree, CompositeMonitor):
        named = dict(zip(ascii_lowercase, monitor_ids(tree.expression), strict=False))
        found = _Parts({letter: parts[each] for letter, each in named.items()}, assumptions.value_digits)
    elif evidence is not None and definition.searches:
        found = _Records(definition, evidence, newest=assumptions.newest_record_is_told)
    elif evidence is not None and isinstance(tree, CheckMonitor) and evidence.check_messages:
        found = _Checks(tree, definition.options.evaluation_delay, evidence.checks, evidence.check_messages)
    return _Known(found, evidence) if evidence is not None and evidence.known else found


class _Known(Struct, frozen=True):
    """Adds what is known of the groups that have some tags."""

    others: Facts
    evidence: Evidence

    def __call__(self, group: Group, at: datetime) -> Variables:
        found = self.others(group, at)
        for each in self.evidence.known:
            if each.tags <= set(group):
                found = _merged(found, each.variables)
        return found


def _merged(one: Variables, other: Mapping[str, object]) -> Variables:
    """Return both; where both know something it is the other's."""
    found = dict(one)
    for key, value in other.items():
        known = found.get(key)
        found[key] = _merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value  # type: ignore[assignment]  # names and texts
    return found


class _Records(Struct, frozen=True, dict=True):
    """Tells of one record of the window that the query found; of a formula's searches the first tells [VAR]."""

    definition: Definition
    evidence: Evidence
    newest: bool

    @cached_property
    def _query(self) -> EventQuery:
        return self.definition.searches[0][1]

    @cached_property
    def _found(self) -> Mapping[Group, Found]:
        return events_by_group(self._query, self.evidence.records)

    def __call__(self, group: Group, at: datetime) -> Variables:
        end = at.timestamp() - self.definition.options.evaluation_delay.total_seconds()
        start = end - evaluation_window(self.definition).total_seconds()
        wanted = {tag for tag in group if tag.key in self._query.by}
        rows: list[int] = []
        for each, found in self._found.items():
            if wanted <= set(each):
                low, high = np.searchsorted(found.times, (start, end))
                rows += found.rows[low:high].tolist()
        if not rows:
            return _NOTHING
        row = max(rows) if self.newest else min(rows)
        tree = self.definition.tree
        in_issue = isinstance(tree, EventMonitor) and tree.source.startswith("error-tracking")
        record = self.evidence.records.select(self._query.kind)[row]
        return record_variables(self._query.kind, record, in_issue=in_issue)


class _Checks(Struct, frozen=True):
    """Tells what a check said with the newest status of the group; of several at once, with the worst."""

    tree: CheckMonitor
    delay: timedelta
    statuses: SeriesStore
    messages: Mapping[tuple[str, Tags], Mapping[int, str]]

    def __call__(self, group: Group, at: datetime) -> Variables:
        selection = check_selection(self.tree, self.statuses)
        wanted, found, end = set(group), [], at - self.delay
        for own, rows in zip(selection.groups, selection.members, strict=True):
            for series in (selection.series[row] for row in rows if wanted <= set(own)):
                times, values = series.between((end - CHECK_WINDOW).timestamp(), end.timestamp())
                if len(times):
                    said = self.messages.get((series.metric, series.tags), {})
                    found.append((times[-1], values[-1], said.get(int(values[-1]), "")))
        message = max(found)[2] if found else ""
        return {"check_message": message} if message else _NOTHING


class _Parts(Struct, frozen=True):
    """Tells the parts of a composite, ``{{a.value}}`` and ``{{a.status}}``, and what each of them tells itself."""

    parts: Mapping[str, Timeline]
    digits: int

    def __call__(self, group: Group, at: datetime) -> Variables:
        told = {letter: self._of(part, group, at) for letter, part in self.parts.items()}
        return {letter: found for letter, found in told.items() if found is not None}

    def _of(self, part: Timeline, group: Group, at: datetime) -> Value:
        own = part_group(part, group)
        number = int(np.searchsorted(part.instants, at.timestamp(), side="right")) - 1
        status = part.status(own, number) if own is not None and number >= 0 else None
        if own is None or status is None:
            return None
        value = None if status.value is None else quantity(status.value, self.digits)
        return {**part.facts(own, at), "value": value, "status": str(status.state)}
