from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertproof.pagerduty import (
    Accepted,
    Assumptions,
    Desk,
    Directory,
    EntryType,
    EscalationRule,
    Incident,
    UrgencyRule,
    parse_event,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Office:
    """A desk with one service of two levels (ada after 0, bob after 5 minutes) and an hour hand."""

    desk: Desk
    keys: list[str]

    def at(self, minutes: float) -> datetime:
        return START + timedelta(minutes=minutes)

    def send(self, action: str, key: str | None, minutes: float, *, integration: int = 0, **payload: Any) -> Accepted:
        body: dict[str, Any] = {"routing_key": self.keys[integration], "event_action": action, "dedup_key": key}
        if action == "trigger":
            body["payload"] = {"summary": "it broke", "source": "test", "severity": "critical"} | payload
        return self.desk.accept(parse_event(body), self.at(minutes))

    def trigger(self, key: str | None, minutes: float, **options: Any) -> Incident:
        identity = self.send("trigger", key, minutes, **options).incident_id
        assert identity is not None
        return self.desk.incidents[identity]

    def now(self, incident: Incident, minutes: float) -> Incident:
        self.desk.advance(self.at(minutes))
        return self.desk.incidents[incident.id]

    def told(self, incident: Incident) -> list[tuple[float, str]]:
        """Who was notified after how many minutes."""
        return [
            ((entry.at - START) / timedelta(minutes=1), self.desk.directory.users[user].name)
            for entry in self.desk.log_of(incident.id)
            if entry.type is EntryType.NOTIFY
            for user in entry.users
        ]

    def types(self, incident: Incident) -> list[EntryType]:
        return [entry.type for entry in self.desk.log_of(incident.id)]


def _make_office(
    *, loops: int = 0, assumptions: Assumptions | None = None, urgency: UrgencyRule = UrgencyRule.HIGH, **service: Any
) -> Office:
    directory = Directory()
    ada, bob = (directory.add_user(name, f"{name}@example.com") for name in ("ada", "bob"))
    five = timedelta(minutes=5)
    rules = [EscalationRule(delay=five, targets=(user.id,)) for user in (ada, bob)]
    policy = directory.add_policy("P", rules, loops=loops)
    made = directory.add_service("api", policy.id, START, urgency=urgency, **service)
    keys = [directory.add_integration(made.id, name, START).key for name in ("datadog", "sentry")]
    return Office(Desk(directory, assumptions), keys)


@pytest.fixture
def office() -> Office:
    return _make_office()


@pytest.fixture(name="make_office")
def make_office_fixture() -> Any:
    return _make_office
