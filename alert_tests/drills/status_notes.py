"""What the platform tells users of incidents, asked for at its status page's source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from alertproof.clock import SystemClock, wait_until
from alertproof.requirements import Target

__all__ = ["StatusNote", "notes_settled"]

#: Real time for the last webhook to arrive, and for a retry of it.
_ARRIVES = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class StatusNote:
    """A status note, in stack time to the second, as PagerDuty's API tells an incident's."""

    opened_at: datetime
    closed_at: datetime | None


def notes_settled(target: Target, *, since: datetime) -> list[StatusNote]:
    """Return the notes that opened ``since``, the oldest first: when none is open, or after ten seconds."""

    def read() -> list[StatusNote]:
        answer = httpx.get(f"{target.endpoints.m3core}/status", timeout=5).raise_for_status()
        notes = [
            StatusNote(opened_at=_second(row["opened_at"]), closed_at=row["closed_at"] and _second(row["closed_at"]))
            for row in answer.json()["notes"]
        ]
        return sorted((note for note in notes if note.opened_at >= since), key=lambda note: note.opened_at)

    def settled() -> list[StatusNote] | None:
        notes = read()
        return notes if notes and all(note.closed_at for note in notes) else None

    clock = SystemClock()
    found = wait_until(settled, clock=clock, deadline=clock.now() + _ARRIVES, every=timedelta(milliseconds=100))
    return read() if found is None else found


def _second(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=0)
