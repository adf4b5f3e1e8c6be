"""What the Agent's DogStatsD server makes of samples: one point per metric, tags and 10 seconds.

All that was received in [10:00:00, 10:00:10) becomes a point stamped 10:00:00 [DSD-AGG]. The in-app type
follows the sent one [TYPES]: ``c`` a rate (sum / 10, interval 10), ``g`` a gauge (the last), ``s`` a gauge (how
many different members), ``h`` and ``ms`` the gauges ``.avg .median .95percentile .max`` and the rate ``.count``,
``d`` a distribution of every sample.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TypeAlias

import numpy as np

from alertproof.standins.datadog.agent.datagram import Kind, Sample
from alertproof.tags import Tags
from alertproof.telemetry.series import MetricType

__all__ = ["INTERVAL", "Aggregation", "Points", "count_points"]

#: The length of a flush bucket, in (stack) seconds.
INTERVAL = 10
#: So many values sampled ones of a distribution are unfolded into at most, per series and bucket: thousands of values
#: have room in a datagram, and each may stand for ten thousand.
MOST_SAMPLED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Values of one series that share the instant ``at`` (epoch seconds, stack)."""

    metric: str
    tags: Tags
    kind: MetricType
    at: float
    values: Sequence[float]
    interval: int | None = None


@dataclass(slots=True)
class _Total:
    """A counter's sum; each value stands for 1/rate events."""

    value: float = 0.0

    def add(self, sample: Sample) -> None:
        self.value += sum(sample.values) / sample.rate


@dataclass(slots=True)
class _Last:
    value: float = 0.0

    def add(self, sample: Sample) -> None:
        self.value = sample.values[-1]


@dataclass(slots=True)
class _Members:
    members: set[str] = field(default_factory=set)

    def add(self, sample: Sample) -> None:
        self.members.add(sample.member)


@dataclass(slots=True)
class _Samples:
    """Every value, and how many it stands for, 1/rate of its sample: runs of one weight, each with its length."""

    values: array[float] = field(default_factory=lambda: array("d"))
    runs: list[tuple[int, int]] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        self.values.extend(sample.values)
        weight, length = round(1 / sample.rate), len(sample.values)
        if self.runs and self.runs[-1][0] == weight:
            length += self.runs.pop()[1]
        self.runs.append((weight, length))

    def weights(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return what each value stands for."""
        weights, lengths = zip(*self.runs, strict=True)
        return np.repeat(np.array(weights, dtype=np.int64), lengths)

    def each(self) -> Sequence[float]:
        """Return each value as often as it counts: of more than `MOST_SAMPLED` together, in their proportions."""
        total = sum(weight * length for weight, length in self.runs)
        if total == len(self.values):
            return self.values
        share = min(1.0, MOST_SAMPLED / total)
        times = np.maximum(1, np.rint(self.weights() * share).astype(np.int64))
        return np.repeat(np.asarray(self.values), times).tolist()


_Accumulator: TypeAlias = _Total | _Last | _Members | _Samples
_Context: TypeAlias = tuple[str, Kind, Tags]
_NEW: dict[Kind, type[_Accumulator]] = {
    Kind.COUNT: _Total,
    Kind.GAUGE: _Last,
    Kind.SET: _Members,
    Kind.TIMER: _Samples,
    Kind.HISTOGRAM: _Samples,
    Kind.DISTRIBUTION: _Samples,
}


class Aggregation:
    """Collects samples in buckets of 10 stack seconds until they are flushed, oldest first."""

    def __init__(self) -> None:
        self._buckets: dict[int, dict[_Context, _Accumulator]] = {}
        self._open_from = 0

    def add(self, sample: Sample, at: float) -> None:
        """Take a sample received at ``at`` (epoch seconds, stack); ``sample.at`` is not looked at.

        One that arrives for a flushed bucket goes into the oldest open one: a second write of a count would
        replace the first.
        """
        start = max(int(at) // INTERVAL * INTERVAL, self._open_from)
        bucket = self._buckets.get(start)
        if bucket is None:
            bucket = self._buckets[start] = {}
        kind = Kind.HISTOGRAM if sample.kind is Kind.TIMER else sample.kind
        context = (sample.name, kind, sample.tags)
        accumulator = bucket.get(context)
        if accumulator is None:
            accumulator = bucket[context] = _NEW[kind]()
        accumulator.add(sample)

    def flush(self, until: float) -> Iterator[Points]:
        """Give up the points of every bucket that ends at or before ``until`` (epoch seconds, stack)."""
        self._open_from = max(self._open_from, int(until) // INTERVAL * INTERVAL)
        for start in sorted(self._buckets):
            if start + INTERVAL > until:
                break
            for (name, kind, tags), accumulator in self._buckets.pop(start).items():
                yield from _points(name, kind, tags, accumulator, float(start))


def _points(name: str, kind: Kind, tags: Tags, accumulator: _Accumulator, at: float) -> Iterator[Points]:
    if isinstance(accumulator, _Total):
        yield count_points(name, tags, accumulator.value, at)
    elif isinstance(accumulator, _Last):
        yield Points(metric=name, tags=tags, kind=MetricType.GAUGE, at=at, values=[accumulator.value])
    elif isinstance(accumulator, _Members):
        yield Points(metric=name, tags=tags, kind=MetricType.GAUGE, at=at, values=[len(accumulator.members)])
    elif kind is Kind.DISTRIBUTION:
        yield Points(metric=name, tags=tags, kind=MetricType.DISTRIBUTION, at=at, values=accumulator.each())
    else:
        yield from _histogram(name, tags, accumulator, at)


def count_points(name: str, tags: Tags, total: float, at: float) -> Points:
    """Return a DogStatsD count as it is stored: the rate over the flush interval [TYPES]."""
    return Points(metric=name, tags=tags, kind=MetricType.RATE, at=at, values=[total / INTERVAL], interval=INTERVAL)


def _histogram(name: str, tags: Tags, samples: _Samples, at: float) -> Iterator[Points]:
    """Yield the Agent's default aggregates; its percentiles are real samples, not interpolated [TYPES]."""
    values, weights = np.asarray(samples.values), samples.weights()
    order = np.argsort(values)
    ordered, ranks = values[order], np.cumsum(weights[order])
    total = int(ranks[-1])
    # A sum beyond all numbers is refused with its metric's name where it is stored.
    with np.errstate(over="ignore", invalid="ignore"):
        average = np.average(values, weights=weights)
    aggregates = {
        "avg": average,
        "median": ordered[_nearest_rank(ranks, 50)],
        "95percentile": ordered[_nearest_rank(ranks, 95)],
        "max": ordered[-1],
    }
    for suffix, value in aggregates.items():
        metric = f"{name}.{suffix}"
        yield Points(metric=metric, tags=tags, kind=MetricType.GAUGE, at=at, values=[float(value)])
    yield count_points(f"{name}.count", tags, total, at)


def _nearest_rank(ranks: np.ndarray[tuple[int], np.dtype[np.int64]], percent: int) -> int:
    """Return the place of the first value that has so many percent of all at or below it."""
    return int(np.searchsorted(ranks, ceil(percent * int(ranks[-1]) / 100)))
