"""Metric series, columnar: what a platform reported, by metric and tag set.

Times are epoch seconds (stack time on a stack), values are floats; both are numpy ``float64`` arrays.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from alertproof.errors import Broken

if TYPE_CHECKING:
    from alertproof.tags import Tags

__all__ = ["RETENTION", "Floats", "MetricType", "Series", "SeriesStore"]

Floats = NDArray[np.float64]
#: How long before its series' newest point one is kept: the longest evaluation window, a month, and some days.
RETENTION = timedelta(days=35)
_FIRST_CAPACITY = 16
_NOTHING: Floats = np.empty(0)


class MetricType(StrEnum):
    """What a metric's points mean; it changes how a query reads them [TYPES]."""

    COUNT = "count"
    RATE = "rate"
    GAUGE = "gauge"
    DISTRIBUTION = "distribution"


class Series(Struct, frozen=True, kw_only=True, eq=False):
    """One metric under one tag set.

    ``times`` is sorted. For count, rate and gauge it holds whole seconds, each once; for a distribution
    every raw sample is there and several may share a time. ``interval`` is the metric's own, in seconds,
    where the sender said it. The arrays are read-only views into the store.
    """

    metric: str
    tags: Tags
    kind: MetricType
    interval: int | None
    times: Floats
    values: Floats

    def between(self, start: float, end: float) -> tuple[Floats, Floats]:
        """Return the times and values with ``start <= time < end``."""
        first, last = np.searchsorted(self.times, (start, end))
        return self.times[first:last], self.values[first:last]


class _Column:
    """A growing pair of arrays; appends in order cost O(1) amortised, others are sorted in when read."""

    __slots__ = ("_disordered", "_retention", "_size", "_times", "_values", "interval", "one_per_second")

    def __init__(self, *, one_per_second: bool, retention: timedelta | None) -> None:
        self.one_per_second = one_per_second
        self._retention = retention
        self.interval: int | None = None
        self._times: Floats = _NOTHING
        self._values: Floats = _NOTHING
        self._size = 0
        self._disordered = False

    def append(self, times: Floats, values: Floats) -> None:
        if not len(times):
            return  # arrays that are full may be with a reader and cannot be written to
        if self.one_per_second:
            times = np.floor(times + 0.5)
        end = self._size + len(times)
        if not self._size and end > len(self._times):
            self._times, self._values = times.copy(), values.copy()
        else:
            if end > len(self._times):
                self._make_room(times)
                end = self._size + len(times)
            self._times[self._size : end] = times
            self._values[self._size : end] = values
        # Equal neighbours count as disorder for one-per-second kinds: the later of the two wins.
        line = self._times[max(0, self._size - 1) : end]
        before, after = line[:-1], line[1:]
        self._disordered |= bool((after <= before if self.one_per_second else after < before).any())
        self._size = end

    def begin(self, times: Floats, values: Floats) -> bool:
        """Take ascending times that other columns share; tell whether they were taken, as the first points are."""
        if self._size:
            return False
        # There is no room behind them: what is appended makes new arrays. Values that nobody can change may be shared.
        own = values if values.base is None and not values.flags.writeable else values.copy()
        self._times, self._values, self._size = times, own, len(times)
        return True

    def arrays(self) -> tuple[Floats, Floats]:
        if self._disordered:
            self._put_in_order()
        times, values = self._times, self._values
        if self._size < len(times):
            times, values = times[: self._size], values[: self._size]
        times.flags.writeable = values.flags.writeable = False
        return times, values

    def _make_room(self, coming: Floats) -> None:
        """Forget what is too old by the newest point; only now, so that an append stays O(1) amortised."""
        if self._retention is not None and self._size:
            times = self._times[: self._size]
            kept = times >= max(times.max(), coming.max()) - self._retention.total_seconds()
            # New arrays, as in _put_in_order.
            self._times, self._values = times[kept], self._values[: self._size][kept]
            self._size = len(self._times)
        self._grow(self._size + len(coming))

    def _grow(self, needed: int) -> None:
        capacity = max(needed, 2 * len(self._times), _FIRST_CAPACITY)
        for name in ("_times", "_values"):
            grown = np.empty(capacity)
            grown[: self._size] = getattr(self, name)[: self._size]
            setattr(self, name, grown)

    def _put_in_order(self) -> None:
        order = np.argsort(self._times[: self._size], kind="stable")
        times, values = self._times[order], self._values[order]
        if self.one_per_second:
            last_written = np.append(np.diff(times) > 0, True)
            times, values = times[last_written], values[last_written]
        # New arrays, so that a view handed out earlier keeps what it showed.
        self._times, self._values, self._size = times, values, len(times)
        self._disordered = False


class SeriesStore:
    """Series by metric and tag set. One thread writes and reads.

    Points older than ``retention`` before their series' newest are forgotten when the series grows; None keeps all.
    """

    def __init__(self, *, retention: timedelta | None = RETENTION) -> None:
        self._retention = retention
        self._columns: dict[str, dict[Tags, _Column]] = {}
        self._kinds: dict[str, MetricType] = {}
        self._declared: dict[str, MetricType] = {}
        self._lately: tuple[Floats, bool, Floats | None] | None = None
        self._selected: dict[str, tuple[Series, ...]] = {}

    def write(
        self,
        metric: str,
        tags: Tags,
        kind: MetricType,
        at: float,
        value: float,
        *,
        interval: int | None = None,
    ) -> None:
        """Add one point at ``at`` epoch seconds.

        For count, rate and gauge ``at`` is rounded to the second and the last write of a second wins
        [INTRO]. Raises `Broken` if the metric has points of another kind, or for a value that is no number.
        """
        self.extend(metric, tags, kind, np.array([at]), np.array([value]), interval=interval)

    def extend(
        self,
        metric: str,
        tags: Tags,
        kind: MetricType,
        times: Floats,
        values: Floats,
        *,
        interval: int | None = None,
        are_numbers: bool = False,
    ) -> None:
        """Add many points at once; as :meth:`write` for each. The two arrays are of one length.

        With ``are_numbers`` somebody has looked already whether all times and values are finite.
        """
        times, values = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
        if times.shape != values.shape:
            raise Broken(f"metric {metric!r}: {times.size} times for {values.size} values")
        shared = self._shared(times, one_per_second=kind is not MetricType.DISTRIBUTION)
        if not (are_numbers or ((shared is not None or np.isfinite(times).all()) and np.isfinite(values).all())):
            raise Broken(f"metric {metric!r}: a time or value is not a finite number")
        known = self._kinds.setdefault(metric, kind)
        if known is not kind:
            raise Broken(f"metric {metric!r} is a {known}, and now a point of type {kind} arrives for it")
        columns = self._columns.setdefault(metric, {})
        if tags not in columns:
            columns[tags] = _Column(one_per_second=kind is not MetricType.DISTRIBUTION, retention=self._retention)
        column = columns[tags]
        self._selected.pop(metric, None)
        if interval is not None:
            column.interval = interval
        if shared is None or not column.begin(shared, values):
            column.append(times, values)

    def _shared(self, times: Floats, *, one_per_second: bool) -> Floats | None:
        """Return times that nobody can change as their columns keep them, if they ascend: often many series have them.

        They are looked at once, when they come for the first time in a row.
        """
        if times.flags.writeable or not len(times):
            return None
        if self._lately is None or self._lately[0] is not times or self._lately[1] is not one_per_second:
            kept = np.floor(times + 0.5) if one_per_second else times.copy()
            ascends = bool(np.isfinite(kept).all() and (kept[1:] > kept[:-1]).all())
            self._lately = (times, one_per_second, kept if ascends else None)
        return self._lately[2]

    def select(self, metric: str) -> tuple[Series, ...]:
        """Return the series of a metric, in the order they first appeared; ``()`` for an unknown one."""
        if metric in self._selected:
            return self._selected[metric]
        found = []
        for tags, column in self._columns.get(metric, {}).items():
            times, values = column.arrays()
            found.append(
                Series(
                    metric=metric,
                    tags=tags,
                    kind=self._kinds[metric],
                    interval=column.interval,
                    times=times,
                    values=values,
                )
            )
        self._selected[metric] = tuple(found)
        return self._selected[metric]

    def declare(self, metric: str, kind: MetricType) -> None:
        """Say the type of a metric that may have no points yet; those that it has, or gets, tell it better."""
        self._declared[metric] = kind

    def kind(self, metric: str) -> MetricType | None:
        """Return the type of a metric, by its points or as declared; None for an unknown one."""
        return self._kinds.get(metric) or self._declared.get(metric)

    def metrics(self) -> tuple[str, ...]:
        """Return the names of all metrics that have points, sorted."""
        return tuple(sorted(self._columns))
