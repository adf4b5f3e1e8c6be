"""The child's lines, added up: what each second and each endpoint held."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

from alertproof.journal import EndpointSeen, FailureSeen, LoadTick
from alertproof.loadgen.samples import P50, P95, P99, Samples
from alertproof.loadgen.schedule import Schedule
from alertproof.loadgen.wire import Batch

__all__ = ["Tally"]


@dataclass(frozen=True, slots=True)
class _Cell:
    """The latencies of one endpoint in one second, in microseconds."""

    answered: array[int] = field(default_factory=lambda: array("q"))
    failed: array[int] = field(default_factory=lambda: array("q"))


class Tally:
    """Every request of a run. What was to start in the first ``warm_up`` counts in its ticks alone.

    A later step of a task that begins after the schedule's end counts with the last second. A second is one ``tick``.
    """

    def __init__(
        self,
        schedule: Schedule,
        *,
        warm_up: timedelta,
        limit: timedelta,
        tick: timedelta = timedelta(seconds=1),
    ) -> None:
        self._schedule = schedule
        self._tick = tick
        self._seconds = max(1, math.ceil(schedule.seconds / tick.total_seconds()))
        self._warm_up = warm_up // tick
        self._limit = limit
        self._cells: defaultdict[int, defaultdict[str, _Cell]] = defaultdict(lambda: defaultdict(_Cell))
        self._failures: dict[tuple[str, str], tuple[int, str]] = {}
        self._lags: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))
        self._dropped: Counter[int] = Counter()
        self.seen = 0

    def add(self, batch: Batch) -> range:
        """Take in a line of the child, and return the seconds that have passed since the one before.

        ``seen`` is how many have passed in all.
        """
        passed = range(self.seen, max(self.seen, timedelta(microseconds=batch.at) // self._tick))
        self.seen = passed.stop
        for second, lag in batch.lags:
            self._lags[second].append(lag)
        self._dropped.update(batch.dropped)
        for one in batch.answers:
            cell = self._cells[min(one.second, self._seconds - 1)][one.name]
            cell.answered.extend(one.answered)
            cell.failed.extend(one.failed)
        for failure in batch.failures:
            if failure.second >= self._warm_up:
                n, known = self._failures.get((failure.name, failure.trouble), (0, ""))
                self._failures[failure.name, failure.trouble] = n + failure.n, known or failure.correlation_id
        return passed

    @property
    def sent(self) -> int:
        """The arrivals that were sent."""
        return sum(map(len, self._lags.values()))

    @property
    def dropped(self) -> int:
        """The arrivals that were not, because too many were under way."""
        return self._dropped.total()

    def lag_p99(self) -> timedelta:
        """Return how late all but the latest hundredth of the arrivals started, at worst."""
        return Samples(chain.from_iterable(self._lags.values())).percentile(P99) or timedelta(0)

    def tick(self, second: int, *, rate: float | None = None, given_up: int = 0) -> LoadTick:
        """Return what is known of a second by now; ``rate`` where it is not the schedule's.

        ``given_up`` requests more, not done yet, are slow and rank behind every answered one.
        """
        samples = _samples(self._cells[second].values() if second in self._cells else ())
        ranked = samples.with_failed(given_up) if given_up else samples
        return LoadTick(
            second=second,
            target_rate=self._schedule.rate_in(second) if rate is None else rate,
            arrivals=len(self._lags[second]),
            n=ranked.n,
            slow=ranked.slow(self._limit),
            failed=samples.failed,
            p95=ranked.percentile(P95),
            dropped=self._dropped[second],
            lag=timedelta(microseconds=max(self._lags[second], default=0)),
        )

    def ticks(self) -> tuple[LoadTick, ...]:
        """Return every second, the warm-up included."""
        return tuple(self.tick(second) for second in range(self._seconds))

    def taken(self) -> list[tuple[int, array[int]]]:
        """Return what each request took, failed ones too, by the second in which it was to start; microseconds."""
        return [
            (second, array("q", chain.from_iterable((*cell.answered, *cell.failed) for cell in cells.values())))
            for second, cells in sorted(self._cells.items())
        ]

    def whole(self) -> Samples:
        """Return the requests after the warm-up."""
        return _samples(chain.from_iterable(cells.values() for cells in self._measured()))

    def by_endpoint(self) -> dict[str, Samples]:
        """Return the requests after the warm-up by their name, sorted."""
        names = sorted({name for cells in self._measured() for name in cells})
        return {name: _samples(cells[name] for cells in self._measured() if name in cells) for name in names}

    def endpoints(self) -> tuple[EndpointSeen, ...]:
        """Return the same, summed up."""
        return tuple(
            EndpointSeen(
                name=name,
                n=samples.n,
                slow=samples.slow(self._limit),
                failed=samples.failed,
                p50=samples.percentile(P50),
                p95=samples.percentile(P95),
                p99=samples.percentile(P99),
                longest=samples.longest(),
            )
            for name, samples in self.by_endpoint().items()
        )

    def failures(self) -> tuple[FailureSeen, ...]:
        """Return how requests after the warm-up failed, the most frequent first."""
        found = [
            FailureSeen(name=name, trouble=trouble, n=n, correlation_id=correlation_id)
            for (name, trouble), (n, correlation_id) in self._failures.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one.n, one.name, one.trouble)))

    def _measured(self) -> list[defaultdict[str, _Cell]]:
        return [cells for second, cells in self._cells.items() if second >= self._warm_up]


def _samples(cells: Iterable[_Cell]) -> Samples:
    cells = tuple(cells)
    return Samples(
        chain.from_iterable(cell.answered for cell in cells), chain.from_iterable(cell.failed for cell in cells)
    )
