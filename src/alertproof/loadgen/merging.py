"""What several workers say, as one: the lines of each, added up to lines of the whole. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

from alertproof.loadgen.wire import Batch

__all__ = ["Merger"]


class Merger:
    """Adds up; every request and arrival that a worker told is in exactly one line of the whole.

    The whole is as old as the youngest of its workers, so a second has passed when it has for all of them. What is
    counted by seconds is exact, because all count from one instant.
    """

    def __init__(self, workers: int) -> None:
        self._last: list[Batch | None] = [None] * workers
        self._ended = [False] * workers
        self._kept: list[Batch] = []
        self._told: set[int] = set()

    def add(self, worker: int, batch: Batch) -> Batch | None:
        """Take in a line; return one of the whole when each worker that goes on has told one since the last."""
        self._last[worker] = batch
        self._kept.append(batch)
        self._told.add(worker)
        return self._whole()

    def end(self, worker: int) -> Batch | None:
        """Note that a worker has sent and told all of its part; return as `add` does."""
        self._ended[worker] = True
        return self._whole()

    @property
    def over(self) -> bool:
        """Whether every worker has ended."""
        return all(self._ended)

    def _whole(self) -> Batch | None:
        going = [worker for worker, ended in enumerate(self._ended) if not ended]
        if not self._kept or not self._told.issuperset(going):
            return None
        last = [batch for batch in self._last if batch is not None]
        # Who has ended has passed every second; where all have, the longest run was the whole one.
        ahead = [batch for worker in going if (batch := self._last[worker]) is not None]
        rates = {batch.rate for batch in last}
        whole = Batch(
            at=min((batch.at for batch in ahead), default=max(batch.at for batch in last)),
            in_flight=sum(batch.in_flight for batch in last),
            lags=tuple(chain.from_iterable(batch.lags for batch in self._kept)),
            dropped=dict(_sum(batch.dropped for batch in self._kept)),
            answers=tuple(chain.from_iterable(batch.answers for batch in self._kept)),
            failures=tuple(chain.from_iterable(batch.failures for batch in self._kept)),
            started=min((batch.started for batch in ahead), default=max(batch.started for batch in last)),
            pending=dict(_sum(batch.pending for batch in last)),
            rate=rates.pop() if len(rates) == 1 else sum(batch.rate for batch in last) / len(last),
        )
        self._kept.clear()
        self._told.clear()
        return whole


def _sum(counts: Iterable[Mapping[int, int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for count in counts:
        total.update(count)
    return total
