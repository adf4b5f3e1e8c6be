"""Route changes inside of a document (soft navigations), each as a page of its own with its own vitals. Pure.

Chromium reports one where an interaction changed the address and painted something. The definitions are those of
web-vitals 6 with ``reportSoftNavs``: FCP and LCP count from the navigation's start and are of what the interaction
painted anew; CLS and INP count what comes after it. There is no first byte: the library calls it 0, we call it unknown.
"""

from __future__ import annotations

import msgspec

from alertproof.journeys.vitals import PageRecord

__all__ = ["route_changes"]


def route_changes(record: PageRecord) -> tuple[PageRecord, ...]:
    """Return what the observers kept of each route change of a document, as if it were a page load.

    The interaction that began one belongs to the view that it was made in, as all that came before.
    """
    return tuple(_part(record, place) for place in range(len(record.softs)))


def _part(record: PageRecord, place: int) -> PageRecord:
    at, path, interaction, painted, count, largest = record.softs[place]
    following = record.softs[place + 1] if place + 1 < len(record.softs) else None
    until = following[0] if following else record.now
    trigger = following[2] if following else 0
    paints = [] if largest is None else [largest]
    paints += [
        (rendered, element)
        for one, begun, rendered, element in record.paints
        if one == interaction and begun >= at and rendered and (rendered, element) not in paints
    ]
    timings = tuple(
        (one, start - at, lasted, begun - at, ended - at)
        for one, start, lasted, begun, ended in record.timings
        if one != interaction and (one == trigger or at <= start < until)
    )
    return msgspec.structs.replace(
        record,
        id=f"{record.id} {place}",
        origin=record.origin + at,
        path=path,
        now=until - at,
        fcp=max(0.0, painted - at) if painted else None,
        lcp=tuple((max(0.0, rendered - at), element) for rendered, element in sorted(paints)),
        lcp_loads=(),
        timings=timings,
        events=tuple((one, lasted) for one, _, lasted, _, _ in timings),
        shifts=tuple((when - at, value, recent) for when, value, recent in record.shifts if at <= when < until),
        long_tasks=tuple((when - at, lasted) for when, lasted in record.long_tasks if at <= when < until),
        resources=(),
        first_input=None,
        first_hidden=None if record.first_hidden is None or record.first_hidden < at else record.first_hidden - at,
        interactions=max(0, (following[4] if following else record.interactions) - count),
        unsettled=0 if following else record.unsettled,
        response_start=0.0,
        load_event_end=0.0,
        activation_start=0.0,
        softs=(),
        paints=(),
    )
