"""What the child has seen since its last line. Knows nothing of Locust, so that it can be tested without."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from alertproof.loadgen.samples import microseconds
from alertproof.loadgen.wire import Answers, Batch, Failures

__all__ = ["Recorder"]

#: More names than that are addresses with an id in them; thresholds and tables by endpoint would say nothing.
_MOST_NAMES = 100


class Recorder:
    """Collects, until `take` empties it. Spans count from the run's beginning; requests are counted by ``tick``."""

    def __init__(self, *, tick: timedelta = timedelta(seconds=1)) -> None:
        self._tick = tick
        self._pending: dict[int, int] = {}
        self._names: set[str] = set()
        self._empty()

    def _empty(self) -> None:
        self._lags: list[tuple[int, int]] = []
        self._dropped: Counter[int] = Counter()
        self._answered: dict[tuple[int, str], list[int]] = {}
        self._failed: dict[tuple[int, str], list[int]] = {}
        self._failures: dict[tuple[int, str, str], list[str]] = {}

    def sent(self, *, due: timedelta, lag: timedelta) -> None:
        """Count an arrival that was to start at ``due`` and started ``lag`` later."""
        self._lags.append((self._second(due), microseconds(lag)))

    def dropped(self, *, due: timedelta) -> None:
        """Count an arrival that was not sent, because too many were under way."""
        self._dropped[self._second(due)] += 1

    def begun(self, *, due: timedelta) -> None:
        """Count a request as pending: one that was to start at ``due``, and may not have been sent yet."""
        second = self._second(due)
        self._pending[second] = self._pending.get(second, 0) + 1

    def ended(self, *, due: timedelta) -> None:
        """Count a request as pending no longer."""
        second = self._second(due)
        left = self._pending.pop(second, 0) - 1
        if left > 0:  # below 0: a request that was begun before anything was counted
            self._pending[second] = left

    def done(self, name: str, *, due: timedelta, latency: timedelta, trouble: str, correlation_id: str) -> None:
        """Count a request that is done; ``trouble`` says why it failed and is empty for one that did not."""
        key = self._second(due), name
        if trouble:
            self._failed.setdefault(key, []).append(microseconds(latency))
            self._failures.setdefault((*key, trouble), []).append(correlation_id)
        else:
            self._answered.setdefault(key, []).append(microseconds(latency))
        self._names.add(name)

    def too_many_names(self) -> str:
        """Return what to say when the requests have too many names; empty when they do not."""
        if len(self._names) <= _MOST_NAMES:
            return ""
        return (
            f"the requests have more than {_MOST_NAMES} names, such as {min(self._names)!r} and {max(self._names)!r}; "
            'give those that differ in an id one name: client.get(url, name="/api/leads/[id]")'
        )

    def take(self, *, at: timedelta, in_flight: int, started: timedelta = timedelta(0), rate: float = 0.0) -> Batch:
        """Return what was collected, and start anew; what is pending stays so."""
        batch = Batch(
            at=microseconds(at),
            in_flight=in_flight,
            lags=tuple(self._lags),
            dropped=dict(self._dropped),
            answers=tuple(
                Answers(*key, tuple(self._answered.get(key, ())), tuple(self._failed.get(key, ())))
                for key in sorted(self._answered.keys() | self._failed.keys())
            ),
            failures=tuple(Failures(*key, len(ids), ids[0]) for key, ids in sorted(self._failures.items())),
            started=microseconds(started),
            pending=dict(self._pending),
            rate=rate,
        )
        self._empty()
        return batch

    def _second(self, due: timedelta) -> int:
        return due // self._tick
