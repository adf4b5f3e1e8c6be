"""The metrics that Datadog makes of spans: ``trace.<operation>`` and its hits, errors and duration.

Every span that enters a service counts, and every one that is marked as measured, in buckets of 10 seconds by its end.
[docs.datadoghq.com/tracing/metrics/metrics_namespace]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from alertproof.standins.datadog.agent.counting import Counting
from alertproof.standins.datadog.agent.traces import Span
from alertproof.standins.datadog.metrics.naming import metric_name, tag_set
from alertproof.tags import Tags

__all__ = ["TraceMetrics", "span_metric", "span_tags"]

_MARKS = ("_dd.top_level", "_top_level", "_dd.measured")


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
        name = span_metric(span.name)
        if name is None:
            return
        meta = span.meta.get
        tags = span_tags(
            meta("env", "none"),
            span.service,
            span.resource,
            meta("http.status_code"),
            meta("span.kind"),
            meta("version"),
        )
        self._counting.add_span(name, tags, span.end, span.duration, failed=bool(span.error))


@lru_cache(maxsize=4096)
def span_metric(operation: str) -> str | None:
    """Return the metric of an operation; None if its name begins with no letter."""
    return metric_name(f"trace.{operation}")


@lru_cache(maxsize=8192)
def span_tags(  # noqa: PLR0917 - names would cost a cache more than its hit
    env: str, service: str, resource: str, status: str | None, kind: str | None, version: str | None
) -> Tags:
    """Return the tags of an operation's metrics; None is a tag that is not there."""
    optional = {"http.status_code": status, "span.kind": kind, "version": version}
    more = (f"{key}:{value}" for key, value in optional.items() if value is not None)
    return tag_set([f"env:{env}", f"service:{service}", f"resource_name:{resource}", *more])
