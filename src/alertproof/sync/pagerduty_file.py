"""``pagerduty/services.json``: users, schedules, escalation policies and services, which name each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

__all__ = ["PagerDutyFile", "Rotation"]


class _User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    email: str


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schedule: its users, by their addresses, take turns of ``turn_days`` from ``start`` (RFC 3339) on."""

    name: str
    time_zone: str
    start: str
    turn_days: int
    users: tuple[str, ...]

    def body(self, users: Sequence[str]) -> dict[str, Any]:
        """Return what PagerDuty takes; ``users`` are their ids, in turn."""
        layer = {
            "name": "in turn",
            "start": self.start,
            "rotation_virtual_start": self.start,
            "rotation_turn_length_seconds": self.turn_days * 86400,
            "users": [{"user": {"id": user, "type": "user_reference"}} for user in users],
        }
        return {"type": "schedule", "name": self.name, "time_zone": self.time_zone, "schedule_layers": [layer]}


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    escalation_delay_in_minutes: int
    targets: tuple[str, ...]


class _Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    num_loops: int
    escalation_rules: tuple[_Rule, ...]


class _Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    description: str
    escalation_policy: str
    urgency: str


class PagerDutyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; users, schedules and policies are named, not numbered. A policy's targets are either of two."""

    users: tuple[_User, ...]
    escalation_policies: tuple[_Policy, ...]
    services: tuple[_Service, ...]
    schedules: tuple[Rotation, ...] = ()
