"""Draws what a group was and what was told of it, each as a row over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog import State
from alertproof.datadog.monitor.observation import verdict_of
from alertproof.offline.drawing.columns import MARGIN, Columns, labelled
from alertproof.offline.drawing.ink import Line, Part, Style, line, tinted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alertproof.offline.expectations import ExpectedNotification, ExpectedState
    from alertproof.offline.timeline import Run
    from alertproof.tags import Group

__all__ = [
    "STYLES",
    "actual_row",
    "column_values",
    "expected_row",
    "legend",
    "missed_row",
    "muted_row",
    "told_row",
    "wanted_row",
    "worst_states",
]

_SIGNS = {State.OK: "─", State.WARN: "▒", State.ALERT: "█", State.NO_DATA: "·", State.UNKNOWN: "~"}
STYLES: dict[State, Style] = {
    State.OK: "green",
    State.WARN: "yellow",
    State.ALERT: "red",
    State.NO_DATA: "dim",
    State.UNKNOWN: "dim",
}
_STATES = {verdict_of(state): state for state in State}
_GREEN: Style = "green"
_RED: Style = "red"
_LETTERS = {
    "Triggered": "T",
    "Re-Triggered": "t",
    "Warn": "W",
    "No Data": "N",
    "Unknown": "U",
    "Recovered": "R",
    "Renotify": "r",
}


def worst_states(run: Run, group: Group, columns: Columns) -> list[State | None]:
    """Return the worst state of a group in each column, None where it has none."""
    codes = run.timeline.states(group)
    return [_STATES.get(max((int(codes[each]) for each in inside), default=-1)) for inside in columns.evaluations]


def actual_row(states: Sequence[State | None]) -> Line:
    """Return the row of what the group was."""
    signs = [_SIGNS[state] if state else " " for state in states]
    return labelled("actual", *tinted(signs, [STYLES[state] if state else "" for state in states]))


def expected_row(met: Iterable[ExpectedState], missed: Iterable[ExpectedState], columns: Columns) -> Line:
    """Return the row of what it should have been, the first letter of each state at its instant."""
    cells: list[str] = [" "] * columns.count
    styles: list[Style] = [""] * columns.count
    # What was missed comes last, so that nothing that was met covers it.
    for wanted, style in ((met, _GREEN), (missed, _RED)):
        for each in wanted:
            at = columns.of(columns.start + each.at)
            cells[at], styles[at] = each.state[0], style
    return labelled("expected", *tinted(cells, styles))


def missed_row(missed: Iterable[ExpectedState], columns: Columns) -> Line:
    """Return the row that points at what was missed."""
    cells = [" "] * columns.count
    for each in missed:
        cells[columns.of(columns.start + each.at)] = "✗"
    return labelled("", Part("".join(cells), "red"))


def told_row(run: Run, group: Group, columns: Columns) -> Line:
    """Return the row of the notifications, the first letter of each transition at its instant."""
    cells = [" "] * columns.count
    for each in run.notifications:
        if each.group == run.cluster(group):
            cells[columns.of(each.at)] = _LETTERS[each.transition]
    return labelled("told", Part("".join(cells), "bold"))


def muted_row(run: Run, group: Group, columns: Columns) -> Line | None:
    """Return the row of when downtimes mute the group; None without any."""
    spans = run.muted(group)
    if not spans.spans:
        return None
    muted = [any(spans.at(run.instant_of(each)).active for each in inside) for inside in columns.evaluations]
    return labelled("muted", Part("".join("░" if each else " " for each in muted), "dim"))


def wanted_row(wanted: ExpectedNotification, columns: Columns) -> Line:
    """Return the row of the span within which a notification should have come."""
    first, last = (columns.of(columns.start + each) for each in wanted.between)
    span = "┼" if first == last else "├" + "─" * (last - first - 1) + "┤"
    return labelled(f"wanted {_LETTERS[wanted.transition]}", Part(" " * first + span, "red"))


def legend(states: Iterable[State | None], transitions: Iterable[str], columns: Columns) -> Iterator[Line]:
    """Yield what the signs mean that were drawn, and a column where it is more than one evaluation."""
    known = {state for state in states if state}
    parts = [f"{_SIGNS[state]} {state}" for state in State if state in known]
    told = set(transitions)
    parts += [f"{letter} {word}" for word, letter in _LETTERS.items() if word in told]
    minutes = columns.step.total_seconds() / 60
    yield line(" " * MARGIN, Part("  ".join(parts), "dim"))
    if minutes > 1:
        text = f"a column is {minutes:g} minutes: their worst state, and the value that is next to alerting"
        yield line(" " * MARGIN, Part(text, "dim"))


def column_values(run: Run, group: Group, columns: Columns) -> list[float]:
    """Return for each column the value that is next to alerting, NaN where there is none."""
    values = run.values(group)
    falls = run.monitor.definition.comparator in {"<", "<="}
    found = []
    for inside in columns.evaluations:
        known = values[inside][np.isfinite(values[inside])] if inside else values[:0]
        found.append(float((known.min() if falls else known.max()) if len(known) else np.nan))
    return found
