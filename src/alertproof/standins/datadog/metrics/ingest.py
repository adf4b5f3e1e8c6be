"""Everything that comes in as a measurement, mapped to stack time at this edge and put into one store."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from alertproof.clock import ScaledClock
from alertproof.errors import Broken
from alertproof.standins.bounded import Bounded
from alertproof.standins.control.later import Later
from alertproof.standins.datadog.agent.aggregation import INTERVAL, Aggregation, Points, count_points
from alertproof.standins.datadog.agent.datagram import Check, Event, Item, Kind, Malformed, Sample
from alertproof.standins.datadog.agent.lines import Lines
from alertproof.tags import Tags
from alertproof.telemetry.series import Floats, MetricType, SeriesStore

__all__ = ["HistoryMark", "Ingest", "Received"]

#: The intake takes points at most this far from now; others are dropped without a word. [APIPY MetricSeries]
_PAST = timedelta(hours=1)
_FUTURE = timedelta(minutes=10)
#: The same for events, and for service checks, of which nothing is said. [OPENAPI EventCreateRequest]
_EVENT_PAST = timedelta(hours=18)
_EVENT_FUTURE = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An event or service check of DogStatsD, at the stack instant it stands for (epoch seconds)."""

    at: float
    item: Event | Check

    @property
    def size(self) -> int:
        """How many characters it holds in texts of any length."""
        return self.item.size


@dataclass(slots=True, kw_only=True)
class HistoryMark:
    """How much of the store was written through the control door and not measured."""

    series: int = 0
    points: int = 0
    ends: float | None = None


class Ingest:
    """Takes samples and points, keeps what it could not take, and owns the store of series.

    Times that come in are real instants unless said; what is stored is stack time. Durations (intervals,
    latencies) stay as they are.
    """

    #: Bounds of what is kept for reading back; the counters go on.
    MALFORMED_KEPT = 200
    RECEIVED_KEPT = 10_000
    RECEIVED_SIZE = 16 * 1024 * 1024
    #: Bytes of datagrams that are read before their values are added up.
    HELD = 8 * 1024 * 1024

    def __init__(self, clock: ScaledClock, later: Later | None = None) -> None:
        self.clock = clock
        anchor = clock.anchor
        self._stack, self._real, self._factor = anchor.stack.timestamp(), anchor.real.timestamp(), anchor.factor
        self._later = later or Later()
        self.store = SeriesStore()
        self.history = HistoryMark()
        self.malformed: deque[Malformed] = deque(maxlen=self.MALFORMED_KEPT)
        self.received: Bounded[Received] = Bounded(count=self.RECEIVED_KEPT, size=self.RECEIVED_SIZE)
        self.samples = self.points = self.parse_errors = self.out_of_range = 0
        self._aggregation = Aggregation()
        self._lines = Lines()

    def to_stack(self, real: float) -> float:
        """Map a real instant to stack time, both in epoch seconds."""
        return self._stack + (real - self._real) * self._factor

    def datagrams(self, came: Iterable[tuple[float, bytes]]) -> Sequence[Received]:
        """Take DogStatsD datagrams, joined by line feeds, with their receipts (stack); returns events and checks.

        What is stamped too far from now is dropped and counted, as it is for API clients.
        """
        received: list[Received] = []
        last, weight = 0.0, 0
        for at, data in came:
            # What comes within one bucket is added up at once: it comes to the same, and to less work.
            if at // INTERVAL != last // INTERVAL or weight > self.HELD:
                self._take(last, self._lines.held(), received)
                weight = 0
            last, weight = at, weight + len(data)
            self._take(at, self._lines.read(data), received)
        self._take(last, self._lines.held(), received)
        for each in received:
            self.received.add(each, each.size)
        return received

    def _take(self, at: float, items: Iterable[tuple[Item, int]], received: list[Received]) -> None:
        for item, lines in items:
            if isinstance(item, Sample):
                self.samples += lines
                self._sample(at, item)
            elif isinstance(item, Malformed):
                self.refuse(item)
            elif item.at is None:
                received.append(Received(at=at, item=item))
            elif self._is_within(item.at, past=_EVENT_PAST, future=_EVENT_FUTURE):
                received.append(Received(at=self.to_stack(item.at), item=item))
            else:
                self.out_of_range += 1

    def flush(self, until: float) -> None:
        """Store the points of every DogStatsD bucket that ends at or before ``until`` (stack)."""
        for points in self._aggregation.flush(until):
            self.store_points(points)

    def real(
        self,
        metric: str,
        tags: Tags,
        kind: MetricType,
        times: Sequence[float],
        values: Sequence[float],
        *,
        interval: int | None = None,
    ) -> None:
        """Store points stamped with real instants by an API client.

        Points more than 1 h old or 10 min early are dropped and counted. Raises `Broken` if the metric is
        of another type or a value is no number.
        """
        within = [
            (self.to_stack(time), value)
            for time, value in zip(times, values, strict=True)
            if self._is_within(time, past=_PAST, future=_FUTURE)
        ]
        self.out_of_range += len(times) - len(within)
        if within:
            stamps, kept = np.array(within, dtype=np.float64).T
            self._store(metric, tags, kind, stamps, kept, interval=interval)

    def write_history(
        self,
        metric: str,
        tags: Tags,
        kind: MetricType,
        times: Sequence[float],
        values: Sequence[float],
        *,
        interval: int | None,
        ends: float,
    ) -> None:
        """Store points that nobody measured, stamped in stack time, and remember that they were written."""
        stamps, kept = np.asarray(times, np.float64), np.asarray(values, np.float64)
        self._store_now(metric, tags, kind, stamps, kept, interval=interval)
        self.history.series += 1
        self.history.points += len(times)
        self.history.ends = ends

    def latest(self) -> float:
        """Return the last instant of stack time that the intake takes now."""
        return self.to_stack(self._real_now() + _FUTURE.total_seconds())

    def takes(self, real: float) -> bool:
        """Tell whether the intake takes what is stamped with a real instant; what it drops is counted."""
        within = self._is_within(real, past=_PAST, future=_FUTURE)
        self.out_of_range += not within
        return within

    def _is_within(self, real: float, *, past: timedelta, future: timedelta) -> bool:
        now = self._real_now()
        return now - past.total_seconds() <= real <= now + future.total_seconds()

    def _real_now(self) -> float:
        return self.clock.anchor.to_real(self.clock.now()).timestamp()

    def _sample(self, at: float, sample: Sample) -> None:
        if sample.at is None:
            self._aggregation.add(sample, at)
            return
        if not self._is_within(sample.at, past=_PAST, future=_FUTURE):
            self.out_of_range += 1
            return
        stamp = self.to_stack(sample.at)
        if sample.kind is Kind.COUNT:
            self.store_points(count_points(sample.name, sample.tags, sum(sample.values) / sample.rate, stamp))
        else:
            self.store_points(
                Points(
                    metric=sample.name,
                    tags=sample.tags,
                    kind=MetricType.GAUGE,
                    at=stamp,
                    values=sample.values[-1:],
                )
            )

    def store_points(self, points: Points) -> None:
        """Store points; what cannot be, for it changes the metric's type, is kept as malformed."""
        values = np.asarray(points.values, dtype=np.float64)
        try:
            self._store(
                points.metric,
                points.tags,
                points.kind,
                np.full(len(values), points.at),
                values,
                interval=points.interval,
            )
        except Broken as refused:
            # UDP has nobody to tell: a metric that changes its type is kept as what it is, a client's mistake.
            self.refuse(Malformed(line=points.metric, reason=str(refused)))

    def _store(
        self,
        metric: str,
        tags: Tags,
        kind: MetricType,
        times: Floats,
        values: Floats,
        *,
        interval: int | None,
    ) -> None:
        if not self._later.active:
            self._store_now(metric, tags, kind, times, values, interval=interval)
            return

        def store() -> None:
            try:
                self._store_now(metric, tags, kind, times, values, interval=interval)
            except Broken as refused:
                # It was acknowledged: nobody is there any more to be told.
                self.refuse(Malformed(line=metric, reason=str(refused)))

        self._later.do(store, times.nbytes + values.nbytes)

    def _store_now(
        self,
        metric: str,
        tags: Tags,
        kind: MetricType,
        times: Floats,
        values: Floats,
        *,
        interval: int | None,
    ) -> None:
        self.store.extend(metric, tags, kind, times, values, interval=interval)
        self.points += len(times)

    def refuse(self, malformed: Malformed) -> None:
        """Keep what cannot be stored and has nobody who is told."""
        self.parse_errors += 1
        self.malformed.append(malformed)
