"""Projects, events in their place, and the issues that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from alertproof.sentry import Event, Grouping, Row, group
from alertproof.sentry.rows import Value

__all__ = ["Issue", "Issues", "Placed", "Project", "Status", "Stored"]

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
Status: TypeAlias = Literal["unresolved", "resolved", "ignored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as a DSN names it (``public_key``, ``project_id``) and as the web API does (``org``, ``slug``)."""

    org: str
    slug: str
    public_key: str
    project_id: str


@dataclass(slots=True, eq=False)
class Issue:
    """Events of one project that are one issue (emulated grouping)."""

    number: int
    project: Project
    grouping: Grouping
    events: list[Stored] = field(default_factory=list)
    status: Status = "unresolved"
    seen: int = 0
    first_seen: datetime | None = None

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stored:
    """An event with its place: ``sequence`` counts all events, ``issue`` is None for a transaction.

    ``first`` and ``regressed`` say what it did to its issue: made it, or opened it again after it was resolved.
    ``timing`` are a transaction's fields beside those of every event: its duration, operation and status.
    """

    sequence: int
    project: Project
    event: Event
    issue: Issue | None = None
    first: bool = False
    regressed: bool = False
    timing: Mapping[str, Value] | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        """Sorts by when it happened, then by arrival."""
        return self.event.timestamp, self.sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A row of spans, logs or metrics with its place."""

    sequence: int
    project: Project
    row: Row

    @property
    def order(self) -> tuple[datetime, int]:
        """Sorts by when it happened, then by arrival."""
        return self.row.timestamp, self.sequence


class Issues:
    """The issues of all projects. An issue goes with the last of its events."""

    def __init__(self) -> None:
        self._number = 0
        self._by_key: dict[tuple[str, str], Issue] = {}

    def place(self, project: Project, event: Event, sequence: int) -> Stored:
        """Put an error event into its issue."""
        grouping = group(event)
        key = (project.project_id, grouping.key)
        first = key not in self._by_key
        if first:
            self._number += 1
            self._by_key[key] = Issue(self._number, project, grouping, first_seen=event.timestamp)
        issue = self._by_key[key]
        regressed = issue.status == "resolved"
        if regressed:
            issue.status = "unresolved"
        stored = Stored(sequence=sequence, project=project, event=event, issue=issue, first=first, regressed=regressed)
        issue.events.append(stored)
        issue.seen += 1
        issue.first_seen = min(issue.first_seen or event.timestamp, event.timestamp)
        return stored

    def forget(self, stored: Stored) -> None:
        """Take an event out of its issue."""
        issue = stored.issue
        if issue is None:
            return
        # The oldest stands first: this is one step, not a search.
        issue.events.remove(stored)
        if not issue.events:
            self._by_key.pop((issue.project.project_id, issue.grouping.key), None)

    def of(self, projects: Iterable[Project]) -> list[Issue]:
        """Return the issues of the projects, the one seen last first."""
        chosen = {project.project_id for project in projects}
        found = [issue for issue in self._by_key.values() if issue.project.project_id in chosen]
        return sorted(found, key=lambda issue: issue.newest.order, reverse=True)
