"""What the status page shows, in the order it shows it: what is wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertproof.ranks import nearest
from alertproof.report.html.drawing import Drawing
from alertproof.report.html.tiles import Tile
from alertproof.report.names import parse_name
from alertproof.report.ratings import VITALS, Rating
from alertproof.report.status.drawing import draw_latency, draw_uptime, slots
from alertproof.report.words import MINUS, NOTHING, ago, as_sentence, counted, duration, gist, listing, number
from alertproof.schedule.availability import Availability, Judged, availability, judge
from alertproof.schedule.outages import Outage, outages, standing
from alertproof.schedule.record import Gap, PlannedCheck, ScheduledRun
from alertproof.verdict import Verdict

__all__ = ["CheckView", "OutageView", "PageView", "page_view"]

_OUTAGES = 20
_FEW = 20
_SMALL, _SMALL_WIDTH = 30, 330.0  # parts, and pixels
_RATED = {Rating.GOOD: "good", Rating.NEEDS_IMPROVEMENT: "middling", Rating.POOR: "poor"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageView:
    """An outage in words."""

    outage: Outage
    title: str
    lasted: str
    reason: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One check at all its locations. ``state`` is up, degraded, down, unknown or quarantined."""

    place: str
    title: str
    name: str
    kind: str
    state: str
    words: str
    locations: tuple[str, ...]
    uptime: str
    uptime_drawing: Drawing
    small: Drawing
    uptime_words: str
    latency: Drawing | None
    tiles: tuple[Tile, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """The page: a sentence on all of it, the checks, the outages."""

    state: str
    sentence: str
    tiles: tuple[Tile, ...]
    checks: tuple[CheckView, ...]
    outages: tuple[OutageView, ...]
    more_outages: int
    locations: tuple[str, ...]
    last: str


def page_view(
    checks: Sequence[PlannedCheck],
    runs: Sequence[ScheduledRun],
    gaps: Sequence[Gap],
    *,
    since: datetime,
    until: datetime,
    objective: float,
) -> PageView:
    """Return the page of what is run now; what is run no more is left out."""
    names = sorted({check.name for check in checks})
    ended = [run for run in runs if run.ended is not None and run.check in set(names)]
    gathered: dict[str, list[ScheduledRun]] = {name: [] for name in names}
    for run in ended:
        gathered[run.check].append(run)
    views: list[CheckView] = []
    broken: list[Outage] = []
    for name in names:
        plans = [check for check in checks if check.name == name]
        own = [gap for gap in gaps if gap.check == name]
        builder = _Builder(plans, gathered[name], own, since=since, until=until, objective=objective)
        views.append(builder.view(f"check-{len(views) + 1}"))
        broken += builder.outages
    order = {"down": 0, "unknown": 1, "degraded": 2, "quarantined": 3, "up": 4}
    views.sort(key=lambda view: (order[view.state], view.title))
    whole = availability(ended, [gap for gap in gaps if gap.check in set(names)])
    broken.sort(key=lambda one: one.since, reverse=True)
    places = {view.name: view for view in views}
    last = max((run.ended for run in ended if run.ended is not None), default=None)
    return PageView(
        state=views[0].state if views else "unknown",
        sentence=_sentence(views),
        tiles=tuple(_overall(whole, judge(whole, objective), views, broken)),
        checks=tuple(views),
        outages=tuple(_outage_view(one, places[one.check], until) for one in broken[:_OUTAGES]),
        more_outages=max(0, len(broken) - _OUTAGES),
        locations=tuple(sorted({check.location for check in checks})),
        last=f"{last:%Y-%m-%d %H:%M:%S} UTC, {ago(until - last)}" if last is not None else "no run yet",
    )


def _overall(seen: Availability, judged: Judged, views: Sequence[CheckView], broken: Sequence[Outage]) -> list[Tile]:
    """Return what may be said of all checks together; latencies of different checks make no common percentile."""
    states = [view.state for view in views]
    lines = tuple(
        f"{states.count(state)} {state}" for state in ("down", "unknown", "degraded", "quarantined") if state in states
    )
    lasting = sum(one.until is None for one in broken)
    return [
        _availability_tile(seen, judged),
        _budget_tile(seen, judged),
        # What is degraded answers: it is up, and said to be slow or large besides.
        Tile(name="Checks up", value=f"{states.count('up') + states.count('degraded')} of {len(states)}", lines=lines),
        Tile(name="Incidents", value=str(len(broken)), lines=(f"{lasting} going on",) if lasting else ()),
    ]


def _sentence(views: Sequence[CheckView]) -> str:
    if not views:
        return "Nothing is watched yet"
    down = [view for view in views if view.state == "down"]
    if down:
        return f"Failing: {down[0].title}" if len(down) == 1 else f"{len(down)} of {len(views)} checks are failing"
    unknown = sum(view.state == "unknown" for view in views)
    if unknown:
        return f"Of {unknown} of {counted(len(views), 'check')} nobody can tell now"
    degraded = [view for view in views if view.state == "degraded"]
    if degraded:
        many = f"{len(degraded)} of {counted(len(views), 'check')} are degraded"
        return f"Degraded: {degraded[0].title}" if len(degraded) == 1 else many
    return "All checks pass" if len(views) > 1 else "The check passes"


def _outage_view(outage: Outage, view: CheckView, until: datetime) -> OutageView:
    lasted = duration((outage.until or until) - outage.since)
    return OutageView(
        outage=outage,
        title=view.title,
        lasted=lasted if outage.until is not None else f"{lasted} so far",
        reason=gist(outage.reason),
        place=view.place,
    )


class _Builder:
    def __init__(
        self,
        plans: Sequence[PlannedCheck],
        runs: Sequence[ScheduledRun],
        gaps: Sequence[Gap],
        *,
        since: datetime,
        until: datetime,
        objective: float,
    ) -> None:
        self._plans, self._runs, self._gaps = plans, runs, gaps
        self._since, self._until, self._objective = since, until, objective
        every = {plan.location: plan.timetable.every for plan in plans}
        self.outages = outages(runs, locations=every, at=until)
        self._standing = standing(runs, locations=every, at=until)

    def view(self, place: str) -> CheckView:
        plan, seen = self._plans[0], availability(self._runs, self._gaps)
        parts = slots(self._runs, self._since, self._until)
        name = parse_name(plan.name)
        return CheckView(
            place=place,
            title=f"{name.title} ({name.parameters})" if name.parameters else name.title,
            name=plan.name,
            kind=plan.kind,
            state=self._state(),
            words={"quarantined": "in quarantine", "degraded": "passing, but degraded"}.get(
                self._state(), self._standing.words
            ),
            locations=tuple(f"{where}: {said}" for where, said in sorted(self._standing.locations.items())),
            uptime=_uptime(seen),
            uptime_drawing=draw_uptime(parts),
            small=draw_uptime(slots(self._runs, self._since, self._until, many=_SMALL), width=_SMALL_WIDTH),
            uptime_words=_counts(seen),
            latency=draw_latency(parts, self._since, self._until),
            tiles=tuple(_tiles(seen, judge(seen, self._objective), self._runs)),
            notes=tuple(self._notes(seen)),
        )

    def _state(self) -> str:
        if any(plan.quarantined(self._until) for plan in self._plans):
            return "quarantined"
        if self._standing.failing is False and self._last_degraded():
            return "degraded"
        return {True: "down", False: "up", None: "unknown"}[self._standing.failing]

    def _last_degraded(self) -> bool:
        """Whether the newest run was degraded, of those that told something."""
        told = (run for run in reversed(self._runs) if run.verdict in {Verdict.PASSED, Verdict.FAILED})
        return next((run.degraded for run in told if not run.quarantined), False)

    def _notes(self, seen: Availability) -> list[str]:
        notes = [
            f"In quarantine until {known.until} ({known.owner}): {known.why}. Its failures count nowhere."
            for plan in self._plans[:1]
            if (known := plan.quarantine) is not None and plan.quarantined(self._until)
        ]
        if seen.degraded:
            last = next(run for run in reversed(self._runs) if run.degraded)
            notes.append(f"{counted(seen.degraded, 'run')} passed degraded, last: {as_sentence(last.reason[:200])}")
        if seen.flaky:
            notes.append(
                f"{counted(seen.flaky, 'run')} passed only after an attempt that the runner's own trouble ended."
            )
        if seen.unknown:
            last = next(run for run in reversed(self._runs) if run.verdict is Verdict.BROKEN)
            notes.append(f"{counted(seen.unknown, 'run')} could not tell, last: {as_sentence(gist(last.reason)[:200])}")
        whys = sorted({gap.why for gap in self._gaps})
        if whys:
            notes.append(f"{counted(seen.missed, 'slot')} not run: {listing(whys)}.")
        every = listing(sorted({duration(plan.timetable.every) for plan in self._plans}))
        notes.append(f"Runs each {every} at {listing(sorted(plan.location for plan in self._plans))}.")
        return notes


def _uptime(seen: Availability) -> str:
    if seen.share is None:
        return NOTHING
    # Never round up to a hundred what is none.
    share = seen.share * 100
    return "100 %" if seen.bad == 0 else f"{min(share, 99.999):.3f} %".replace("-", MINUS)


def _counts(seen: Availability) -> str:
    parts = [f"{seen.n:,} runs told", f"{seen.bad:,} failed"]
    parts += [
        f"{many:,} {word}"
        for many, word in (
            (seen.unknown, "could not tell"),
            (seen.missed, "not run"),
            (seen.degraded, "degraded"),
            (seen.flaky, "flaky"),
            (seen.quarantined, "in quarantine"),
        )
        if many
    ]
    return ", ".join(parts)


def _tiles(seen: Availability, judged: Judged, runs: Sequence[ScheduledRun]) -> list[Tile]:
    tiles = [_availability_tile(seen, judged), _budget_tile(seen, judged)]
    took = sorted(run.took.total_seconds() for run in runs if run.took is not None and run.verdict is Verdict.PASSED)
    if took:
        few = "" if len(took) >= _FEW else f"of {counted(len(took), 'run')} only: p95 is the longest"
        p50, p95 = (duration(timedelta(seconds=nearest(took, share))) for share in (0.5, 0.95))
        tiles.append(Tile(name="Latency p50", value=p50, lines=(f"of {len(took):,} runs that passed",)))
        tiles.append(Tile(name="Latency p95", value=p95, lines=(few,) if few else ()))
    return tiles + _vital_tiles(runs)


def _availability_tile(seen: Availability, judged: Judged) -> Tile:
    mark, css = {True: ("met", "good"), False: ("missed", "poor"), None: ("too few runs to tell", "middling")}[
        judged.met
    ]
    if judged.met is None and seen.doubtful:
        mark = "too many runs are missing to tell"
    lines = [f"objective {number(judged.objective * 100)} %; {seen.n:,} runs told"]
    if judged.met is None and not seen.doubtful:
        lines.append(f"it takes {judged.needed:,} runs without a failure to show it")
    return Tile(name="Availability", value=_uptime(seen), lines=tuple(lines), mark=mark, css=css)


def _budget_tile(seen: Availability, judged: Judged) -> Tile:
    if judged.budget < 1:
        said = f"{seen.n:,} runs allow less than one failure"
        return Tile(name="Error budget", value=f"{seen.bad:,} failed", lines=(said,))
    left = 1 - judged.spent
    value = f"{left * 100:.0f} % left" if left >= 0 else f"{-left * 100:.0f} % over"
    return Tile(
        name="Error budget",
        value=value,
        lines=(f"{seen.bad:,} of {judged.budget:,.1f} failures that {seen.n:,} runs allow",),
        mark="" if left >= 0 else "spent",
        css="good" if left >= 0 else "poor",
    )


def _vital_tiles(runs: Sequence[ScheduledRun]) -> list[Tile]:
    tiles = []
    for vital in VITALS:
        values = sorted(
            value
            for run in runs
            if run.vitals is not None and (value := getattr(run.vitals, vital.short.lower())) is not None
        )
        if not values:
            continue
        p75 = nearest(values, 0.75)
        rating = vital.rate(p75)
        tiles.append(
            Tile(
                name=f"{vital.short} p75",
                value=f"{p75:.2g}" if vital.short == "CLS" else duration(timedelta(milliseconds=p75)),
                lines=(f"of {counted(len(values), 'run')}",),
                mark=str(rating),
                css=_RATED[rating],
            )
        )
    return tiles
