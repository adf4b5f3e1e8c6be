"""The series behind a query, looked up once and arranged so that numpy can take many of them at a time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from msgspec import Struct

from alertproof.datadog.evaluation.ranges import Ranks
from alertproof.datadog.query.matching import series_by_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alertproof.datadog.evaluation.frame import Flags, Frame
    from alertproof.datadog.evaluation.ranges import Indices
    from alertproof.datadog.query.tree import MetricQuery
    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats, MetricType, Series, SeriesStore

_Array = TypeVar("_Array", "Floats", "Flags")

__all__ = ["Block", "Pool", "Selection", "Source", "sketched"]


class Block(Struct, frozen=True, eq=False):
    """Series with the same times: ``rows`` are their numbers in the selection, ``values`` is ``(rows, points)``."""

    times: Floats
    rows: Indices
    values: Floats


class Pool(Struct, frozen=True, eq=False, dict=True):
    """The samples of a group of distributions, by time: merged in time and space at once [DIST-ROLLUP]."""

    times: Floats
    values: Floats

    accuracy: float | None = None
    """The relative error of the sketch that stands for the samples' order; None for none."""

    @cached_property
    def ranks(self) -> Ranks:
        return Ranks(self.values if self.accuracy is None else sketched(self.values, self.accuracy))


def sketched(values: Floats, accuracy: float) -> Floats:
    """Return what a DDSketch keeps of each value: the middle of its logarithmic bucket (Masson and others 2019).

    Sketches are merged by adding their buckets, so that the rank in a merged one is that among these values.
    """
    gamma = (1 + accuracy) / (1 - accuracy)
    with np.errstate(divide="ignore"):
        bucket = np.ceil(np.log(np.abs(values)) / np.log(gamma))
        middle = 2 * gamma**bucket / (gamma + 1)
    return np.where(values == 0, 0.0, np.sign(values) * middle)


def _stacked(rows: list[Floats]) -> Floats:
    """Return rows as one array; those that are one and the same, such as a constant, just once."""
    first = rows[0]
    same = all(row is first for row in rows)
    return np.broadcast_to(first, (len(rows), len(first))) if same else np.array(rows)


class Selection:
    """What a query selects: ``series``, each once, and per group (sorted) the numbers of its ``members``.

    ``kind`` is the metric's type, which series out of the query's scope tell too, and its declaration; None while
    there is neither.
    """

    def __init__(
        self, found: dict[Group, list[Series]], *, kind: MetricType | None = None, sketch_accuracy: float | None = None
    ) -> None:
        self.kind = kind
        self._accuracy = sketch_accuracy
        numbers: dict[int, int] = {}
        series: list[Series] = []
        self.groups: tuple[Group, ...] = tuple(sorted(found))
        members = []
        for group in self.groups:
            for each in found[group]:
                if numbers.setdefault(id(each), len(series)) == len(series):
                    series.append(each)
            members.append(tuple(numbers[id(each)] for each in found[group]))
        self.series: tuple[Series, ...] = tuple(series)
        self.members: tuple[tuple[int, ...], ...] = tuple(members)
        self._pools: dict[int, Pool] = {}

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Return the series arranged by their times."""
        alike: dict[tuple[float, ...], list[list[int]]] = {}
        for number, each in enumerate(self.series):
            size = len(each.times)
            shape = (size, each.times[0], each.times[-1]) if size else (0,)
            for rows in alike.setdefault(shape, []):
                first = self.series[rows[0]].times
                if first is each.times or np.array_equal(first, each.times):
                    rows.append(number)
                    break
            else:
                alike[shape].append([number])
        return tuple(
            Block(
                self.series[rows[0]].times,
                np.array(rows, dtype=np.intp),
                _stacked([self.series[row].values for row in rows]),
            )
            for several in alike.values()
            for rows in several
        )

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """Return per group the numbers of the blocks in which its members stand."""
        block_of = {row: number for number, block in enumerate(self.blocks) for row in block.rows.tolist()}
        return tuple(tuple(sorted({block_of[row] for row in rows})) for rows in self.members)

    def pool(self, group: int) -> Pool:
        """Return the samples of a group, by its number."""
        if group not in self._pools:
            members = [self.series[row] for row in self.members[group]]
            times = np.concatenate([each.times for each in members])
            order = np.argsort(times, kind="stable")
            values = np.concatenate([each.values for each in members])[order]
            self._pools[group] = Pool(times[order], values, self._accuracy)
        return self._pools[group]

    def by_group(self, of_times: Callable[[Floats], _Array], merge: np.ufunc) -> list[_Array]:
        """Compute something for each block's times and merge it over the blocks of each group."""
        computed = [of_times(block.times) for block in self.blocks]
        if len(computed) == 1:
            return computed * len(self.groups)
        merged: dict[tuple[int, ...], _Array] = {}
        for sources in self.sources:
            if sources not in merged:
                found = [computed[number] for number in sources]
                merged[sources] = found[0] if len(found) == 1 else merge.reduce(found, axis=0)
        return [merged[sources] for sources in self.sources]


class Source:
    """A store that remembers what each query selects from it; made anew for each evaluation.

    ``variables`` are what a formula calls by name. ``longest_fill`` bounds the seconds of a fill's limit;
    ``default_fills_buckets`` says that default() fills the empty buckets of a window that is reduced as a whole.
    """

    def __init__(
        self,
        store: SeriesStore,
        variables: Mapping[str, Frame] | None = None,
        *,
        sketch_accuracy: float | None = None,
        longest_fill: float = np.inf,
        default_fills_buckets: bool = False,
    ) -> None:
        self.store = store
        self.longest_fill = longest_fill
        self.default_fills_buckets = default_fills_buckets
        self._accuracy = sketch_accuracy
        self.variables: Mapping[str, Frame] = variables or {}
        self._selections: dict[MetricQuery, Selection] = {}

    def select(self, query: MetricQuery) -> Selection:
        """Return what the query selects."""
        if query not in self._selections:
            found, kind = series_by_group(query, self.store), self.store.kind(query.metric)
            self._selections[query] = Selection(found, kind=kind, sketch_accuracy=self._accuracy)
        return self._selections[query]
