"""Metrics of OTLP as Datadog's: a sum that grows is a count, a gauge a gauge, a histogram a distribution.

Totals since a start are turned into what came between two reports. A histogram's buckets say no values: its samples are
spread evenly in each bucket, and at most so many of them [docs.datadoghq.com/metrics/open_telemetry/otlp_metric_types].
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from alertproof.standins.datadog.agent.aggregation import Points
from alertproof.standins.datadog.metrics.naming import metric_name, tag_set
from alertproof.standins.datadog.otlp.attributes import Origin, origin
from alertproof.standins.otlp import plain
from alertproof.tags import Tags
from alertproof.telemetry.series import MetricType

if TYPE_CHECKING:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.metrics.v1 import metrics_pb2

__all__ = ["OtlpMetrics"]

_NANO = 1e-9
_CUMULATIVE = 2
#: As many samples stand for a histogram's point; more would cost memory and tell nothing.
_MOST_SAMPLES = 1000


class OtlpMetrics:
    """Turns requests into points at real instants; remembers the last totals of so many series."""

    SERIES = 100_000

    def __init__(self) -> None:
        self._totals: OrderedDict[tuple[str, Tags], tuple[int, list[float]]] = OrderedDict()

    def points_of(self, request: ExportMetricsServiceRequest) -> Iterator[Points]:
        """Yield the points of a request, at real instants in epoch seconds."""
        for group in request.resource_metrics:
            where = origin(group.resource)
            for scope in group.scope_metrics:
                for metric in scope.metrics:
                    name = metric_name(metric.name)
                    if name is not None:
                        yield from self._metric(name, metric, where)

    def _metric(self, name: str, metric: metrics_pb2.Metric, where: Origin) -> Iterator[Points]:
        kind = metric.WhichOneof("data")
        if kind == "gauge":
            for point in metric.gauge.data_points:
                yield _points(name, point, _tags(point, where), MetricType.GAUGE, [_number(point)])
        elif kind == "sum":
            yield from self._sum(name, metric.sum, where)
        elif kind == "histogram":
            yield from self._histogram(name, metric.histogram, where)
        elif kind == "summary":
            for summary in metric.summary.data_points:
                for quantile in summary.quantile_values:
                    tags = _tags(summary, where, f"quantile:{quantile.quantile:g}")
                    yield _points(f"{name}.quantile", summary, tags, MetricType.GAUGE, [quantile.value])

    def _sum(self, name: str, total: metrics_pb2.Sum, where: Origin) -> Iterator[Points]:
        for point in total.data_points:
            if not total.is_monotonic:
                yield _points(name, point, _tags(point, where), MetricType.GAUGE, [_number(point)])
                continue
            tags, came = _tags(point, where), [_number(point)]
            if total.aggregation_temporality == _CUMULATIVE:
                came = self._since(name, tags, point.start_time_unix_nano, came)
            if came:
                yield _points(name, point, tags, MetricType.COUNT, came)

    def _histogram(self, name: str, histogram: metrics_pb2.Histogram, where: Origin) -> Iterator[Points]:
        for point in histogram.data_points:
            counts = [float(count) for count in point.bucket_counts] or [float(point.count)]
            tags = _tags(point, where)
            if histogram.aggregation_temporality == _CUMULATIVE:
                counts = self._since(name, tags, point.start_time_unix_nano, counts)
            samples = _samples(list(point.explicit_bounds), counts, point)
            if samples:
                yield _points(name, point, tags, MetricType.DISTRIBUTION, samples)

    def _since(self, name: str, tags: Tags, start: int, totals: list[float]) -> list[float]:
        """Return what came since the last report; nothing for the first, of which nobody knows since when it counts.

        A total that began anew counts from nothing.
        """
        key = (name, tags)
        before = self._totals.get(key)
        self._totals[key] = (start, totals)
        self._totals.move_to_end(key)
        if len(self._totals) > self.SERIES:
            self._totals.popitem(last=False)
        if before is None:
            return []
        if (
            before[0] != start
            or len(before[1]) != len(totals)
            or any(a < b for a, b in zip(totals, before[1], strict=True))
        ):
            return totals
        return [now - then for now, then in zip(totals, before[1], strict=True)]


def _number(point: metrics_pb2.NumberDataPoint) -> float:
    return float(point.as_int if point.WhichOneof("value") == "as_int" else point.as_double)


def _tags(point: Any, where: Origin, *more: str) -> Tags:
    return tag_set([*where.tags, *(f"{key}:{value}" for key, value in plain(point.attributes).items()), *more])


def _points(name: str, point: Any, tags: Tags, kind: MetricType, values: Sequence[float]) -> Points:
    return Points(metric=name, tags=tags, kind=kind, at=point.time_unix_nano * _NANO, values=values)


def _samples(bounds: list[float], counts: Sequence[float], point: metrics_pb2.HistogramDataPoint) -> list[float]:
    """Return samples spread evenly within each bucket; the outer ones end at the least and greatest that are known."""
    total = sum(counts)
    if not total:
        return []
    if not bounds:
        return [point.sum / point.count] * min(int(total), _MOST_SAMPLES) if point.count else []
    low = point.min if point.HasField("min") else min(0.0, bounds[0])
    high = point.max if point.HasField("max") else bounds[-1]
    edges = [low, *bounds, high]
    if len(counts) != len(edges) - 1:
        # No histogram: there is one bucket more than there are bounds.
        return []
    share = min(1.0, _MOST_SAMPLES / total)
    found: list[float] = []
    for number, count in enumerate(counts):
        wanted = round(count * share) if share < 1 else int(count)
        first, last = max(edges[number], low), min(edges[number + 1], high)
        found += np.linspace(first, max(first, last), wanted + 2)[1:-1].tolist()
    return found
