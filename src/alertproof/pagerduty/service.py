"""Who is told: users, escalation policies, services, their integrations and maintenance windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from alertproof.errors import ConfigError

if TYPE_CHECKING:
    from alertproof.pagerduty.orchestration import Orchestration

__all__ = [
    "EscalationPolicy",
    "EscalationRule",
    "Grouping",
    "Integration",
    "MaintenanceWindow",
    "Service",
    "Severity",
    "Urgency",
    "UrgencyRule",
    "User",
    "urgency_of",
]

#: Source: developer.pagerduty.com, escalation policies (``num_loops``).
MAX_LOOPS = 9


class Severity(StrEnum):
    """How bad an event says it is; spelled in lower case on the wire, and refused otherwise."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Urgency(StrEnum):
    """How loudly an incident's people are told. A low urgency never escalates."""

    HIGH = "high"
    LOW = "low"


class UrgencyRule(StrEnum):
    """How a service chooses the urgency of a new incident."""

    HIGH = "high"
    LOW = "low"
    SEVERITY_BASED = "severity_based"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who can be told."""

    id: str
    name: str
    email: str
    role: str = "user"
    time_zone: str = "Etc/UTC"
    job_title: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule:
    """One level: tells ``targets`` (ids of users and schedules); the next level comes ``delay`` later."""

    delay: timedelta
    targets: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.targets:
            raise ConfigError("an escalation rule needs at least one target")
        if self.delay < timedelta(minutes=1):
            raise ConfigError(f"an escalation rule's delay is at least one minute, got {self.delay}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Levels in order; after the last one they are gone through ``loops`` times more."""

    id: str
    name: str
    rules: tuple[EscalationRule, ...]
    loops: int = 0
    description: str = ""

    def __post_init__(self) -> None:
        if not self.rules:
            raise ConfigError(f"the escalation policy {self.name!r} needs at least one rule")
        if not 0 <= self.loops <= MAX_LOOPS:
            raise ConfigError(f"the escalation policy {self.name!r} repeats 0 to {MAX_LOOPS} times")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A door of a service: events with its ``key`` (32 characters) as routing key become alerts there."""

    id: str
    service_id: str
    name: str
    key: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Which new alerts join an open incident of their service instead of opening one.

    ``time``: those within ``window`` of the incident's opening, without one as long as it is open.
    ``content_based``: those that agree in all or any of ``fields`` (names of the payload, with dots) with an open alert
    of the incident, within ``window`` of its newest alert. An alert without the field agrees with none.
    Source: developer.pagerduty.com (alert grouping settings).
    """

    kind: Literal["time", "content_based"]
    window: timedelta | None = None
    fields: tuple[str, ...] = ()
    aggregate: Literal["all", "any"] = "all"

    def __post_init__(self) -> None:
        if self.kind != "content_based":
            return
        if not self.fields:
            raise ConfigError("content based grouping needs at least one field")
        seconds = (self.window or timedelta(0)) // timedelta(seconds=1)
        if not 300 <= seconds <= 3600 and seconds != 86_400:
            raise ConfigError(f"time_window is 300 to 3600 or 86400 seconds, got {seconds}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """A stretch in which new triggers of its services open nothing."""

    id: str
    number: int
    start: datetime
    end: datetime
    services: tuple[str, ...]
    created_by: str
    description: str = ""

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ConfigError("End time must be after the start time")
        if not self.services:
            raise ConfigError("Services can't be blank")

    def covers(self, at: datetime) -> bool:
        """Return whether an instant is in it; its end is not."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What alerts are about. A timeout of None is off; one that is not ``enabled`` takes events and opens nothing.

    ``grouping_setting`` is the id of the alert grouping setting that ``grouping`` is of, if it is of one.
    """

    id: str
    name: str
    policy_id: str
    created_at: datetime
    urgency: UrgencyRule = UrgencyRule.HIGH
    acknowledgement_timeout: timedelta | None = timedelta(minutes=30)
    auto_resolve_timeout: timedelta | None = timedelta(hours=4)
    description: str = ""
    enabled: bool = True
    grouping: Grouping | None = None
    grouping_setting: str | None = None
    orchestration: Orchestration | None = None


def urgency_of(rule: UrgencyRule, severity: Severity) -> Urgency:
    """Return the urgency of an incident: critical and error are high, warning and info are low.

    Source: support.pagerduty.com/docs/dynamic-notifications.
    """
    if rule is UrgencyRule.SEVERITY_BASED:
        return Urgency.HIGH if severity in {Severity.CRITICAL, Severity.ERROR} else Urgency.LOW
    return Urgency(rule.value)
