"""The metrics that Datadog makes of spans: ``trace.<operation>`` and its hits, errors and duration.

Every span that enters a service counts, and every one that is marked as measured, in buckets of 10 seconds by its end.
[docs.datadoghq.com/tracing/metrics/metrics_namespace]
"""

from __future__ import annotations

from collections.abc import Sequence

from alertproof.standins.datadog.agent.counting import Counting
from alertproof.standins.datadog.agent.datagram import Kind, Sample
from alertproof.standins.datadog.agent.traces import Span
from alertproof.standins.datadog.metrics.naming import metric_name, tag_set

__all__ = ["TraceMetrics"]

_MARKS = ("_dd.top_level", "_top_level", "_dd.measured")
_TAGGED = ("http.status_code", "span.kind", "version")


class TraceMetrics:
    """Counts spans."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting

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
            self._counting.add(Sample(name=f"{name}{suffix}", kind=kind, values=(value,), tags=tags), span.end)
