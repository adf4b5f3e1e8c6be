"""Before a launch: what a load run says, with a capacity search, the alerts and the platform's own telemetry."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from alertproof.drills.indicator import retargeted
from alertproof.gate.phases import PhaseSeen, phases_of
from alertproof.gate.would_fire import WouldFire, would_fire
from alertproof.journal import LoadJournal
from alertproof.loadgen import CapacityRun
from alertproof.requirements import Specification

__all__ = ["BeforeLaunch", "Percentiles", "Seen", "Spans", "before_launch", "look", "words"]

_SPANS = 5000  # the newest: enough for shares


class Percentiles(Protocol):
    """Datadog's metrics, as `vendors.Datadog` has them."""

    def percentile(self, query: str, *, since: datetime, until: datetime) -> float | None:
        """Return the value of a percentile's query over a span."""


class Spans(Protocol):
    """Datadog's spans, as `vendors.DatadogTelemetry` has them."""

    def every_record(self, kind: str, search: str, *, since: datetime, until: datetime) -> Iterable[dict[str, object]]:
        """Yield the records of a search, the newest first."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform's own telemetry says of a run: its p95 in seconds, and where requests spent their time."""

    p95: float | None
    phases: tuple[PhaseSeen, ...]


class BeforeLaunch(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; ``seen`` is None where the target names no Datadog, ``capacity`` where no search is given."""

    load: LoadJournal
    alerts: tuple[WouldFire, ...]
    seen: Seen | None
    capacity: CapacityRun | None


def look(
    metrics: Percentiles, spans: Spans, spec: Specification, *, environment: str, since: datetime, until: datetime
) -> Seen:
    """Ask Datadog of a span of the target's clock; the p95 is the indicator of the first alert that is about one."""
    percentile = None
    for alert in spec.alerts.values():
        if alert.indicator.numerator.startswith("p95:"):
            own = retargeted(alert.indicator, origin=spec.environment, environment=environment)
            percentile = metrics.percentile(own.numerator, since=since, until=until)
            break
    found = []
    for span in spans.every_record("spans", f"env:{environment}", since=since, until=until):
        found.append(span)
        if len(found) >= _SPANS:
            break
    return Seen(p95=percentile, phases=phases_of(found))


def before_launch(
    load: LoadJournal, spec: Specification, *, seen: Seen | None, capacity: CapacityRun | None
) -> BeforeLaunch:
    """Put it together: which alerts would have come is computed from the monitors' files."""
    found = []
    for name, alert in sorted(spec.alerts.items()):
        monitor = json.loads((spec.folder / alert.monitor).read_text(encoding="utf-8"))
        one = would_fire(name, alert.indicator, monitor, load)
        found += [] if one is None else [one]
    return BeforeLaunch(load=load, alerts=tuple(found), seen=seen, capacity=capacity)


def words(report: BeforeLaunch) -> tuple[str, ...]:
    """Return it line by line, the answer to "how much can we take, and would we be warned?" first."""
    return (*_capacity(report), *_alerts(report), *_telemetry(report))


def _capacity(report: BeforeLaunch) -> tuple[str, ...]:
    found, peak = report.capacity, max((tick.target_rate for tick in report.load.ticks), default=0.0)
    if found is None:
        return ("capacity: not known; alertproof load find-capacity --json says it (--capacity FILE)",)
    if found.outcome is None:
        return (f"capacity: not known, for the search was broken: {found.reason}",)
    if found.rate is None or not peak:
        return (f"capacity: {found.reason}",)
    interval = f"95 % interval {found.low or 0:.4g} to {found.high or 0:.4g}"
    spare = f"{found.rate / peak:.3g} times the highest rate of this run, {peak:g}/s"
    return (f"capacity: {found.rate:.4g}/s of {found.scenario} ({interval}); headroom: {spare}",)


def _alerts(report: BeforeLaunch) -> tuple[str, ...]:
    if not report.alerts:
        return ("alerts: none is about what a load run sees",)
    return tuple(
        f"alert {one.alert}: "
        + (
            "would have stayed quiet"
            if one.after is None
            else f"would have come {one.after // timedelta(minutes=1)} min {one.after.seconds % 60:02d} s into the run"
        )
        + ", with nothing else in its window"
        for one in report.alerts
    )


def _telemetry(report: BeforeLaunch) -> tuple[str, ...]:
    seen, client = report.seen, report.load.p95
    if seen is None:
        return ("platform: the target names no Datadog to ask what it saw itself",)
    ours = "the request of that rank failed" if client is None else f"{client / timedelta(milliseconds=1):.0f} ms"
    theirs = "Datadog has none" if seen.p95 is None else f"{1000 * seen.p95:.0f} ms"
    lines = [f"p95: {ours} for those who asked, {theirs} by the platform's own measure"]
    if not seen.phases:
        return (*lines, "traces: none are at Datadog for this run")
    parts = ", ".join(f"{one.phase} {100 * one.share:.0f} %" for one in seen.phases)
    count = sum(one.spans for one in seen.phases)
    return (
        *lines,
        f"time by part: {parts} (own time of {count:,} spans); the bottleneck is the {seen.phases[0].phase}",
    )
