"""Bytes that left, and the places in them at which canaries are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, final

from alertproof.canaries.search import Search

__all__ = ["Left", "Place", "Places", "places_in"]


def _whole() -> Mapping[str, bytes]:
    return {}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something that left the platform or the suite whole: an item, a request, a file.

    ``source`` says what it is and where it went; ``parts`` takes it apart by name, where that helps to say where in it
    a canary is. It is asked only where one is.
    """

    source: str
    octets: bytes = field(repr=False)
    parts: Callable[[], Mapping[str, bytes]] = _whole


class Place(NamedTuple):
    """Where a canary came out: of what, in which part of it, written how."""

    source: str
    part: str
    encoding: str

    @property
    def where(self) -> str:
        """The place without how it was written there."""
        return f"{self.source}, {self.part}" if self.part else self.source

    def __str__(self) -> str:
        encoding = "" if self.encoding == "as it is" else f" ({self.encoding})"
        return f"{self.where}{encoding}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What a search saw: the places of each canary by its core, and how much of each source was looked at."""

    of: Mapping[str, frozenset[Place]]
    items: Mapping[str, int]
    octets: Mapping[str, int]


def places_in(left: Iterable[Left], cores: Iterable[str]) -> Places:
    """Look for canaries in all that left."""
    search = Search(cores)
    found: dict[str, set[Place]] = defaultdict(set)
    items: dict[str, int] = defaultdict(int)
    octets: dict[str, int] = defaultdict(int)
    for each in left:
        items[each.source] += 1
        octets[each.source] += len(each.octets)
        whole = search.find(each.octets)
        if not whole:
            continue
        located = {name: search.find(part) for name, part in each.parts().items()}
        for core, sightings in whole.items():
            parts = [(name, seen[core]) for name, seen in located.items() if core in seen] or [("", sightings)]
            # The plainest way says most; the others are the same bytes read differently.
            found[core].update(Place(each.source, name, ways[0].encoding) for name, ways in parts)
    return Places(
        of={core: frozenset(places) for core, places in found.items()}, items=dict(items), octets=dict(octets)
    )
