"""What a proof of scrubbing saw: which canary came out where, without the canaries themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from alertproof.verdict import Expectation, Verdict

__all__ = ["CanaryCell", "ScrubbingJournal", "SourceSearched"]


class CanaryCell(msgspec.Struct, frozen=True, kw_only=True):
    """One class of secrets by one door.

    ``control`` are the places at which it came out with scrubbing off, ``leaked`` those at which it came out in spite
    of the scrubbing. ``stored`` says whether Sentry would still have stored the control's after its own scrubbing;
    None where nothing of it came to Sentry as an event, or where Sentry is a stand-in without Relay's library.
    """

    kind: str
    door: str
    control: tuple[str, ...] = ()
    leaked: tuple[str, ...] = ()
    stored: bool | None = None


class SourceSearched(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing that left, how much of it was searched, and how many canaries of the control were in it."""

    name: str
    items: int
    octets: int
    canaries: int


class ScrubbingJournal(msgspec.Struct, frozen=True, kw_only=True):
    """One proof of scrubbing; ``kept`` are files with the bytes that leaked, relative to the folder of reports."""

    check: str
    target: str
    verdict: Verdict
    reason: str = ""
    began: datetime
    wall: timedelta
    cells: tuple[CanaryCell, ...] = ()
    sources: tuple[SourceSearched, ...] = ()
    kept: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()
