"""Status notes: what users are told while an incident is open. Vendors' webhooks open and close them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import final

from sqlalchemy import Connection, RowMapping, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from m3core.database import Database, status_notes, webhook_events

__all__ = ["REMEMBERED", "Change", "Source", "State", "StatusNotes", "Taken"]

#: How long an event's id is kept: longer than a replay of it is taken at all (`m3core.webhooks.OLDEST`).
REMEMBERED = timedelta(days=7)

_OPEN_SHOWN = 100
_CLOSED_SHOWN = 20


class Source(StrEnum):
    """Who told of an incident."""

    PAGERDUTY = "pagerduty"
    DATADOG = "datadog"


class State(StrEnum):
    """How far an incident is; the later a state stands here, the more it weighs of two of one instant."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event of an incident. ``incident`` is its name at the source; ``event_id`` is the same in every retry."""

    source: Source
    event_id: str
    incident: str
    title: str
    state: State
    at: datetime


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Whether an event was new, and the number of its note while that is not annotated."""

    new: bool
    bare: int | None


@final
class StatusNotes:
    """Keeps a note for each incident, and which events were seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, change: Change) -> Taken:
        """Apply an event once.

        Events come in any order: an incident's state is that of its latest event, and its note opens at the first.
        In one transaction: an event whose change was not kept is not kept as seen, and its retry is taken. Each event
        takes with it those that were `REMEMBERED` for long enough.
        """
        with self._database.writing() as connection:
            connection.execute(delete(webhook_events).where(webhook_events.c.received_at < func.now() - REMEMBERED))
            seen = insert(webhook_events).values(source=change.source, event_id=change.event_id)
            new = connection.execute(seen.on_conflict_do_nothing().returning(webhook_events.c.event_id)).first()
            if new is not None:
                _apply(connection, change)
            mine = (status_notes.c.source == change.source, status_notes.c.incident == change.incident)
            bare = select(status_notes.c.id).where(*mine, status_notes.c.annotated_at.is_(None))
            return Taken(new=new is not None, bare=connection.scalar(bare))

    @contextmanager
    def annotating(self, note_id: int) -> Iterator[RowMapping | None]:
        """Yield a note that is to be annotated, None for one that is or is being; it counts as done at the end.

        Where the block raises it does not, so that it can be tried again.
        """
        bare = select(status_notes).where(status_notes.c.id == note_id, status_notes.c.annotated_at.is_(None))
        with self._database.writing() as connection:
            note = connection.execute(bare.with_for_update(skip_locked=True)).mappings().one_or_none()
            yield note
            if note is not None:
                mine = status_notes.c.id == note_id
                connection.execute(update(status_notes).where(mine).values(annotated_at=func.now()))

    def recent(self) -> list[RowMapping]:
        """Return the notes of what is open, the newest first, then of what was resolved last."""
        is_closed = status_notes.c.state == State.RESOLVED
        is_open = select(status_notes).where(~is_closed).order_by(status_notes.c.opened_at.desc()).limit(_OPEN_SHOWN)
        closed = select(status_notes).where(is_closed).order_by(status_notes.c.changed_at.desc()).limit(_CLOSED_SHOWN)
        with self._database.reading() as connection:
            return [row for query in (is_open, closed) for row in connection.execute(query).mappings()]


def _apply(connection: Connection, change: Change) -> None:
    """Make or move an incident's note; of two events of one instant, the state that weighs more stays."""
    weight = list(State).index(change.state)
    fresh = insert(status_notes).values(
        source=change.source,
        incident=change.incident,
        title=change.title,
        state=change.state,
        weight=weight,
        opened_at=change.at,
        changed_at=change.at,
    )
    earlier = fresh.on_conflict_do_update(
        index_elements=["source", "incident"],
        set_={"opened_at": func.least(status_notes.c.opened_at, change.at)},
    )
    connection.execute(earlier)
    later = or_(
        status_notes.c.changed_at < change.at,
        and_(status_notes.c.changed_at == change.at, status_notes.c.weight < weight),
    )
    mine = (status_notes.c.source == change.source, status_notes.c.incident == change.incident, later)
    connection.execute(
        update(status_notes).where(*mine).values(state=change.state, weight=weight, changed_at=change.at)
    )
