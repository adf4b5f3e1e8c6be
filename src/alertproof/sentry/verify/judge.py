"""Judges an event: everything that is not as expected is said at once, wanted beside found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from alertproof.errors import ConfigError
from alertproof.sentry.verify.expect import Expected
from alertproof.sentry.verify.seen import SentryEvent

__all__ = ["Judged", "complaint", "difference", "judge"]


class Judged(Struct, frozen=True, kw_only=True):
    """One expectation after it was judged; ``met`` is None where nothing was there to judge by."""

    what: str
    wanted: str
    met: bool | None
    found: str


def judge(event: SentryEvent, expected: Iterable[Expected]) -> tuple[Judged, ...]:
    """Judge an event; raises `ConfigError` when nothing is expected of it."""
    judged = []
    for one in expected:
        met, found = one.look(event)
        judged.append(Judged(what=one.what, wanted=one.wanted, met=met, found=found))
    if not judged:
        raise ConfigError(f"nothing is expected of {event}: say what, such as environment('prod')")
    return tuple(judged)


def difference(judged: Sequence[Judged]) -> list[str]:
    """Return the lines that set wanted beside found, of what was not met; then what was met, in one line."""
    unmet, met = [one for one in judged if not one.met], [one for one in judged if one.met]
    width = max((len(one.what) for one in unmet), default=0)
    lines = []
    for one in unmet:
        lines.append(f"  {one.what:<{width}}  expected {one.wanted}")
        lines.append(f"  {'':<{width}}  {'found' if one.met is False else 'cannot tell:'} {one.found}")
    if met and unmet:
        lines.append(f"  {'met':<{width}}  {', '.join(one.what for one in met)}")
    return lines


def complaint(subject: str, judged: Sequence[Judged], *notes: str) -> str:
    """Return what is not as expected of a subject, with notes on where to look it up; empty when all is."""
    if all(one.met for one in judged):
        return ""
    return "\n".join([f"{subject} is not as expected", *difference(judged), *(f"  {note}" for note in notes if note)])
