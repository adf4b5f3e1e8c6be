"""What is tidied up by the clock: imports that nobody will read any more, and status notes of long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import final

from sqlalchemy import delete, func, update

from m3core.database import Database, imports, status_notes
from m3core.status_notes import State

__all__ = ["NOTES_KEPT", "READ_WITHIN", "Tidied", "tidy"]

#: An import that waits for longer has lost its job, with the queue or the worker that had it in hand.
READ_WITHIN = timedelta(hours=1)
#: How long the note of a resolved incident is kept.
NOTES_KEPT = timedelta(days=90)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """How many imports were given up, and how many notes removed."""

    imports: int
    notes: int


def tidy(database: Database) -> Tidied:
    """Give up the imports that were lost, so that nobody waits for them, and remove old notes; in one transaction."""
    problem = {"line": 0, "reason": "this file was never read; send it again"}
    lost = (imports.c.state == "queued", imports.c.created_at < func.now() - READ_WITHIN)
    given_up = {"state": "failed", "content": None, "problems": [problem], "finished_at": func.now()}
    old = (status_notes.c.state == State.RESOLVED, status_notes.c.changed_at < func.now() - NOTES_KEPT)
    with database.writing() as connection:
        told = connection.execute(update(imports).where(*lost).values(given_up)).rowcount
        gone = connection.execute(delete(status_notes).where(*old)).rowcount
    return Tidied(imports=told, notes=gone)
