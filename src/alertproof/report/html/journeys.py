"""A journey's section: its vitals, its waterfall, its pages, and what it left when it failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import quote

from alertproof.journal import Artifact, JourneyJournal, PageSeen, Sampled
from alertproof.report.html.drawing import Drawing, draw_gauge, draw_journey
from alertproof.report.html.drawing.waterfall import pages_of_steps
from alertproof.report.html.past import PastView, Recall
from alertproof.report.html.tiles import Tile
from alertproof.report.names import parse_name
from alertproof.report.ratings import VITALS, Rating, VitalSeen, vitals_of
from alertproof.report.summary import JourneyRow, journey_row, journey_sentence
from alertproof.report.summary.unmet import red_first, rest_of_reason
from alertproof.report.words import NOTHING, counted, duration
from alertproof.verdict import Expectation

__all__ = ["JourneyView", "PageView", "SampleView", "journey_view", "relative_link"]

#: As Lighthouse marks them: each rating has a form of its own.
_MARKS = {Rating.GOOD: "●", Rating.NEEDS_IMPROVEMENT: "■", Rating.POOR: "▲"}
_CLASSES = {Rating.GOOD: "good", Rating.NEEDS_IMPROVEMENT: "middling", Rating.POOR: "poor"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """One page load; ``vitals`` are words, mark and class, in the order of `VITALS`."""

    page: PageSeen
    vitals: tuple[tuple[str, str, str], ...]
    loaded: str
    blocked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """What the runs of a journey measured of a step or of a page's vital, in words; ``css`` is the verdict's class."""

    what: str
    where: str
    p75: str
    interval: str
    limit: str
    runs: int
    verdict: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyView:
    """A journey's section; ``links`` are its artifacts with an address, empty for one that leads elsewhere."""

    place: str
    journey: JourneyJournal
    name: str
    row: JourneyRow
    sentence: str
    reason: str
    tiles: tuple[Tile, ...]
    drawing: Drawing | None
    description: str
    pages: tuple[PageView, ...]
    samples: tuple[SampleView, ...]
    links: tuple[tuple[Artifact, str], ...]
    expectations: tuple[Expectation, ...]
    past: PastView | None


def journey_view(journey: JourneyJournal, *, place: str, recall: Recall) -> JourneyView:
    """Return a journey as its section shows it; ``place`` is its anchor."""
    told, said = journey_row(journey), journey_sentence(journey)
    return JourneyView(
        place=place,
        journey=journey,
        name=" · ".join(filter(None, (journey.tenant, parse_name(journey.check).module))),
        row=told,
        sentence=said,
        reason=rest_of_reason(journey, said),
        tiles=tuple(_tile(short, seen, journey) for short, seen in told.vitals) if journey.pages else (),
        drawing=draw_journey(journey) if journey.steps else None,
        description=_description(journey),
        pages=tuple(_page(page) for pages in pages_of_steps(journey) for page in pages),
        samples=tuple(map(_sample, journey.samples)),
        links=tuple((artifact, relative_link(artifact.path)) for artifact in journey.artifacts),
        expectations=red_first(journey.expectations),
        past=recall.of(journey.check),
    )


def _tile(short: str, seen: VitalSeen | None, journey: JourneyJournal) -> Tile:
    name = next(vital.name.lower() for vital in VITALS if vital.short == short)
    if seen is None:
        why = "nobody interacted" if short == "INP" else "the browser reported none"
        return Tile(name=short, value=NOTHING, lines=(name, why))
    unmeasured = sum(page.unmeasured for page in journey.pages) if short == "INP" else 0
    left = (f"{counted(unmeasured, 'interaction')} left the page unmeasured",) if unmeasured else ()
    where = (
        seen.page.path
        if len(journey.pages) == 1
        else f"worst of {counted(len(journey.pages), 'page')}: {seen.page.path}"
    )
    return Tile(
        name=short,
        value=seen.words,
        mark=f"{_MARKS[seen.rating]} {seen.rating}",
        css=_CLASSES[seen.rating],
        drawing=draw_gauge(seen),
        lines=(name, where, *left),
    )


def _page(page: PageSeen) -> PageView:
    found = {seen.vital.short: seen for seen in vitals_of(page)}
    vitals = [found.get(vital.short) for vital in VITALS]
    tasks = f"{counted(page.long_tasks, 'long task')}, {duration(page.blocking)} blocked"
    return PageView(
        page=page,
        vitals=tuple(
            (seen.words, _MARKS[seen.rating], _CLASSES[seen.rating]) if seen else (NOTHING, "", "") for seen in vitals
        ),
        loaded=duration(page.load_event) if page.load_event is not None else NOTHING,
        blocked=tasks if page.long_tasks else NOTHING if "long tasks" in page.unreported else "none",
    )


def _sample(sampled: Sampled) -> SampleView:
    def said(value: float | None) -> str:
        if value is None:
            return NOTHING
        return f"{value:.3f}" if sampled.name == "CLS" else duration(timedelta(seconds=value))

    step = sampled.name == "duration"
    verdict, css = _within(sampled)
    return SampleView(
        what=sampled.step if step else sampled.name,
        where="step" if step else " · ".join(filter(None, (sampled.path, sampled.step))),
        p75=said(sampled.p75),
        interval=NOTHING if sampled.low is None else f"{said(sampled.low)} to {said(sampled.high)}",
        limit=said(sampled.limit),
        runs=len(sampled.values),
        verdict=verdict,
        css=css,
    )


def _within(sampled: Sampled) -> tuple[str, str]:
    """Return where the interval lies by the limit, in words, and the class of that."""
    if sampled.limit is None:
        return "no limit", ""
    if sampled.low is None or sampled.high is None:
        return "too few runs", ""
    if sampled.high <= sampled.limit:
        return f"{_MARKS[Rating.GOOD]} met", "good"
    if sampled.low > sampled.limit:
        return f"{_MARKS[Rating.POOR]} not met", "poor"
    return f"{_MARKS[Rating.NEEDS_IMPROVEMENT]} nobody can tell", "middling"


def _description(journey: JourneyJournal) -> str:
    """Return the waterfall in words, for those who cannot see it."""
    steps = "; ".join(
        f"{step.name} {duration(step.duration)}{', ' + step.trouble if step.trouble else ''}"
        for step in journey.steps[:20]
    )
    return f"Steps in order: {steps or 'none'}. {counted(len(journey.pages), 'page')} loaded."


def relative_link(path: str) -> str:
    """Return an address for a file inside the folder of reports; empty for a path that leads anywhere else."""
    pure = PurePosixPath(path)
    if not path or "\\" in path or pure.is_absolute() or ".." in pure.parts or not pure.parts:
        return ""
    try:
        return "/".join(quote(part, safe="") for part in pure.parts)
    except UnicodeEncodeError:
        return ""
