"""From what a browser reported of a page to the page's vitals. Pure; the definitions are those of web-vitals 6.

All numbers of a `PageRecord` are milliseconds since the page's navigation began, but for ``origin``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from alertproof.journal import InteractionParts, PaintParts, ResourcesSeen
from alertproof.journeys.parts import interaction_parts, paint_parts

__all__ = ["PageRecord", "Vitals", "cumulative_shift", "interaction_to_next_paint", "read_vitals"]

#: Layout shifts less than the gap apart belong to one session, which is shorter than the span.
_SESSION_GAP, _SESSION_SPAN = 1000.0, 5000.0
#: One interaction in so many may be slower than INP; only so many of the slowest are looked at.
_INTERACTIONS_PER_OUTLIER, _SLOWEST = 50, 10
#: The browser reports no event that was quicker, but for the first of a page.
_SHORTEST_EVENT = timedelta(milliseconds=16)
_LONG_TASK = 50.0
#: What is not known of a page whose browser does not report entries of a type.
_TOLD_BY = {"largest-contentful-paint": "LCP", "layout-shift": "CLS", "event": "INP", "longtask": "long tasks"}


class PageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the observers kept of one page load, so far or until it was left.

    ``origin`` is the instant of the navigation's start, epoch milliseconds. ``lcp``: (time, element); ``shifts``:
    (time, value, had recent input); ``events``: (interaction, duration); ``long_tasks``: (time, duration).
    ``lcp_loads``: (request's start, response's end) of each of ``lcp`` that has a resource; ``timings``: (interaction,
    start, duration, processing's start, its end); ``resources``: (type, party, count, bytes, summed duration).
    ``unsettled`` counts interactions whose paint had not come yet, ``interactions`` all of them. ``unsupported``: the
    types of entries that the browser never reports. ``softs``, the route changes: (time, path, interaction, first
    paint, interactions so far, largest paint so far); ``paints``: (interaction, its time, paint, element).
    """

    id: str
    origin: float
    path: str
    now: float
    fcp: float | None = None
    lcp: tuple[tuple[float, str], ...] = ()
    lcp_loads: tuple[tuple[float, float] | None, ...] = ()
    timings: tuple[tuple[int, float, float, float, float], ...] = ()
    resources: tuple[tuple[str, str, int, float, float], ...] = ()
    shifts: tuple[tuple[float, float, bool], ...] = ()
    events: tuple[tuple[int, float], ...] = ()
    long_tasks: tuple[tuple[float, float], ...] = ()
    first_input: float | None = None
    first_hidden: float | None = None
    interactions: int = 0
    unsettled: int = 0
    response_start: float = 0.0
    load_event_end: float = 0.0
    activation_start: float = 0.0
    unsupported: tuple[str, ...] = ()
    softs: tuple[tuple[float, str, int, float, int, tuple[float, str] | None], ...] = ()
    paints: tuple[tuple[int, float, float, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The vitals of a page; None: the browser reported none. The fields are those of `PageSeen`."""

    ttfb: timedelta | None
    fcp: timedelta | None
    lcp: timedelta | None
    lcp_element: str
    cls: float | None
    inp: timedelta | None
    inp_below: timedelta | None
    load_event: timedelta | None
    long_tasks: int
    blocking: timedelta
    unmeasured: int
    unreported: tuple[str, ...] = ()
    lcp_parts: PaintParts | None = None
    inp_parts: InteractionParts | None = None
    resources: tuple[ResourcesSeen, ...] = ()


def read_vitals(page: PageRecord) -> Vitals:
    """Return the vitals of a page."""
    hidden = float("inf") if page.first_hidden is None else page.first_hidden
    fcp = page.fcp if page.fcp is not None and page.fcp < hidden else None
    largest = _largest_paint(page, hidden)
    unreported = tuple(name for entry, name in _TOLD_BY.items() if entry in page.unsupported)
    inp = interaction_to_next_paint(page.events, page.interactions)
    silent = max(0, page.interactions - len({interaction for interaction, _ in page.events}))
    unmeasured = 0 if "INP" in unreported else min(page.unsettled, silent)
    # Nothing reported of interactions that all had the time to be: each was quicker than what is reported at all.
    quick = not inp and page.interactions > 0 and unmeasured == 0 and "INP" not in unreported
    return Vitals(
        ttfb=_since_activation(page, page.response_start if 0 < page.response_start < page.now else None),
        fcp=_since_activation(page, fcp),
        lcp=_since_activation(page, largest[0] if largest else None),
        lcp_element=largest[1] if largest else "",
        cls=None if fcp is None or "CLS" in unreported else cumulative_shift(page.shifts),
        inp=timedelta(milliseconds=inp) if inp else None,  # 0: less than half of the 8 ms that it is rounded to
        inp_below=_SHORTEST_EVENT if quick else None,
        load_event=_since_activation(page, page.load_event_end or None),
        long_tasks=len(page.long_tasks),
        blocking=timedelta(milliseconds=sum(max(0.0, duration - _LONG_TASK) for _, duration in page.long_tasks)),
        unmeasured=unmeasured,
        unreported=unreported,
        lcp_parts=_paint_parts(page, hidden),
        inp_parts=_interaction_parts(page, inp),
        resources=tuple(
            ResourcesSeen(type=kind, party=party, count=count, bytes=round(size), duration=_ms(duration))
            for kind, party, count, size, duration in sorted(page.resources)
        ),
    )


def _paint_parts(page: PageRecord, hidden: float) -> PaintParts | None:
    largest = _largest_paint(page, hidden)
    if largest is None or not 0 < page.response_start < page.now:
        return None
    place = max(place for place, paint in enumerate(page.lcp) if paint == largest)
    begun, ended = (page.lcp_loads[place] if place < len(page.lcp_loads) else None) or (None, None)
    first_byte = max(page.response_start, page.activation_start)
    delay, load, render = paint_parts(max(largest[0], first_byte), first_byte, begun, ended)
    return PaintParts(load_delay=_ms(delay), load_time=_ms(load), render_delay=_ms(render))


def _interaction_parts(page: PageRecord, inp: float | None) -> InteractionParts | None:
    """Return the parts of the interaction that INP is the duration of; the earliest of several."""
    chosen = next((one for one, _, duration, *_ in page.timings if inp and duration == inp), None)
    if chosen is None:
        return None
    events = [(start, duration, begun, ended) for one, start, duration, begun, ended in page.timings if one == chosen]
    waiting, processing, presenting = interaction_parts(events)
    return InteractionParts(
        input_delay=_ms(waiting), processing_duration=_ms(processing), presentation_delay=_ms(presenting)
    )


def _ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def _largest_paint(page: PageRecord, hidden: float) -> tuple[float, str] | None:
    """Return the last of the ever larger paints that came before the first input and while the page was shown."""
    until = min(hidden, float("inf") if page.first_input is None else page.first_input)
    return next((paint for paint in reversed(page.lcp) if paint[0] < until), None)


def cumulative_shift(shifts: Sequence[tuple[float, float, bool]]) -> float:
    """Return the worst session of layout shifts, without those that follow an input."""
    worst = session = first = last = 0.0
    for at, value, had_recent_input in shifts:
        if had_recent_input:
            continue
        if session and at - last < _SESSION_GAP and at - first < _SESSION_SPAN:
            session += value
        else:
            session, first = value, at
        last = at
        worst = max(worst, session)
    return worst


def interaction_to_next_paint(events: Sequence[tuple[int, float]], interactions: int) -> float | None:
    """Return the duration of the slowest interaction, one in fifty left aside; None without any.

    An interaction is as slow as the slowest of its events. ``interactions`` is their number, also of those so
    quick that no event of theirs was reported.
    """
    slowest: dict[int, float] = {}
    for interaction, duration in events:
        slowest[interaction] = max(duration, slowest.get(interaction, 0.0))
    durations = sorted(slowest.values(), reverse=True)[:_SLOWEST]
    if not durations:
        return None
    return durations[min(len(durations) - 1, interactions // _INTERACTIONS_PER_OUTLIER)]


def _since_activation(page: PageRecord, at: float | None) -> timedelta | None:
    return None if at is None else timedelta(milliseconds=max(0.0, at - page.activation_start))
