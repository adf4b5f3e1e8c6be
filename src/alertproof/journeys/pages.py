"""The pages of a journey's run, each with its vitals and the step that it was opened in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from alertproof.journal import PageSeen, StepSeen
from alertproof.journeys.routes import route_changes
from alertproof.journeys.vitals import PageRecord, read_vitals

__all__ = ["pages_seen"]

#: The browser's clock and ours are the same, but read at different moments.
_SKEW = timedelta(milliseconds=5)


def pages_seen(
    records: Iterable[PageRecord],
    steps: Sequence[StepSeen],
    *,
    began: datetime,
    busy: Sequence[tuple[float, float]] = (),
) -> tuple[PageSeen, ...]:
    """Return the pages in the order in which they began; ``began`` is the instant from which the steps' spans count.

    ``busy``: when we kept the page busy ourselves (epoch milliseconds); long tasks of then are not the page's own.
    """
    clean = [_without_ours(record, busy) for record in records]
    loads = [(record, False) for record in clean]
    routes = [(change, True) for record in clean for change in route_changes(record)]
    ordered = sorted([*loads, *routes], key=lambda one: one[0].origin)
    return tuple(_page(record, steps, began, soft=soft) for record, soft in ordered)


def _without_ours(record: PageRecord, busy: Sequence[tuple[float, float]]) -> PageRecord:
    kept = tuple(
        (at, lasted)
        for at, lasted in record.long_tasks
        if not any(begun <= record.origin + at <= ended for begun, ended in busy)
    )
    return record if kept == record.long_tasks else msgspec.structs.replace(record, long_tasks=kept)


def _page(record: PageRecord, steps: Sequence[StepSeen], start: datetime, *, soft: bool) -> PageSeen:
    began = timedelta(milliseconds=record.origin - start.timestamp() * 1000)
    inside = [step.name for step in steps if step.began - _SKEW <= began <= step.began + step.duration + _SKEW]
    vitals = read_vitals(record)
    return PageSeen(
        path=record.path,
        soft=soft,
        step=inside[0] if inside else "",
        began=max(began, timedelta(0)),
        ttfb=vitals.ttfb,
        fcp=vitals.fcp,
        lcp=vitals.lcp,
        lcp_element=vitals.lcp_element,
        cls=vitals.cls,
        inp=vitals.inp,
        inp_below=vitals.inp_below,
        load_event=vitals.load_event,
        long_tasks=vitals.long_tasks,
        blocking=vitals.blocking,
        unmeasured=vitals.unmeasured,
        unreported=vitals.unreported,
        lcp_parts=vitals.lcp_parts,
        inp_parts=vitals.inp_parts,
        resources=vitals.resources,
    )
