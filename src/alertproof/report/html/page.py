"""What the HTML page shows, in the order it shows it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from alertproof.journal import DrillJournal, IncidentSeen
from alertproof.report import words
from alertproof.report.html.drawing import Drawing, draw
from alertproof.report.model import Report
from alertproof.report.moments import moments, origin
from alertproof.report.summary import Row, headline, row, sentence, sorted_drills
from alertproof.verdict import Expectation, Verdict

__all__ = ["render_html"]

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_AMOUNT = re.compile(r"(?:[<>] )?\(?\d[\d,.]*(?: (?:ms|s|min|h|d|%)(?!\w)(?: \d+ (?:s|min|h)\b)?)(?: real\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tile:
    """A number to be read from across the room: what, how much, and what belongs to it."""

    name: str
    value: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happened:
    """A line of the timeline's table."""

    kind: str
    stack: str
    real: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _DrillView:
    """A drill's section."""

    place: str
    drill: DrillJournal
    row: Row
    sentence: str
    drawing: Drawing | None
    description: str
    tiles: tuple[_Tile, ...]
    happened: tuple[_Happened, ...]


def render_html(report: Report) -> str:
    """Return the report as one self-contained HTML page.

    Every text of the report is escaped. The page forbids itself every request and script by its own
    Content-Security-Policy.
    """
    drills = sorted_drills(report)
    # The place in the sorted list is the anchor: names of drills may hold anything.
    views = [_view(drill, place=f"drill-{number}") for number, drill in enumerate(drills, start=1)]
    page = _environment().get_template("report.html.j2")
    return page.render(
        report=report,
        headline=headline(report),
        views=views,
        factors=sorted({drill.factor for drill in drills if drill.factor != 1}),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("alertproof.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=words.duration,
        instant=words.instant,
        marked=words.marked,
        number=words.number,
        unbroken=_unbroken,
    )
    environment.globals.update(met_class=_met_class, met_words=_met_words, incident_times=_incident_times)
    return environment


def _visible(value: object) -> object:
    """Return a text with a mark for each character that neither HTML nor SVG may hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _view(drill: DrillJournal, *, place: str) -> _DrillView:
    return _DrillView(
        place=place,
        drill=drill,
        row=row(drill),
        sentence=sentence(drill),
        drawing=draw(drill) if drill.readings or moments(drill) else None,
        description=_description(drill),
        tiles=_tiles(drill),
        happened=_happened(drill),
    )


def _tiles(drill: DrillJournal) -> tuple[_Tile, ...]:
    allowed = (f"allowed: {drill.allowed}",) if drill.allowed else ()
    computed = (f"the monitor's own query says {drill.computed}",) if drill.computed else ()
    said = row(drill)
    return (
        _time_tile(drill, "Time to detect", drill.time_to_detect, said.detected, (*allowed, *computed)),
        _time_tile(drill, "Time to page", drill.time_to_page, _without_page(drill), ()),
        _time_tile(drill, "Time to resolve", drill.time_to_resolve, said.resolved, ()),
        _peak(drill),
    )


def _time_tile(drill: DrillJournal, name: str, span: timedelta | None, without: str, lines: tuple[str, ...]) -> _Tile:
    if span is None:
        return _Tile(name=name, value=without, lines=lines)
    real = () if drill.factor == 1 else (f"{words.real_time(span, drill.factor)} of real time",)
    after = ("after the revert",) if name == "Time to resolve" else ()
    return _Tile(name=name, value=words.duration(span), lines=(*real, *after, *lines))


def _without_page(drill: DrillJournal) -> str:
    if drill.verdict in {Verdict.BROKEN, Verdict.SKIPPED}:
        return "—"
    return "not recorded" if drill.incidents else "nobody paged"


def _peak(drill: DrillJournal) -> _Tile:
    values = [reading.value for reading in drill.readings if math.isfinite(reading.value)]
    return _Tile(
        name=f"Highest {drill.indicator}",
        value=words.quantity(max(values), drill.unit) if values else "no reading",
        lines=(f"threshold {words.quantity(drill.threshold, drill.unit)}",),
    )


def _happened(drill: DrillJournal) -> tuple[_Happened, ...]:
    zero = origin(drill)
    return tuple(
        _Happened(
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


def _unbroken(text: str) -> str:
    """Return a text whose numbers keep to their units: ``2 min 40 s`` stays on one line."""
    return _AMOUNT.sub(lambda amount: amount[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def _met_class(expected: Expectation) -> str:
    return {True: "met", False: "unmet", None: "unreached"}[expected.met]


def _met_words(expected: Expectation) -> str:
    return {True: "✓ met", False: "✗ not met", None: "○ not reached"}[expected.met]


def _incident_times(drill: DrillJournal, incident: IncidentSeen) -> tuple[str, str]:
    """Return when an incident was opened and resolved, from the fault on."""
    opened = words.relative(incident.opened_at - origin(drill))
    if incident.resolved_at is None:
        return opened, "still open"
    return opened, words.relative(incident.resolved_at - origin(drill))
