"""The evaluation windows of many instants, cut into buckets that are aligned to UNIX time [ROLLUP].

Successive windows share their buckets, so each bucket is aggregated once, and a window is a row of them. Only a
bucket that an end of a window cuts in two belongs to that window alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from alertproof.errors import NotModelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertproof.datadog.evaluation.ranges import Indices
    from alertproof.telemetry.series import Floats

__all__ = ["Windows", "default_step"]

_MONTH = 31 * 86400.0
# As many buckets of all series are held at a time.
_MOST_CELLS = 4_000_000
# The longest query for which the API answers with a step, in seconds [ROLLUP].
_STEPS = ((3600.0, 20.0), (4 * 3600.0, 60.0), (86400.0, 300.0), (2 * 86400.0, 600.0), (7 * 86400.0, 3600.0))


def default_step(length: float) -> float:
    """Return the rollup interval for a query over ``length`` seconds, in seconds [ROLLUP]."""
    if length > _MONTH:
        raise NotModelled(f"a query over more than a month ({length / 86400:.0f} days)")
    return next((step for longest, step in _STEPS if length <= longest), 4 * 3600.0)


class Windows(Struct, frozen=True, eq=False):
    """``starts[i] <= time < ends[i]`` for each instant i, in buckets of ``step`` seconds.

    A ``step`` of 0 makes one bucket of the whole window: everything is reduced over it first, which is how
    ``as_count()`` arithmetic [ASCOUNT] and percentiles are evaluated. All windows have equally many buckets:
    ``lead`` before the window, for what looks back, and ``count`` in it.
    """

    starts: Floats
    ends: Floats
    step: float = 0.0
    lead: int = 0

    @classmethod
    def spanning(cls, start: float, end: float, step: float = 0.0) -> Windows:
        """Return a single window."""
        return cls(np.array([start], dtype=np.float64), np.array([end], dtype=np.float64), step)

    @property
    def whole(self) -> bool:
        """Tell whether each window is one bucket."""
        return self.step == 0

    @property
    def count(self) -> int:
        """Return how many buckets a window has, those of the lead not counted."""
        return 1 if self.whole else int(self._numbers()[0])

    @property
    def size(self) -> int:
        """Return how many buckets a row has, the lead included."""
        return self.lead + self.count

    @property
    def times(self) -> Floats:
        """Return the start of each bucket, ``(windows, size)``."""
        if self.whole:
            return self.starts[:, None]
        offsets = self.step * np.arange(-self.lead, self.count, dtype=np.float64)
        return (self._first() * self.step)[:, None] + offsets

    def alike(self) -> Iterator[tuple[Indices, Windows]]:
        """Yield the windows apart by their number of buckets, with where they stood."""
        if self.whole:
            yield np.arange(len(self.ends)), self
            return
        numbers = self._numbers()
        # np.unique would import all of numpy.ma.
        for number in sorted(set(numbers.tolist())):
            where = np.flatnonzero(numbers == number)
            yield where, self.at(where)

    def portions(self, rows: int, reach: float = 0.0) -> Iterator[tuple[Indices, Windows]]:
        """Yield the windows as :meth:`alike` does, in portions that need no more than some 30 MB for ``rows`` rows.

        ``reach`` is how many seconds before a window will be looked at too.
        """
        for where, alike in self.alike():
            most = max(1, _MOST_CELLS // (alike.with_lead(reach).size * max(1, rows)))
            for begin in range(0, len(where), most):
                some = slice(begin, begin + most)
                yield where[some], alike.at(some)

    def at(self, where: Indices | slice) -> Windows:
        """Return some of the windows."""
        return replace(self, starts=self.starts[where], ends=self.ends[where])

    def with_step(self, step: float) -> Windows:
        """Return the same windows in other buckets; a window that is one bucket stays one."""
        return self if self.whole else replace(self, step=step)

    def in_buckets(self, step: float) -> Windows:
        """Return the same windows in buckets, those that are one bucket too."""
        return replace(self, step=step)

    def with_lead(self, seconds: float) -> Windows:
        """Return the same windows with a longer lead; a window that is one bucket looks at nothing else."""
        return self if self.whole else replace(self, lead=self.lead + math.ceil(seconds / self.step))

    def earlier(self, seconds: float) -> Windows:
        """Return the windows ``seconds`` before; raises `NotModelled` if their buckets would not be these."""
        if not self.whole and seconds % self.step:
            raise NotModelled(f"a shift of {seconds:g} s, which is no multiple of the rollup interval {self.step:g} s")
        return replace(self, starts=self.starts - seconds, ends=self.ends - seconds)

    def cells(self, times: Floats, of_ranges: Callable[[Indices, Indices], Floats]) -> Floats:
        """Return ``(rows, windows, size)``: what ``of_ranges`` makes of the points in each bucket of each window.

        ``times`` is sorted; ``of_ranges`` takes where in it the buckets begin and end and returns ``(rows, ranges)``.
        """
        if self.whole:
            low, high = np.searchsorted(times, self.starts), np.searchsorted(times, self.ends)
            return of_ranges(low, high)[:, :, None]
        first, count = self._first() - self.lead, self.size
        base, number = first.min(), int(np.ptp(first)) + count
        edges = np.searchsorted(times, (base + np.arange(number + 1)) * self.step)
        shared = of_ranges(edges[:-1], edges[1:])
        rows = np.lib.stride_tricks.sliding_window_view(shared, count, axis=1)[:, (first - base).astype(np.intp)]
        cells = np.array(rows, order="C")
        self._cut(cells, times, of_ranges)
        return cells

    def _cut(self, cells: Floats, times: Floats, of_ranges: Callable[[Indices, Indices], Floats]) -> None:
        """Put in the buckets that an end of the window cuts."""
        heads = np.flatnonzero(self.starts % self.step)
        if len(heads):
            end = np.minimum((self._first()[heads] + 1) * self.step, self.ends[heads])
            cells[:, heads, self.lead] = of_ranges(
                np.searchsorted(times, self.starts[heads]), np.searchsorted(times, end)
            )
        tails = np.flatnonzero(self.ends % self.step)
        if len(tails):
            start = np.maximum(np.floor(self.ends[tails] / self.step) * self.step, self.starts[tails])
            cells[:, tails, -1] = of_ranges(np.searchsorted(times, start), np.searchsorted(times, self.ends[tails]))

    def _first(self) -> Floats:
        return np.floor(self.starts / self.step)

    def _numbers(self) -> Floats:
        return np.ceil(self.ends / self.step) - self._first()
