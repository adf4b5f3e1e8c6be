"""What the Agent counts itself, in buckets of 10 seconds: spans, and the sums and histograms of OTLP."""

from __future__ import annotations

from dataclasses import replace

from alertproof.standins.datadog.agent.aggregation import INTERVAL, Aggregation, Points
from alertproof.standins.datadog.agent.datagram import Sample
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.telemetry.series import MetricType

__all__ = ["Counting"]


class Counting:
    """Collects samples in buckets, and gives them to the account's metrics when these are complete.

    Counters become counts: only DogStatsD's are stored as rates.
    """

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._aggregation = Aggregation()

    def add(self, sample: Sample, at: float) -> None:
        """Take a sample of ``at`` (stack, epoch seconds)."""
        self._aggregation.add(sample, at)

    def flush(self, until: float) -> None:
        """Store the points of every bucket that ends at or before ``until`` (stack, epoch seconds)."""
        for points in self._aggregation.flush(until):
            self._ingest.store_points(_counted(points))


def _counted(points: Points) -> Points:
    if points.kind is not MetricType.RATE:
        return points
    return replace(points, kind=MetricType.COUNT, values=[value * INTERVAL for value in points.values])
