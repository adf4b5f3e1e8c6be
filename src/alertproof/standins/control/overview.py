"""What a control door shows of its stand-in at a glance, for the page that people look at; instants are stack time."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

__all__ = [
    "Common",
    "Datadog",
    "Entry",
    "Event",
    "Group",
    "Incident",
    "Issue",
    "Log",
    "Monitor",
    "PagerDuty",
    "Request",
    "Sentry",
    "Told",
    "Unknown",
    "short",
]

_LONGEST = 500


def short(text: str) -> str:
    """Return as much of a text of anybody as is shown: a glance is asked for every other second."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\N{HORIZONTAL ELLIPSIS}"


class Request(Struct, kw_only=True):
    """One request as the record of raw requests has it."""

    number: int
    site: str
    at: float
    method: str
    path: str
    size: int
    status: int


class Unknown(Struct, kw_only=True):
    """A request that no route took."""

    method: str
    path: str
    query: str
    body: str


class Common(Struct, kw_only=True):
    """What every stand-in has. ``after_s`` is how late what is sent is seen."""

    now: float
    factor: float
    skew_s: float
    after_s: float
    waiting: int
    knobs: list[dict[str, Any]]
    lost_every: int | None = None
    unknown_count: int
    unknown: list[Unknown]
    request_count: int
    requests: list[Request]


class Told(Struct, kw_only=True):
    """Something that somebody was told: ``to`` whom, and what became of it."""

    at: float
    what: str
    kind: str
    to: str
    outcome: str
    reason: str = ""


class Group(Struct, kw_only=True):
    """A monitor's group; without a value there were no data."""

    name: str
    state: str
    value: float | None
    since: float


class Monitor(Struct, kw_only=True):
    """A monitor; ``groups`` are the worst of ``group_count``."""

    id: int
    name: str
    type: str
    query: str
    state: str
    comparator: str
    critical: float | None
    warning: float | None
    evaluated_at: float | None
    group_count: int
    groups: list[Group]


class Log(Struct, kw_only=True):
    """A log as it is searched."""

    at: float
    service: str
    status: str
    message: str


class Datadog(Struct, kw_only=True):
    """An account of Datadog's."""

    common: Common
    counts: dict[str, int]
    monitor_count: int
    monitors: list[Monitor]
    logs: list[Log]
    told: list[Told]


class Issue(Struct, kw_only=True):
    """An issue of Sentry's."""

    short_id: str
    title: str
    culprit: str
    level: str
    status: str
    seen: int
    first_seen: float
    last_seen: float


class Event(Struct, kw_only=True):
    """An event of Sentry's."""

    event_id: str
    kind: str
    title: str
    environment: str
    at: float


class Sentry(Struct, kw_only=True):
    """An organization of Sentry's; ``unread`` envelopes are visible, and not read yet.

    ``scrubbed`` says whether events go through Sentry's own scrubbing when they are read.
    """

    common: Common
    unread: int
    scrubbed: bool
    issue_count: int
    issues: list[Issue]
    event_count: int
    events: list[Event]
    dropped: list[str]
    told: list[Told]


class Entry(Struct, kw_only=True):
    """A line of an incident's log."""

    at: float
    type: str
    summary: str


class Incident(Struct, kw_only=True):
    """An incident of PagerDuty's with its log, oldest first."""

    number: int
    title: str
    status: str
    urgency: str
    service: str
    level: int
    assigned: list[str]
    opened_at: float
    log: list[Entry]


class PagerDuty(Struct, kw_only=True):
    """An account of PagerDuty's."""

    common: Common
    incident_count: int
    incidents: list[Incident]
    dropped: list[str]
