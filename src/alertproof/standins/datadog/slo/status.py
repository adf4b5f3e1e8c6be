"""How an SLO does over a span of time: its SLI and what is left of its error budget, without what is left out.

An SLO over monitors is computed from the transitions that the account's monitors have made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from alertproof.datadog import ScalarQuery, formula_points, formula_values
from alertproof.datadog.downtime_payload import zone_called
from alertproof.datadog.recurrence import occurrences, read_recurrence
from alertproof.datadog.slo import MonitorSlo, Objective, Slo, TimeSliceSlo
from alertproof.errors import AlertproofError, NotModelled
from alertproof.standins.datadog.eventplatform.events import EventLog
from alertproof.standins.datadog.slo.book import Correction
from alertproof.standins.datadog.wire import ApiError
from alertproof.telemetry.series import SeriesStore

__all__ = ["Counted", "Spans", "as_status", "counted", "spans_left"]

_MINUTE = timedelta(minutes=1)
Spans = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Good and total: events, or seconds; ``unit`` says which."""

    good: float
    total: float
    unit: str

    @property
    def sli(self) -> float | None:
        """The share of good in percent, None where there is nothing."""
        return 100 * self.good / self.total if self.total > 0 else None

    def budget_left(self, target: float) -> float | None:
        """Return the share of the error budget that is left in percent; below 0 it is overspent."""
        allowed = self.total * (100 - target) / 100
        return 100 * (1 - (self.total - self.good) / allowed) if self.total > 0 else None

    def state(self, target: float, warning: float | None) -> str:
        """Return ``ok``, ``warning``, ``breached`` or ``no_data``."""
        if self.sli is None:
            return "no_data"
        if self.sli < target:
            return "breached"
        return "warning" if warning is not None and self.sli < warning else "ok"


def spans_left(start: datetime, end: datetime, corrections: Iterable[Correction]) -> Spans:
    """Return what corrections leave of ``[start, end)``, in order."""
    left = [(start, end)]
    for correction in corrections:
        for low, high in _times(correction, start, end):
            left = [part for span in left for part in _without(span, low, high)]
    return left


def _without(span: tuple[datetime, datetime], low: datetime, high: datetime) -> Iterator[tuple[datetime, datetime]]:
    start, end = span
    for part in ((start, min(end, low)), (max(start, high), end)):
        if part[0] < part[1]:
            yield part


def _times(correction: Correction, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    given = correction.attributes
    begin = datetime.fromtimestamp(given["start"], UTC)
    if not given.get("rrule"):
        last = given.get("end")
        yield begin, end if last is None else datetime.fromtimestamp(last, UTC)
        return
    zone, length = zone_called(given.get("timezone") or "UTC"), timedelta(seconds=given["duration"])
    local = begin.astimezone(zone).replace(tzinfo=None)
    first, last = ((at.astimezone(zone).replace(tzinfo=None)) for at in (start - length, end))
    for at in occurrences(read_recurrence(given["rrule"], zone), local, first, last):
        began = at.replace(tzinfo=zone).astimezone(UTC)
        yield began, began + length


def counted(slo: Objective, spans: Spans, store: SeriesStore, events: EventLog) -> Counted:
    """Count what was good in some spans; raises `ApiError` 400 for queries that are not modelled."""
    try:
        if isinstance(slo, Slo):
            return _events(slo, spans, store)
        if isinstance(slo, TimeSliceSlo):
            return _slices(slo, spans, store)
        if isinstance(slo, MonitorSlo):
            return _uptime(slo, spans, events)
    except AlertproofError as error:
        raise ApiError(400, str(error)) from error
    raise NotModelled(f"an SLO of {type(slo).__name__}")


def _events(slo: Slo, spans: Spans, store: SeriesStore) -> Counted:
    good = total = 0.0
    for start, end in spans:
        sums = [
            sum(
                formula_values(
                    "q", {"q": ScalarQuery(text, "sum")}, store, start=start, end=end, interval=_MINUTE
                ).values()
            )
            for text in (slo.numerator, slo.denominator)
        ]
        good, total = good + sums[0], total + sums[1]
    return Counted(good=good, total=total, unit="requests")


def _slices(slo: TimeSliceSlo, spans: Spans, store: SeriesStore) -> Counted:
    """Count the seconds of slices that were up; those without data are up [SLICE]."""
    length, good, total = slo.slice_length.total_seconds(), 0.0, 0.0
    for start, end in spans:
        first, last = np.ceil(start.timestamp() / length) * length, end.timestamp() // length * length
        count = max(0.0, (last - first) / length)
        down: set[float] = set()
        for points in formula_points(
            slo.formula, dict(slo.queries), store, start=start, end=end, interval=slo.slice_length
        ):
            whole = points.times < last
            down |= set(points.times[whole & ~slo.is_up(points.values)].tolist())
        good, total = good + (count - len(down)) * length, total + count * length
    return Counted(good=good, total=total, unit="seconds")


def _uptime(slo: MonitorSlo, spans: Spans, events: EventLog) -> Counted:
    """Count the seconds in which none of the monitors' groups was in Alert."""
    wanted = {int(name) for name in slo.monitors}
    groups = {tuple(str(tag) for tag in group) for group in slo.groups}
    bad: dict[tuple[int, tuple[str, ...]], datetime] = {}
    down: list[tuple[datetime, datetime]] = []
    latest = max((end for _, end in spans), default=datetime.min.replace(tzinfo=UTC))
    for event in sorted(events, key=lambda kept: (kept.at, kept.id)):
        if event.monitor is None or event.monitor["id"] not in wanted:
            continue
        key = (event.monitor["id"], tuple(event.monitor["groups"]))
        if groups and key[1] not in groups:
            continue
        if event.status == "error":
            bad.setdefault(key, event.at)
        elif key in bad:
            down.append((bad.pop(key), event.at))
    down += [(since, latest) for since in bad.values()]
    total = sum(((end - start).total_seconds() for start, end in spans), 0.0)
    up: Spans = list(spans)
    for low, high in down:
        up = [part for span in up for part in _without(span, low, high)]
    good = sum(((end - start).total_seconds() for start, end in up), 0.0)
    return Counted(good=good, total=total, unit="seconds")


def as_status(found: Counted, target: float, warning: float | None) -> dict[str, Any]:
    """Return the status of one timeframe as version 2 shows it: all numbers, zeros where there is nothing."""
    left = found.budget_left(target) or 0.0
    return {
        "sli": found.sli or 0.0,
        "error_budget_remaining": left,
        "raw_error_budget_remaining": {
            "unit": found.unit,
            "value": found.total * (100 - target) / 100 * left / 100,
        },
        "span_precision": 2,
        "state": found.state(target, warning),
    }
