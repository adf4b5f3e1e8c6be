"""The deduplication rules against a model that is only a set of open pairs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alertproof.pagerduty import Desk, Directory, EntryType, EscalationRule, Status, parse_event

_keys = st.sampled_from(["a", "b"])
_doors = st.sampled_from([0, 1, 2])
_UNKNOWN = 2


class DedupMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        directory = Directory()
        user = directory.add_user("ada", "ada@example.com")
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        policy = directory.add_policy("P", [EscalationRule(delay=timedelta(minutes=5), targets=(user.id,))], loops=9)
        # Nothing resolves or re-opens by itself here: those have tests with instants.
        service = directory.add_service(
            "api", policy.id, self.at, acknowledgement_timeout=None, auto_resolve_timeout=None
        )
        self.routes = [directory.add_integration(service.id, name, self.at).key for name in ("datadog", "sentry")]
        self.routes.append("u" * 32)
        self.desk = Desk(directory)
        self.open: dict[tuple[int, str], str] = {}
        self.acknowledged: set[str] = set()
        self.ever = 0
        self.dropped = 0

    def send(self, action: str, door: int, key: str | None) -> tuple[str, str | None]:
        self.at += timedelta(seconds=7)
        body = {
            "routing_key": self.routes[door],
            "event_action": action,
            "dedup_key": key,
            "payload": {"summary": "s", "source": "h", "severity": "critical"},
        }
        accepted = self.desk.accept(parse_event(body), self.at)
        return accepted.dedup_key, accepted.incident_id

    @rule(door=_doors, key=_keys)
    def trigger(self, door: int, key: str) -> None:
        before = len(self.desk.incidents)
        kept, incident = self.send("trigger", door, key)
        assert kept == key
        if door == _UNKNOWN:
            self.dropped += 1
            assert incident is None
        elif (door, key) in self.open:
            assert incident == self.open[door, key]
            assert len(self.desk.incidents) == before
        else:
            assert incident is not None
            assert incident not in self.open.values()
            assert len(self.desk.incidents) == before + 1
            self.open[door, key] = incident
            self.ever += 1

    @rule(door=st.sampled_from([0, 1]))
    def trigger_without_key(self, door: int) -> None:
        kept, incident = self.send("trigger", door, None)
        assert incident is not None
        assert (door, kept) not in self.open
        self.open[door, kept] = incident
        self.ever += 1

    @rule(door=_doors, key=_keys)
    def acknowledge(self, door: int, key: str) -> None:
        _, incident = self.send("acknowledge", door, key)
        assert incident == self.open.get((door, key))
        if incident is None:
            self.dropped += 1
        else:
            self.acknowledged.add(incident)

    @rule(door=_doors, key=_keys)
    def resolve(self, door: int, key: str) -> None:
        _, incident = self.send("resolve", door, key)
        assert incident == self.open.pop((door, key), None)
        self.dropped += incident is None

    @rule(key=_keys)
    def resolve_by_hand(self, key: str) -> None:
        if (0, key) in self.open:
            self.desk.resolve(self.open.pop((0, key)), "PU00001", self.at)

    @invariant()
    def exactly_the_open_pairs_are_open(self) -> None:
        assert {each.id for each in self.desk.incidents.values() if each.open} == set(self.open.values())
        alerts = self.desk.alerts.values()
        assert {each.incident_id for each in alerts if each.status is Status.TRIGGERED} == set(self.open.values())
        for incident in self.open.values():
            status = self.desk.incidents[incident].status
            assert status is (Status.ACKNOWLEDGED if incident in self.acknowledged else Status.TRIGGERED)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert len(self.desk.incidents) == len(self.desk.alerts) == self.ever
        assert len(self.desk.dropped) == self.dropped

    @invariant()
    def the_log_never_goes_back_and_nobody_is_told_after_the_resolve(self) -> None:
        instants = [entry.at for entry in self.desk.log]
        assert instants == sorted(instants)
        for incident in self.desk.incidents:
            types = [entry.type for entry in self.desk.log_of(incident)]
            assert EntryType.RESOLVE not in types[:-1]


TestDedup = DedupMachine.TestCase
TestDedup.settings = settings(stateful_step_count=30)
