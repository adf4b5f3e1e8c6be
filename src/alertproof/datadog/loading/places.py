"""Where the values of a file stand: the extent of each, and the place of each character of a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Extent", "Extents", "Path", "Place", "json_extents", "json_string", "place_at", "repeated_key"]

#: The keys and indexes that lead to a value: ``("options", "thresholds", "critical")``.
Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)


class Place(NamedTuple):
    """A line and a column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a value stands: character offsets into the file, ``start <= end``, quotes included.

    ``offsets`` are, for a text, those of each of its characters; behind the last comes the closing quote.
    """

    start: int
    end: int
    offsets: Sequence[int] = ()

    def within(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the file of a part of the text; those of all of it where it is no text."""
        if not self.offsets:
            return self.start, self.end
        last = len(self.offsets) - 1
        first = min(start, last)
        begins, ends = self.offsets[first], self.offsets[min(max(end, first), last)]
        return begins, max(begins, ends)


class Extents:
    """The extents of all values of a file, by their paths."""

    def __init__(self, found: Mapping[Path, Extent]) -> None:
        self._found = found
        self._below: dict[int, dict[Path, dict[Path, Extent]]] = {}

    def below(self, path: Path) -> Mapping[Path, Extent]:
        """Return those of a value and of what it holds, by the paths from there.

        The first call sorts them by all paths of that length, so that many monitors take no longer than one.
        """
        depth = len(path)
        if depth not in self._below:
            sorted_out = self._below[depth] = {}
            for each, extent in self._found.items():
                if len(each) >= depth:
                    sorted_out.setdefault(each[:depth], {})[each[depth:]] = extent
        return self._below[depth].get(path, {})


def place_at(text: str, offset: int) -> Place:
    """Return the place of a character of a file."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def json_string(text: str, start: int, end: int) -> Extent:
    """Return the extent of a JSON text whose quotes are at ``start`` and ``end - 1``."""
    if text.find("\\", start, end) < 0:
        return Extent(start, end, range(start + 1, end))
    found = [match.start() for match in _CHARACTER.finditer(text, start + 1, end - 1)]
    return Extent(start, end, (*found, end - 1))


def json_extents(text: str, start: int = 0, end: int | None = None) -> dict[Path, Extent]:
    """Return the extent of every value of a JSON text that is known to be well formed; of two like keys the last.

    The JSON text may be a part of ``text``, in which its offsets count.
    """
    return dict(_Scanner(text, start, len(text) if end is None else end).values())


def repeated_key(text: str, key: str) -> int:
    """Return the offset at which a key stands for the second time in one object of a well-formed JSON text, else 0."""
    scanner = _Scanner(text, 0, len(text))
    for _ in scanner.values():
        if key in scanner.repeated:
            return scanner.repeated[key]
    return 0


class _Scanner:
    """Follows the tokens of a well-formed JSON text with the path to where it is."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._tokens = _TOKEN.finditer(text, start, end)
        self._path: list[str | int] = []
        self._starts: list[int] = []
        self._keys: list[set[str]] = []
        #: Keys that stand in one object more than once, with the offset of the first that is one too many.
        self.repeated: dict[str, int] = {}

    def values(self) -> Iterator[tuple[Path, Extent]]:
        expects_key = False
        for match in self._tokens:
            sign = match.group()
            if sign in "{[":
                self._starts.append(match.start())
                self._keys.append(set())
                self._path.append(0 if sign == "[" else "")
                expects_key = sign == "{"
            elif sign in "}]":
                self._path.pop()
                self._keys.pop()
                yield tuple(self._path), Extent(self._starts.pop(), match.end())
                expects_key = False
            elif sign == ",":
                at = self._path[-1]
                expects_key = isinstance(at, str)
                if isinstance(at, int):
                    self._path[-1] = at + 1
            elif sign == ":":
                expects_key = False
            elif expects_key:
                self._path[-1] = _key(sign)
                self._note(match)
            else:
                yield tuple(self._path), self._value(match)

    def _note(self, match: re.Match[str]) -> None:
        key = json.loads(match.group(), strict=False) if "\\" in match.group() else _key(match.group())
        if key in self._keys[-1]:
            self.repeated.setdefault(key, match.start())
        self._keys[-1].add(key)

    def _value(self, match: re.Match[str]) -> Extent:
        if match.group().startswith('"'):
            return json_string(self._text, *match.span())
        return Extent(*match.span())


def _key(sign: str) -> str:
    # Keys of monitors have no escapes; one that has is kept as written.
    return sign[1:-1]
