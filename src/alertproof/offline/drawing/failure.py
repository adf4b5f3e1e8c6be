"""Draws what a test expected and what happened, side by side, for each group of a monitor that missed something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog import State
from alertproof.datadog.query.tree import CheckMonitor, CompositeMonitor
from alertproof.offline.drawing.chart import draw_chart, levels_of
from alertproof.offline.drawing.columns import Columns
from alertproof.offline.drawing.ink import Drawing, Line, Part, line
from alertproof.offline.drawing.misses import Miss, miss_of, next_to_alerting
from alertproof.offline.drawing.table import Notes, draw_table
from alertproof.offline.drawing.tracks import (
    STYLES,
    actual_row,
    column_values,
    expected_row,
    legend,
    missed_row,
    muted_row,
    told_row,
    wanted_row,
    worst_states,
)
from alertproof.offline.expectations import ExpectedNotification, ExpectedState
from alertproof.offline.words import of_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from alertproof.datadog import Notification
    from alertproof.offline.drawing.chart import Level
    from alertproof.offline.judge import Judged
    from alertproof.offline.timeline import Run
    from alertproof.tags import Group

__all__ = ["draw_failure", "draw_run"]

_MOST_FIGURES = 4
_MOST_SURPLUS = 8
_MOST_SPANS = 4


def draw_failure(judged: Sequence[Judged], runs: Mapping[str, Run]) -> Drawing:
    """Return each expectation that was not met with its reason, and a figure for each group that is meant.

    ``runs`` are by the names that the test uses.
    """
    misses = [miss_of(each, runs) for each in judged if not each.expectation.met]
    lines: list[Line] = []
    for miss in misses:
        lines.append(line(Part(f"not met: {miss.judged.expectation.text}", "red")))
        lines += [wrapped for why in miss.why[:_MOST_SURPLUS] for wrapped in _wrapped(why)]
        if len(miss.why) > _MOST_SURPLUS:
            lines.append(line(f"  and {len(miss.why) - _MOST_SURPLUS} more"))
    # The first group of each expectation before the second of any.
    ranked = sorted(
        ((rank, number, place) for number, miss in enumerate(misses) for rank, place in enumerate(miss.places)),
        key=lambda each: each[:2],
    )
    places = list(dict.fromkeys(place for _, _, place in ranked))
    for run, group in places[:_MOST_FIGURES]:
        lines += [(), *_Figure(run, group, _about(run, group, judged, misses, runs)).draw()]
    if len(places) > _MOST_FIGURES:
        lines += [(), line(Part(f"and {len(places) - _MOST_FIGURES} more groups, not drawn", "dim"))]
    return tuple(lines)


def draw_run(run: Run, group: Group) -> Drawing:
    """Return what a group was and what was told of it, with nothing expected."""
    return tuple(_Figure(run, group, _Wanted()).draw())


def _wrapped(text: str) -> Iterator[Line]:
    import textwrap  # noqa: PLC0415 - only a failure needs it

    for each in textwrap.wrap(" ".join(text.split()), 96, break_on_hyphens=False)[:4]:
        yield line(f"    {each}")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was expected of one group, states and the notifications that it missed; and when it did anything else."""

    met: tuple[ExpectedState, ...] = ()
    missed: tuple[ExpectedState, ...] = ()
    spans: tuple[ExpectedNotification, ...] = ()
    surplus: frozenset[datetime] = frozenset()


def _about(
    run: Run, group: Group, judged: Iterable[Judged], misses: Iterable[Miss], runs: Mapping[str, Run]
) -> _Wanted:
    met: list[ExpectedState] = []
    missed: list[ExpectedState] = []
    own = {group, run.cluster(group)}
    surplus = {one.what.at for each in judged for one in each.surplus if one.run is run and one.what.group in own}
    for each in judged:
        wanted = each.wanted
        if not isinstance(wanted, ExpectedState) or runs[wanted.monitor] is not run:
            continue
        at = run.evaluation_at(run.start + wanted.at)
        status = None if at is None or wanted.group not in {None, group} else run.timeline.status(group, at)
        if status is not None:
            (met if status.state is wanted.state else missed).append(wanted)
    about = [miss.judged.wanted for miss in misses if (run, group) in miss.places]
    spans = [wanted for wanted in about if isinstance(wanted, ExpectedNotification)]
    return _Wanted(tuple(met), tuple(missed), tuple(spans), frozenset(surplus))


@dataclass(frozen=True, slots=True)
class _Figure:
    """One group of one monitor: its values, its states, and the minutes that matter."""

    run: Run
    group: Group
    wanted: _Wanted

    def draw(self) -> Iterator[Line]:
        run, group, wanted = self.run, self.group, self.wanted
        columns = Columns(run.instants, run.start)
        definition = run.monitor.definition
        yield line(Part(f"{run.monitor.stem}{of_group(group)}", "bold"), "  ", Part(definition.query, "dim"))
        states = worst_states(run, group, columns)
        levels = self._levels()
        values = column_values(run, group, columns)
        if levels and np.isfinite(values).any():
            yield from draw_chart(values, levels, [STYLES[state] if state else "" for state in states])
        if wanted.met or wanted.missed:
            yield expected_row(wanted.met, wanted.missed, columns)
        yield actual_row(states)
        if wanted.missed:
            yield missed_row(wanted.missed, columns)
        for each in wanted.spans[:_MOST_SPANS]:
            yield wanted_row(each, columns)
        muted = muted_row(run, group, columns)
        if muted is not None:
            yield muted
        told = [each for each in run.notifications if each.group == run.cluster(group)]
        if told or wanted.spans:
            yield told_row(run, group, columns)
        yield from columns.axis()
        transitions = [*(each.transition for each in told), *(each.transition for each in wanted.spans)]
        yield from legend([*states, *(each.state for each in (*wanted.met, *wanted.missed))], transitions, columns)
        yield ()
        yield from draw_table(run, group, levels, self._notes(told))

    def _levels(self) -> tuple[Level, ...]:
        """Return the thresholds that values are compared with; a check's count statuses, a composite has none."""
        definition = self.run.monitor.definition
        return () if isinstance(definition.tree, CheckMonitor | CompositeMonitor) else levels_of(definition)

    def _notes(self, told: Sequence[Notification]) -> Notes:
        run, notes = self.run, Notes()

        def number(at: float) -> int:
            return int(np.searchsorted(run.instants, at, side="right")) - 1

        for state in self.wanted.missed:
            at = number((run.start + state.at).timestamp())
            notes.add(at, f"✗ expected {state.state}", "red")
            notes.want([at], 0)
            notes.want([at - 1, at + 1], 3)
        for span in self.wanted.spans:
            self._note_span(notes, span, *(number((run.start + each).timestamp()) for each in span.between))
        for each in told:
            at = number(each.at.timestamp())
            extra = each.at in self.wanted.surplus
            to = ", ".join(f"@{handle}" for handle in each.handles) or "nobody"
            notes.add(at, f"{'✗ unexpected: ' if extra else ''}{each.transition} → {to}", "red" if extra else "")
        for step in run.transitions:
            if step.group == self.group:
                at = number(step.at.timestamp())
                if not at and step.old is State.NO_DATA and step.new is State.OK:
                    continue  # as every test begins
                notes.want([at], 1 if step.at in self.wanted.surplus else 2)
                notes.want([at - 1], 4)
        notes.want([number(each.at.timestamp()) for each in told], 2)
        if not notes.ranks and np.isfinite(run.values(self.group)).any():
            # Nothing happened: then it matters how near it came.
            notes.want([next_to_alerting(run, self.group)], 0)
        return notes

    def _note_span(self, notes: Notes, wanted: ExpectedNotification, first: int, last: int) -> None:
        text = f"✗ {wanted.transition} wanted"
        notes.add(max(first, 0), f"{text} {'here' if first == last else 'from here'}", "red")
        if first != last:
            notes.add(last, f"{text} until here", "red")
        notes.want([max(first, 0), last], 1)
