"""What the places of canaries come to: leaks, and whether the search could have seen any."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import final

from alertproof.canaries.left import Place, Places
from alertproof.canaries.planted import Canary, Run

__all__ = ["Cell", "Judgement", "judge"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One class at one door: where the control showed it, and where it leaked in spite of the scrubbing."""

    kind: str
    door: str
    control: tuple[Place, ...]
    leaked: tuple[Place, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All cells, and why silence may mean nothing: ``blind`` are sentences, none where the search could see."""

    cells: tuple[Cell, ...]
    blind: tuple[str, ...]

    @property
    def leaks(self) -> tuple[Cell, ...]:
        """The cells that leaked."""
        return tuple(cell for cell in self.cells if cell.leaked)


def judge(
    places: Places,
    canaries: Iterable[Canary],
    *,
    marks: Mapping[str, Mapping[Run, str]],
    sources: Iterable[str],
    shows: Mapping[str, Collection[str]] | None = None,
) -> Judgement:
    """Judge one proof.

    The search could see when each canary of the control came out somewhere and at each place that ``shows`` names by
    its door, when each of ``sources`` showed at least one of them, and when the scrubbed run left its mark (which is
    no secret, so it stays) in each source in which the control left its own. ``marks`` are the marks of both runs by
    door. A place is named as ``source`` or ``source, part``.
    """
    pairs: dict[tuple[str, str], dict[Run, Canary]] = {}
    for canary in canaries:
        pairs.setdefault((canary.kind, canary.door), {})[canary.run] = canary
    cells = tuple(
        Cell(
            kind=kind,
            door=door,
            control=_places(places, runs.get(Run.CONTROL)),
            leaked=_places(places, runs.get(Run.SCRUBBED)),
        )
        for (kind, door), runs in sorted(pairs.items())
    )
    blind = [*_unseen(cells), *_not_shown(cells, shows or {}), *_silent(cells, sources), *_missing(places, marks)]
    return Judgement(cells=cells, blind=tuple(blind))


def _places(places: Places, canary: Canary | None) -> tuple[Place, ...]:
    return tuple(sorted(places.of.get(canary.core, ()))) if canary else ()


def _unseen(cells: Iterable[Cell]) -> Iterable[str]:
    by_door: dict[str, list[str]] = {}
    for cell in cells:
        if not cell.control:
            by_door.setdefault(cell.door, []).append(cell.kind)
    for door, kinds in by_door.items():
        yield f"with scrubbing off, these came out nowhere by the door {door!r}: {', '.join(kinds)}"


def _not_shown(cells: Iterable[Cell], shows: Mapping[str, Collection[str]]) -> Iterable[str]:
    missing: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        seen = {name for place in cell.control for name in (place.source, place.where)}
        for name in shows.get(cell.door, ()) if cell.control else ():  # of what came out nowhere that is said already
            if name not in seen:
                missing.setdefault((cell.door, name), []).append(cell.kind)
    for (door, name), kinds in missing.items():
        yield f"with scrubbing off, these of the door {door!r} did not come out in {name!r}: {', '.join(kinds)}"


def _silent(cells: Iterable[Cell], sources: Iterable[str]) -> Iterable[str]:
    sources = {*sources}
    if not sources:
        yield "no source is named that must show a canary of the control, such as 'Datadog logs'"
    showed = {place.source for cell in cells for place in cell.control}
    for source in sorted(sources - showed):
        yield f"with scrubbing off, nothing came out in: {source}"


def _missing(places: Places, marks: Mapping[str, Mapping[Run, str]]) -> Iterable[str]:
    for door, mark in sorted(marks.items()):
        there = {run: {place.source for place in places.of.get(text, ())} for run, text in mark.items()}
        if not there.get(Run.CONTROL):
            yield f"the control's request by the door {door!r} left its mark nowhere"
        for source in sorted(there.get(Run.CONTROL, set()) - there.get(Run.SCRUBBED, set())):
            yield f"by the door {door!r} the control left its mark in {source}, the scrubbed run did not"
