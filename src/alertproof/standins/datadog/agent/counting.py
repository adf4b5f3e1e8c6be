"""What the Agent counts itself, in buckets of 10 seconds: spans, and the sums and histograms of OTLP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from alertproof.standins.datadog.agent.aggregation import INTERVAL, Aggregation, Points
from alertproof.standins.datadog.agent.datagram import Kind, Sample
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.tags import Tags
from alertproof.telemetry.series import MetricType

__all__ = ["Counting", "span_samples"]


@dataclass(slots=True)
class _Tally:
    """Spans of one operation, one set of tags and one bucket: how many failed, and how long each took (seconds)."""

    errors: int = 0
    durations: list[float] = field(default_factory=list)


class Counting:
    """Collects samples in buckets, and gives them to the account's metrics when these are complete.

    Counters become counts: only DogStatsD's are stored as rates.
    """

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._aggregation = Aggregation()
        self._tallies: dict[tuple[str, Tags, int], _Tally] = {}
        #: An instant up to which is taken what comes; where it is passed, that is looked at again.
        self._latest = 0.0

    def add(self, sample: Sample, at: float) -> None:
        """Take a sample of ``at`` (stack, epoch seconds); one far ahead, whose bucket would never end, is dropped."""
        if self._takes(at):
            self._aggregation.add(sample, at)

    def add_span(self, name: str, tags: Tags, at: float, duration: float, *, failed: bool) -> None:
        """Count a span of the metric ``name`` that ended at ``at`` (stack) and took ``duration`` (real seconds)."""
        if not self._takes(at):
            return
        key = (name, tags, int(at) // INTERVAL)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally()
        tally.durations.append(duration)
        tally.errors += failed

    def _takes(self, at: float) -> bool:
        if at > self._latest:
            self._latest = self._ingest.latest()
        if at <= self._latest:
            return True
        self._ingest.out_of_range += 1
        return False

    def flush(self, until: float) -> None:
        """Store the points of every bucket that ends at or before ``until`` (stack, epoch seconds)."""
        for (name, tags, bucket), tally in self._tallies.items():
            for sample in span_samples(
                name,
                tags,
                hits=len(tally.durations),
                errors=tally.errors,
                duration=sum(tally.durations),
                durations=tally.durations,
            ):
                self._aggregation.add(sample, bucket * INTERVAL)
        self._tallies.clear()
        for points in self._aggregation.flush(until):
            self._ingest.store_points(_counted(points))


def span_samples(
    name: str, tags: Tags, *, hits: float, errors: float, duration: float, durations: Iterable[float]
) -> Iterator[Sample]:
    """Yield what Datadog makes of the spans of one operation; durations in seconds."""
    # A bucket without errors has 0, so that a share of them has a value.
    for suffix, value in ((".hits", hits), (".errors", errors), (".duration", duration)):
        yield Sample(name=f"{name}{suffix}", kind=Kind.COUNT, values=(float(value),), tags=tags)
    if values := tuple(durations):
        yield Sample(name=name, kind=Kind.DISTRIBUTION, values=values, tags=tags)


def _counted(points: Points) -> Points:
    if points.kind is not MetricType.RATE:
        return points
    return replace(points, kind=MetricType.COUNT, values=[value * INTERVAL for value in points.values])
