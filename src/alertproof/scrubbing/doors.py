"""The doors by which a platform takes what people send, as the proof of scrubbing uses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from alertproof.canaries import Canary, Run

__all__ = ["Door", "Side"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two runs at one door.

    ``api`` and ``pages`` are where the platform answers; ``mark`` is the correlation id to send, which is no secret;
    ``canaries`` are what to send, by the names of their fields.
    """

    run: Run
    api: str
    pages: str
    mark: str
    canaries: Mapping[str, Canary]

    def fields(self) -> dict[str, str]:
        """Return the canaries' texts by the names of their fields."""
        return {key: canary.text for key, canary in self.canaries.items()}

    def in_words(self) -> str:
        """Return those that show themselves in one running text."""
        return ", ".join(canary.text for canary in self.canaries.values() if canary.shows_itself)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One way in, and what fails behind it.

    ``send`` goes through it once; it raises `Broken` when the platform does not answer as the door needs it. ``kinds``
    are the names of the classes that go in by it, none for all; ``without_keys``: only those that show themselves.
    ``fault`` is put in force for the requests with the door's mark below ``path``; ``plant`` is the field of the canary
    that the failing code then holds by itself. ``shows`` are the places at which each of its canaries must come out
    with scrubbing off, as the report names them (``Sentry log`` or ``Sentry event of python, request``): only of these
    the silence with scrubbing on proves something. By a door with ``control_only`` a canary goes straight to a vendor:
    it proves that the search can see there, and the platform has no part in it.
    """

    name: str
    send: Callable[[Side], None]
    fault: str = ""
    path: str = "/api/*"
    plant: str = ""
    kinds: tuple[str, ...] = ()
    without_keys: bool = False
    control_only: bool = False
    shows: tuple[str, ...] = ()
