"""The metrics that Datadog makes of spans: ``trace.<operation>`` and its hits, errors and duration.

Every span that enters a service counts, and every one that is marked as measured, in buckets of 10 seconds by its end.
[docs.datadoghq.com/tracing/metrics/metrics_namespace]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alertproof.standins.datadog.agent.aggregation import INTERVAL, Aggregation, Points
from alertproof.standins.datadog.agent.datagram import Kind, Sample
from alertproof.standins.datadog.agent.traces import Span
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.standins.datadog.metrics.naming import metric_name, tag_set
from alertproof.telemetry.series import MetricType

__all__ = ["TraceMetrics"]

_MARKS = ("_dd.top_level", "_top_level", "_dd.measured")
_TAGGED = ("http.status_code", "span.kind", "version")


class TraceMetrics:
    """Collects spans in buckets, and gives them to the account's metrics when these are complete."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._aggregation = Aggregation()

    def take(self, trace: Sequence[Span]) -> None:
        """Count the spans of one payload's trace."""
        services = {span.span_id: span.service for span in trace}
        for span in trace:
            enters = services.get(span.parent_id) != span.service
            if enters or any(span.metrics.get(mark) == 1 for mark in _MARKS):
                self._count(span)

    def _count(self, span: Span) -> None:
        name = metric_name(f"trace.{span.name}")
        if name is None:
            return
        tags = tag_set(
            [
                f"env:{span.meta.get('env', 'none')}",
                f"service:{span.service}",
                f"resource_name:{span.resource}",
                *(f"{key}:{span.meta[key]}" for key in _TAGGED if key in span.meta),
            ]
        )
        for suffix, kind, value in (
            (".hits", Kind.COUNT, 1.0),
            # A bucket without errors has 0, so that a share of them has a value.
            (".errors", Kind.COUNT, 1.0 if span.error else 0.0),
            (".duration", Kind.COUNT, span.duration),
            ("", Kind.DISTRIBUTION, span.duration),
        ):
            self._aggregation.add(Sample(name=f"{name}{suffix}", kind=kind, values=(value,), tags=tags), span.end)

    def flush(self, until: float) -> None:
        """Store the points of every bucket that ends at or before ``until`` (stack, epoch seconds)."""
        for points in self._aggregation.flush(until):
            self._ingest.store_points(_counted(points))


def _counted(points: Points) -> Points:
    """Return the points of a counter as counts: only DogStatsD's are stored as rates."""
    if points.kind is not MetricType.RATE:
        return points
    return replace(points, kind=MetricType.COUNT, values=[value * INTERVAL for value in points.values])
