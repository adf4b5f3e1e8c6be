"""A proof's journal: the table of classes by doors, the sources, and what was expected. No canary stands in it."""

from __future__ import annotations

from collections.abc import Iterable

from alertproof.canaries import Cell, Run
from alertproof.journal import CanaryCell, ScrubbingJournal, SourceSearched
from alertproof.scrubbing.proof import Proven
from alertproof.verdict import Expectation, Verdict

__all__ = ["journal_of"]

_EVENTS = ("Sentry event", "Sentry, as stored")
_STORED = "Sentry, as stored"


def journal_of(proven: Proven, *, check: str, target: str, kept: tuple[str, ...] = ()) -> ScrubbingJournal:
    """Return what a proof came to, with its verdict: broken where the search was blind, failed where a canary left.

    ``kept`` are the files with what leaked.
    """
    judgement = proven.judgement
    leaks = [_told(cell) for cell in judgement.leaks]
    sees = Expectation(
        text="with scrubbing off, the same search sees every canary, and some in every source",
        met=not judgement.blind,
        last_seen="; ".join(judgement.blind),
    )
    none = Expectation(
        text="with scrubbing on, no canary is anywhere in what left", met=not leaks, last_seen="; ".join(leaks)
    )
    # A leak is a leak, whatever the search may have missed besides.
    verdict = Verdict.FAILED if leaks else Verdict.BROKEN if judgement.blind else Verdict.PASSED
    return ScrubbingJournal(
        check=check,
        target=target,
        verdict=verdict,
        reason="\n".join([*(f"leaked: {leak}" for leak in leaks), *judgement.blind]),
        began=proven.began,
        wall=proven.wall,
        cells=tuple(_cell(cell, sentry_scrubs=proven.sentry_scrubs) for cell in judgement.cells),
        sources=tuple(_sources(proven)),
        kept=kept,
        expectations=(none, sees),
    )


def _told(cell: Cell) -> str:
    return f"{cell.kind} by the door {cell.door!r}: {', '.join(map(str, cell.leaked))}"


def _cell(cell: Cell, *, sentry_scrubs: bool) -> CanaryCell:
    sources = {place.source for place in cell.control}
    came_to_sentry = any(source.startswith(_EVENTS) for source in sources)
    return CanaryCell(
        kind=cell.kind,
        door=cell.door,
        control=tuple(map(str, cell.control)),
        leaked=tuple(map(str, cell.leaked)),
        stored=_STORED in sources if sentry_scrubs and came_to_sentry else None,
    )


def _sources(proven: Proven) -> Iterable[SourceSearched]:
    control = [canary.core for canary in proven.canaries if canary.run is Run.CONTROL]
    for name in sorted(proven.places.items):
        seen = sum(any(place.source == name for place in proven.places.of.get(core, ())) for core in control)
        octets = proven.places.octets[name]
        yield SourceSearched(name=name, items=proven.places.items[name], octets=octets, canaries=seen)
