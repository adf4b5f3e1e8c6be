"""``pagerduty/services.json``: users, escalation policies and services, which name each other."""

from __future__ import annotations

import msgspec

__all__ = ["PagerDutyFile"]


class _User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    email: str


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
    """The whole file; users and policies are named, not numbered."""

    users: tuple[_User, ...]
    escalation_policies: tuple[_Policy, ...]
    services: tuple[_Service, ...]
