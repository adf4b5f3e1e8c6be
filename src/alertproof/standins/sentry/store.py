"""What the Sentry stand-in keeps: envelopes as bytes; events, issues, rows and all other items in stack time.

Envelopes are kept when they arrive and read when somebody asks, so that ingest costs little next to the platform that
is measured.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertproof.clock import Anchor
from alertproof.errors import ConfigError
from alertproof.sentry import Event, EventError, Item, Row, parse_envelope, read_container, read_event
from alertproof.sentry.event import sample_rate_of
from alertproof.sentry.rows import Dataset, transaction_fields, transaction_spans
from alertproof.sentry.sessions import read_sessions
from alertproof.standins.bounded import Bounded
from alertproof.standins.ledger import Ledger, LedgerError
from alertproof.standins.sentry.issues import Issue, Issues, Placed, Project, Stored
from alertproof.standins.sentry.outcomes import Key, Outcomes, measured, reported
from alertproof.standins.sentry.sessions import Sessions
from alertproof.standins.sentry.waiting import Received, Waiting

__all__ = ["KeptItem", "Received", "Store"]

#: Bytes of each list at most. What is read weighs a few times its bytes.
_BYTES = 64 * 1024 * 1024
_READ_AS_ROWS = frozenset({"log", "span", "trace_metric"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptItem:
    """One item that was accepted, of whatever type, with the id of its envelope's event."""

    sequence: int
    project: Project
    event_id: str | None
    item: Item
    at: datetime

    @property
    def order(self) -> tuple[datetime, int]:
        """Sorts by when it arrived."""
        return self.at, self.sequence


class Store:
    """What one stand-in has received, the newest of it. Used from one event loop only.

    ``kept`` bounds envelopes, events, items, rows and drops, each by itself, and each list also holds at most 64 MiB
    of payloads: beyond, the oldest is forgotten. An issue goes with its last event.
    """

    #: Far above what a drill sends.
    KEPT = 50_000

    def __init__(self, projects: Iterable[Project], anchor: Anchor, *, kept: int = KEPT, size: int = _BYTES) -> None:
        self.projects = tuple(projects)
        if not self.projects:
            raise ConfigError("a Sentry stand-in needs at least one project (--projects)")
        identities = [project.project_id for project in self.projects]
        if len(set(identities)) < len(identities):
            raise ConfigError(f"two Sentry projects have one project_id: {', '.join(sorted(identities))}")
        self.anchor = anchor
        self.received: Bounded[Received] = Bounded(count=kept, size=size)
        self.outcomes = Outcomes()
        self.sessions = Sessions(kept=kept)
        #: Called with each error event as it is read.
        self.watchers: list[Callable[[Stored], None]] = []
        #: What server-side scrubbing makes of the payload of a project's event or transaction.
        self.scrub: Callable[[Project, bytes], bytes] = lambda _project, payload: payload
        self._dropped: deque[dict[str, str]] = deque(maxlen=kept)
        #: Does what makes an envelope visible; a knob that delays sight does it later.
        self.later: Callable[[Callable[[], None]], None] = lambda action: action()
        self.waiting = Waiting(self.projects, count=kept, size=size)
        self._visible = 0
        self._events: Bounded[Stored] = Bounded(count=kept, size=size)
        self._items: Bounded[KeptItem] = Bounded(count=kept, size=size)
        self._rows: Bounded[Placed] = Bounded(count=kept, size=size)
        self._sequence = 0
        self._by_id: dict[tuple[str, str], Stored] = {}
        self._issues = Issues()

    def project_for(self, project_id: str, public_key: str) -> Project | None:
        """Return the project that the key may write to, or None."""
        wanted = (project_id, public_key)
        found = (each for each in self.projects if (each.project_id, each.public_key) == wanted)
        return next(found, None)

    def keep_in(self, ledger: Ledger) -> None:
        """Write every envelope to a ledger before it is acknowledged, from now on."""
        self.waiting.keep_in(ledger)

    def accept(self, received: Received) -> None:
        """Keep an envelope, which must be one; raises `LedgerError` if there is no room or it cannot be written."""
        if self.waiting.is_full:
            # Only where what is older could not be read: as long as that is so nothing more is kept.
            self._read_next()
        self.waiting.add(received)
        self.received.add(received, len(received.raw))
        self.later(self._show)
        # It is kept, whatever becomes of older ones. One by one, so that no request waits for a heap to be read.
        with contextlib.suppress(LedgerError):
            while self.waiting.is_full:
                self._read_next()

    def accept_again(self, record: bytes) -> None:
        """Keep an envelope of a ledger that outlived its process, as at its time."""
        received = self.waiting.again(record)
        self.received.add(received, len(received.raw))
        self._show()
        while self.waiting.is_full:
            self._read_next()

    def refuse(self, received: Received, reason: str) -> None:
        """Count an envelope that is not kept."""
        for item in parse_envelope(received.data).items:
            self._count(received, item, "invalid", reason)

    def events(self, projects: Iterable[Project]) -> list[Stored]:
        """Return the events of the projects, newest first."""
        self.settle()
        chosen = {project.project_id for project in projects}
        found = [stored for stored in self._events if stored.project.project_id in chosen]
        return sorted(found, key=lambda stored: stored.order, reverse=True)

    def event(self, project: Project, event_id: str) -> Stored | None:
        """Return an event by its id, or None."""
        self.settle()
        return self._by_id.get((project.project_id, event_id.replace("-", "").lower()))

    def issues(self, projects: Iterable[Project]) -> list[Issue]:
        """Return the issues of the projects, the one seen last first."""
        self.settle()
        return self._issues.of(projects)

    def rows(self, dataset: Dataset, projects: Iterable[Project]) -> list[Placed]:
        """Return the rows of a data set, newest first."""
        self.settle()
        chosen = {project.project_id for project in projects}
        found = [row for row in self._rows if row.row.dataset == dataset and row.project.project_id in chosen]
        return sorted(found, key=lambda row: row.order, reverse=True)

    def items(self, projects: Iterable[Project]) -> list[KeptItem]:
        """Return every item that was accepted, oldest first."""
        self.settle()
        chosen = {project.project_id for project in projects}
        return [kept for kept in self._items if kept.project.project_id in chosen]

    def drops(self) -> list[dict[str, str]]:
        """Return what was answered with 200 and then not stored, with the reason."""
        self.settle()
        return list(self._dropped)

    def settle(self) -> None:
        """Read every visible envelope that nobody has read yet."""
        while self._visible > 0:
            self._read_next()

    def settle_some(self, most: int) -> int:
        """Read at most so many of them; returns how many wait still."""
        for _ in range(min(most, self._visible)):
            self._read_next()
        return max(0, self._visible)

    def read(self) -> tuple[list[Issue], list[Stored], list[dict[str, str]]]:
        """Return what has been read so far, and read nothing more: issues, the one seen last first; events; drops."""
        return self._issues.of(self.projects), list(self._events), list(self._dropped)

    def _show(self) -> None:
        self._visible += 1

    def _read_next(self) -> None:
        received = self.waiting.take()
        # Less than none are visible when one was read before its time: then it shows nothing more when that comes.
        self._visible -= 1
        if received is None:
            return
        envelope = parse_envelope(received.data)
        for place, item in enumerate(envelope.items):
            if place in received.limited:
                self._count(received, item, "rate_limited", received.limited[place])
            else:
                self._read(received, item, envelope.headers)

    def _read(self, received: Received, item: Item, headers: Mapping[str, Any]) -> None:
        # One item that cannot be read costs its neighbours nothing.
        try:
            if item.type in {"event", "transaction"}:
                self._store(received, item, sample_rate_of(headers))
            elif item.type in {"session", "sessions"}:
                self._store_sessions(received, item)
            elif item.type in _READ_AS_ROWS:
                self._store_rows(received, item)
            elif item.type == "client_report":
                for outcome, reason, category, quantity in reported(item.payload):
                    key = Key(received.project.project_id, category, outcome, reason)
                    self.outcomes.add(key, quantity, received.at)
        except EventError as error:
            self._drop(received, str(error))
            self._count(received, item, "invalid", "duplicate" if isinstance(error, _DuplicateError) else "invalid")
            return
        self._count(received, item, "accepted", "")
        self._sequence += 1
        kept = KeptItem(
            sequence=self._sequence,
            project=received.project,
            event_id=received.event_id,
            item=item,
            at=received.at,
        )
        self._items.add(kept, len(item.payload))

    def _store(self, received: Received, item: Item, sample_rate: float | None) -> None:
        project = received.project
        event = read_event(
            self.scrub(project, item.payload),
            kind="transaction" if item.type == "transaction" else "error",
            event_id=received.event_id,
            received=received.at,
            mapped=self.anchor.to_stack,
            sample_rate=sample_rate,
        )
        key = (project.project_id, event.event_id)
        if key in self._by_id:
            raise _DuplicateError(f"duplicate event_id {event.event_id}")
        self._sequence += 1
        stored = self._placed(project, event, self._sequence)
        self._by_id[key] = stored
        for oldest in self._events.add(stored, len(item.payload)):
            del self._by_id[oldest.project.project_id, oldest.event.event_id]
            self._issues.forget(oldest)
        if event.kind == "transaction":
            self._add_rows(project, transaction_spans(event), len(item.payload))
        for watch in self.watchers if event.kind == "error" else ():
            watch(stored)

    def _placed(self, project: Project, event: Event, sequence: int) -> Stored:
        if event.kind == "transaction":
            return Stored(sequence=sequence, project=project, event=event, timing=transaction_fields(event))
        return self._issues.place(project, event, sequence)

    def _store_sessions(self, received: Received, item: Item) -> None:
        counts = read_sessions(item.type, item.payload, received=received.at, mapped=self.anchor.to_stack)
        self.sessions.add(received.project.project_id, counts)

    def _store_rows(self, received: Received, item: Item) -> None:
        rows, dropped = read_container(item.type, item.payload, received=received.at, mapped=self.anchor.to_stack)
        for reason in dropped:
            self._drop(received, reason)
        self._add_rows(received.project, rows, len(item.payload))

    def _add_rows(self, project: Project, rows: Iterable[Row], size: int) -> None:
        listed = list(rows)
        for row in listed:
            self._sequence += 1
            self._rows.add(Placed(sequence=self._sequence, project=project, row=row), size // len(listed))

    def _count(self, received: Received, item: Item, outcome: str, reason: str) -> None:
        for category, quantity in measured(item).items():
            self.outcomes.add(Key(received.project.project_id, category, outcome, reason), quantity, received.at)

    def _drop(self, received: Received, reason: str) -> None:
        self._dropped.append({"event_id": received.event_id or "", "project": received.project.slug, "reason": reason})


class _DuplicateError(EventError):
    pass
