"""What the Sentry stand-in keeps: envelopes as bytes, events and issues in stack time.

Envelopes are kept when they arrive and their events read when somebody asks, so that ingest costs little next
to the platform that is measured.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from alertproof.clock import Anchor
from alertproof.errors import ConfigError
from alertproof.sentry import Envelope, Event, EventError, Grouping, Item, group, read_event

__all__ = ["Issue", "Project", "Received", "Store", "Stored"]

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as a DSN names it (``public_key``, ``project_id``) and as the web API does (``org``, ``slug``)."""

    org: str
    slug: str
    public_key: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Received:
    """An envelope as it came: ``data`` after content decoding, ``at`` in stack time."""

    project: Project
    data: bytes
    envelope: Envelope
    at: datetime


@dataclass(slots=True)
class Issue:
    """Events of one project that are one issue (emulated grouping)."""

    number: int
    project: Project
    grouping: Grouping
    events: list[Stored] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The issue's id: digits, as text."""
        return str(self.number)

    @property
    def short_id(self) -> str:
        """The short id: the project's slug and a number in base 32 (``API-1A``)."""
        digits, rest = "", self.number
        while rest:
            rest, digit = divmod(rest, len(_DIGITS))
            digits = _DIGITS[digit] + digits
        return f"{self.project.slug.upper()}-{digits}"

    @property
    def newest(self) -> Stored:
        """The event that happened last."""
        return max(self.events, key=lambda stored: stored.order)


@dataclass(frozen=True, slots=True)
class Stored:
    """An event with its place: ``sequence`` counts all events, ``issue`` is None for a transaction."""

    sequence: int
    project: Project
    event: Event
    issue: Issue | None

    @property
    def order(self) -> tuple[datetime, int]:
        """Sorts by when it happened, then by arrival."""
        return self.event.timestamp, self.sequence


class Store:
    """What one stand-in has received, the newest of it. Used from one event loop only.

    ``kept`` bounds envelopes, events and drops, each by itself: beyond it the oldest is forgotten. An issue goes with
    its last event.
    """

    #: Far above what a drill sends.
    KEPT = 50_000

    def __init__(self, projects: Iterable[Project], anchor: Anchor, *, kept: int = KEPT) -> None:
        self.projects = tuple(projects)
        if not self.projects:
            raise ConfigError("a Sentry stand-in needs at least one project (--projects)")
        identities = [project.project_id for project in self.projects]
        if len(set(identities)) < len(identities):
            raise ConfigError(f"two Sentry projects have one project_id: {', '.join(sorted(identities))}")
        self.received: deque[Received] = deque(maxlen=kept)
        self.dropped: deque[dict[str, str]] = deque(maxlen=kept)
        self._anchor = anchor
        self._kept = kept
        self._unread: deque[Received] = deque()
        self._stored: deque[Stored] = deque()
        self._sequence = self._issue_number = 0
        self._by_id: dict[tuple[str, str], Stored] = {}
        self._issues: dict[tuple[str, str], Issue] = {}

    def project_for(self, project_id: str, public_key: str) -> Project | None:
        """Return the project that the key may write to, or None."""
        wanted = (project_id, public_key)
        found = (each for each in self.projects if (each.project_id, each.public_key) == wanted)
        return next(found, None)

    def accept(self, received: Received) -> None:
        """Keep an envelope."""
        self.received.append(received)
        self._unread.append(received)
        if len(self._unread) >= self._kept:
            self._read_new()

    def events(self, projects: Iterable[Project]) -> list[Stored]:
        """Return the events of the projects, newest first."""
        self._read_new()
        chosen = {project.project_id for project in projects}
        found = [stored for stored in self._stored if stored.project.project_id in chosen]
        return sorted(found, key=lambda stored: stored.order, reverse=True)

    def event(self, project: Project, event_id: str) -> Stored | None:
        """Return an event by its id, or None."""
        self._read_new()
        return self._by_id.get((project.project_id, event_id.replace("-", "").lower()))

    def issues(self, projects: Iterable[Project]) -> list[Issue]:
        """Return the issues of the projects, the one seen last first."""
        self._read_new()
        chosen = {project.project_id for project in projects}
        found = [issue for issue in self._issues.values() if issue.project.project_id in chosen]
        return sorted(found, key=lambda issue: issue.newest.order, reverse=True)

    def drops(self) -> list[dict[str, str]]:
        """Return what was answered with 200 and then not stored, with the reason."""
        self._read_new()
        return list(self.dropped)

    def _read_new(self) -> None:
        while self._unread:
            received = self._unread.popleft()
            for item in received.envelope.items:
                if item.type in {"event", "transaction"}:
                    self._store(received, item)

    def _store(self, received: Received, item: Item) -> None:
        project = received.project
        try:
            event = read_event(
                item.payload,
                kind="transaction" if item.type == "transaction" else "error",
                event_id=received.envelope.event_id,
                received=received.at,
                mapped=self._anchor.to_stack,
            )
        except EventError as error:
            self._drop(received, str(error))
            return
        key = (project.project_id, event.event_id)
        if key in self._by_id:
            self._drop(received, f"duplicate event_id {event.event_id}")
            return
        issue = self._issue(project, event) if event.kind == "error" else None
        self._sequence += 1
        stored = Stored(self._sequence, project, event, issue)
        self._stored.append(stored)
        self._by_id[key] = stored
        if issue:
            issue.events.append(stored)
        if len(self._stored) > self._kept:
            self._forget(self._stored.popleft())

    def _forget(self, oldest: Stored) -> None:
        del self._by_id[oldest.project.project_id, oldest.event.event_id]
        issue = oldest.issue
        if issue is not None:
            issue.events.remove(oldest)
            if not issue.events:
                del self._issues[issue.project.project_id, issue.grouping.key]

    def _issue(self, project: Project, event: Event) -> Issue:
        grouping = group(event)
        key = (project.project_id, grouping.key)
        if key not in self._issues:
            self._issue_number += 1
            self._issues[key] = Issue(self._issue_number, project, grouping)
        return self._issues[key]

    def _drop(self, received: Received, reason: str) -> None:
        self.dropped.append(
            {"event_id": received.envelope.event_id or "", "project": received.project.slug, "reason": reason}
        )
