"""A drill's section: its numbers, its timeline, and what happened in order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from alertproof.journal import DrillJournal, IncidentSeen
from alertproof.report import words
from alertproof.report.html.drawing import Drawing, draw_drill
from alertproof.report.html.past import PastView, Recall
from alertproof.report.html.tiles import Tile
from alertproof.report.moments import moments, origin
from alertproof.report.summary import Row, row, sentence
from alertproof.report.summary.unmet import rest_of_reason
from alertproof.verdict import Verdict

__all__ = ["DrillView", "drill_view", "incident_times"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A line of the timeline's table."""

    kind: str
    stack: str
    real: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillView:
    """A drill's section."""

    place: str
    drill: DrillJournal
    row: Row
    sentence: str
    reason: str
    drawing: Drawing | None
    description: str
    tiles: tuple[Tile, ...]
    happened: tuple[Happened, ...]
    past: PastView | None


def drill_view(drill: DrillJournal, *, place: str, recall: Recall) -> DrillView:
    """Return a drill as its section shows it; ``place`` is its anchor."""
    said = sentence(drill)
    return DrillView(
        place=place,
        drill=drill,
        row=row(drill),
        sentence=said,
        reason=rest_of_reason(drill, said),
        drawing=draw_drill(drill) if drill.readings or moments(drill) else None,
        description=_description(drill),
        tiles=_tiles(drill),
        happened=_happened(drill),
        past=recall.of(drill.check),
    )


def _tiles(drill: DrillJournal) -> tuple[Tile, ...]:
    allowed = (f"allowed: {drill.allowed}",) if drill.allowed else ()
    computed = (f"the monitor's own query says {drill.computed}",) if drill.computed else ()
    said = row(drill)
    return (
        _time_tile(drill, "Time to detect", drill.time_to_detect, said.detected, (*allowed, *computed)),
        _time_tile(drill, "Time to page", drill.time_to_page, _without_page(drill), ()),
        _time_tile(drill, "Time to resolve", drill.time_to_resolve, said.resolved, ()),
        _peak(drill),
    )


def _time_tile(drill: DrillJournal, name: str, span: timedelta | None, without: str, lines: tuple[str, ...]) -> Tile:
    if span is None:
        return Tile(name=name, value=without, lines=lines)
    real = () if drill.factor == 1 else (f"{words.real_time(span, drill.factor)} of real time",)
    after = ("after the revert",) if name == "Time to resolve" else ()
    return Tile(name=name, value=words.duration(span), lines=(*real, *after, *lines))


def _without_page(drill: DrillJournal) -> str:
    if drill.verdict in {Verdict.BROKEN, Verdict.SKIPPED}:
        return "—"
    return "not recorded" if drill.incidents else "nobody paged"


def _peak(drill: DrillJournal) -> Tile:
    values = [reading.value for reading in drill.readings if math.isfinite(reading.value)]
    return Tile(
        name=f"Highest {drill.indicator}",
        value=words.quantity(max(values), drill.unit) if values else "no reading",
        lines=(f"threshold {words.quantity(drill.threshold, drill.unit)}",),
    )


def _happened(drill: DrillJournal) -> tuple[Happened, ...]:
    zero = origin(drill)
    return tuple(
        Happened(
            kind=moment.kind,
            stack=words.relative(moment.at - zero),
            real=words.real_time(moment.at - zero, drill.factor),
            what=moment.label,
            detail=moment.detail,
        )
        for moment in moments(drill)
    )


def _description(drill: DrillJournal) -> str:
    """Return the drawing in words, for those who cannot see it."""
    flagged = [f"{moment.label} {words.relative(moment.at - origin(drill))}" for moment in moments(drill)]
    counted = "; ".join(flagged[:20]) or "nothing happened"
    peak = _peak(drill)
    return f"Timeline from the fault on: {counted}. {peak.name}: {peak.value}, {peak.lines[0]}."


def incident_times(drill: DrillJournal, incident: IncidentSeen) -> tuple[str, str]:
    """Return when an incident was opened and resolved, from the fault on."""
    opened = words.relative(incident.opened_at - origin(drill))
    if incident.resolved_at is None:
        return opened, "still open"
    return opened, words.relative(incident.resolved_at - origin(drill))
