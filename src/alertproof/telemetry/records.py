"""Event records, columnar: what happened once, with its attributes, tags and text.

A column holds each distinct value once, so that a search looks at values and not at records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from alertproof.errors import Broken

if TYPE_CHECKING:
    from alertproof.tags import Tags
    from alertproof.telemetry.series import Floats

__all__ = ["Column", "Record", "RecordStore", "Records", "Value"]

Value = str | float | bool
_NO_NUMBERS: NDArray[np.intp] = np.empty(0, dtype=np.intp)


class Record(Struct, frozen=True, kw_only=True):
    """One record at ``at`` epoch seconds; ``attributes`` are by path, such as ``http.status_code``."""

    at: float
    attributes: Mapping[str, Value]
    tags: Tags = frozenset()
    text: str = ""


class Column(Struct, frozen=True, eq=False):
    """One value for each record: the numbers of ``distinct``, -1 where a record has none."""

    codes: NDArray[np.intp]
    distinct: tuple[object, ...]

    def where(self, holds: Iterable[bool]) -> NDArray[np.bool_]:
        """Return which records have a value that holds, given one answer for each distinct value."""
        answers = np.array([*holds, False], dtype=bool)
        found: NDArray[np.bool_] = answers[self.codes]
        return found


class Records:
    """The records of one kind, in the order of time."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = sorted(records, key=lambda record: record.at)
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, number: int) -> Record:
        return self._records[number]

    @cached_property
    def times(self) -> Floats:
        """Return when each record was, sorted."""
        return np.array([record.at for record in self._records], dtype=np.float64)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of all attributes that any record has, sorted."""
        return tuple(sorted({name for record in self._records for name in record.attributes}))

    def attribute(self, name: str) -> Column:
        """Return the values of an attribute."""
        if name not in self._columns:
            self._columns[name] = _column(record.attributes.get(name) for record in self._records)
        return self._columns[name]

    @cached_property
    def tags(self) -> Column:
        """Return the tags of each record as a whole."""
        return _column(record.tags for record in self._records)

    @cached_property
    def texts(self) -> Column:
        """Return the text of each record."""
        return _column(record.text for record in self._records)


def _column(values: Iterable[object]) -> Column:
    numbers: dict[tuple[type, object], int] = {}
    # By type too: True, 1 and 1.0 are equal and are three different values.
    codes = [-1 if value is None else numbers.setdefault((type(value), value), len(numbers)) for value in values]
    return Column(
        np.array(codes, dtype=np.intp) if codes else _NO_NUMBERS,
        tuple(value for _, value in numbers),
    )


class RecordStore:
    """Records by kind, such as ``logs``. One thread writes and reads."""

    def __init__(self) -> None:
        self._written: dict[str, list[Record]] = {}
        self._made: dict[str, Callable[[], Iterable[Record]]] = {}
        self._sorted: dict[str, Records] = {}

    def made_of(self, kind: str, records: Callable[[], Iterable[Record]]) -> None:
        """Let the records of a kind be gathered when they are first asked for: most kinds never are."""
        self._made[kind] = records

    def write(self, kind: str, record: Record) -> None:
        """Add one record; raises `Broken` for one at no time."""
        if not np.isfinite(record.at):
            raise Broken(f"a record of {kind} at {record.at}")
        self._written.setdefault(kind, []).append(record)
        self._sorted.pop(kind, None)

    def select(self, kind: str) -> Records:
        """Return all records of a kind."""
        if kind not in self._sorted:
            made = self._made.get(kind)
            self._sorted[kind] = Records([*self._written.get(kind, ()), *(made() if made else ())])
        return self._sorted[kind]

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that have records, or may have some when they are asked for, sorted."""
        return tuple(sorted(self._written.keys() | self._made.keys()))
