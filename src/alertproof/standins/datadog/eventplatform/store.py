"""Where records are kept: so many of each kind, and so much of it, in the order of their time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from alertproof.telemetry.records import Record, RecordStore, Value

__all__ = ["Kept", "RecordLog", "flat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One record as it is shown, and what a search sees of it; ``record.at`` is stack time in epoch seconds.

    ``size`` is that of what is shown, as JSON; 0 for one that is kept elsewhere.
    """

    id: str
    record: Record
    shown: Mapping[str, Any]
    size: int = 0


class RecordLog:
    """Records by kind; the oldest of a kind are forgotten beyond a number, or a size in bytes, and counted."""

    LIMIT = 100_000
    SIZE = 256 * 1024 * 1024

    def __init__(self) -> None:
        self._kept: dict[str, list[Kept]] = {}
        self._made: dict[str, Callable[[float, float], Iterable[Kept]]] = {}
        self._sizes: dict[str, int] = {}
        self._number = 0
        self.forgotten = 0

    def made_of(self, kind: str, between: Callable[[float, float], Iterable[Kept]]) -> None:
        """Let records of a kind be made when they are asked for: of ``[start, end]``, in order (epoch seconds)."""
        self._made[kind] = between

    def add(self, kind: str, record: Record, shown: Mapping[str, Any]) -> Kept:
        """Keep a record."""
        self._number += 1
        size = len(msgspec.json.encode(shown))
        kept = Kept(id=f"AQAAA{self._number:019d}", record=record, shown=shown, size=size)
        records = self._kept.setdefault(kind, [])
        insort(records, kept, key=_at)
        self._sizes[kind] = self._sizes.get(kind, 0) + size
        while len(records) > self.LIMIT or self._sizes[kind] > self.SIZE:
            # In lumps: forgetting one at a time would move all the others each time.
            oldest = records[: max(1, len(records) // 10)]
            del records[: len(oldest)]
            self._sizes[kind] -= sum(each.size for each in oldest)
            self.forgotten += len(oldest)
        return kept

    def remove(self, kind: str, kept: Kept) -> None:
        """Forget a record that another replaces, if it is still there."""
        records = self._kept.get(kind, [])
        for number in range(bisect_left(records, kept.record.at, key=_at), len(records)):
            if records[number] is kept:
                del records[number]
                self._sizes[kind] -= kept.size
                return
            if records[number].record.at > kept.record.at:
                return

    def count(self, kind: str) -> int:
        """Return how many records of a kind are kept."""
        return len(self._kept.get(kind, ()))

    def between(self, kind: str, start: datetime, end: datetime) -> Sequence[Kept]:
        """Return the records with ``start <= at <= end``, oldest first."""
        if kind in self._made:
            return list(self._made[kind](start.timestamp(), end.timestamp()))
        records = self._kept.get(kind, [])
        low = bisect_left(records, start.timestamp(), key=_at)
        return records[low : bisect_right(records, end.timestamp(), key=_at)]

    def since(self, start: datetime) -> RecordStore:
        """Return all records at or after ``start``, as monitors are evaluated over; gathered by kind, when asked for.

        A monitor asks for one kind, and of the others there may be thousands.
        """
        store, first = RecordStore(), start.timestamp()
        for kind, records in self._kept.items():
            store.made_of(kind, partial(_records_since, records, first))
        for kind, between in self._made.items():
            store.made_of(kind, partial(_made_since, between, first))
        return store


def _records_since(records: Sequence[Kept], first: float) -> Iterator[Record]:
    return (kept.record for kept in records[bisect_left(records, first, key=_at) :])


def _made_since(between: Callable[[float, float], Iterable[Kept]], first: float) -> Iterator[Record]:
    return (kept.record for kept in between(first, float("inf")))


def _at(kept: Kept) -> float:
    return kept.record.at


def flat(attributes: Mapping[str, Any], path: str = "") -> dict[str, Value]:
    """Return nested attributes by path, ``http.status_code``; what is in a list is found as its first value."""
    found: dict[str, Value] = {}
    for name, value in attributes.items():
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, Mapping):
            found |= flat(inner, f"{path}{name}.")
        elif isinstance(inner, bool | str):
            found[f"{path}{name}"] = inner
        elif isinstance(inner, int | float):
            found[f"{path}{name}"] = float(inner)
    return found
