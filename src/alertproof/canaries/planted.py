"""The canaries of one proof: one for each run, door and class, so that a find says by which door it came in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import final

from alertproof.canaries.kinds import KINDS, Kind, kind_named

__all__ = ["Canary", "Flock", "Run"]


class Run(StrEnum):
    """Whether a canary was sent to the platform that scrubs, or to the control, which does not."""

    SCRUBBED = "scrubbed"
    CONTROL = "control"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One planted secret: ``text`` is what is sent, ``core`` the part of it that is looked for."""

    run: Run
    door: str
    kind: str
    key: str
    shows_itself: bool
    text: str = field(repr=False)
    core: str = field(repr=False)


@final
class Flock:
    """Makes canaries, each once: the same run, door and class have the same one. ``seed`` decides all of them."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._known: dict[tuple[Run, str, str], Canary] = {}

    def of(self, run: Run, door: str, kind: Kind) -> Canary:
        """Return the canary of a class for one door of one run."""
        place = (run, door, kind.name)
        if place not in self._known:
            # A seed of text is hashed by the library itself, alike in every process.
            made = kind.make(Random(f"{self._seed}/{run}/{door}/{kind.name}"))  # noqa: S311 - not a key
            self._known[place] = Canary(
                run=run,
                door=door,
                kind=kind.name,
                key=kind.key,
                shows_itself=kind.shows_itself,
                text=made.text,
                core=made.core,
            )
        return self._known[place]

    def at(self, run: Run, door: str, *, kinds: Collection[str] = (), without_keys: bool = False) -> dict[str, Canary]:
        """Return a canary of each class for one door, by its key.

        ``kinds`` are the names of the classes, none for all; ``without_keys``: of those that show themselves.
        """
        named = [kind_named(name) for name in kinds] or KINDS
        wanted = (kind for kind in named if kind.shows_itself or not without_keys)
        return {kind.key: self.of(run, door, kind) for kind in wanted}

    def planted(self) -> tuple[Canary, ...]:
        """Return all canaries that were made."""
        return tuple(self._known.values())
