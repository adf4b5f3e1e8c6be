"""Whatever is done to issues and rules, each shows what the last change left, and pages are what the rules said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

AUTH = {"Authorization": "Bearer token"}
RULES = "/api/0/projects/acme/api/rules/"
ISSUES = "/api/0/projects/acme/api/issues/"
MESSAGES = st.sampled_from(["one", "two", "three"])
KINDS = {
    "every": [],
    "first": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
    "regression": [{"id": "sentry.rules.conditions.regression_event.RegressionEventCondition"}],
}
FREQUENCIES = st.sampled_from([5, 60])


class Machine(RuleBasedStateMachine):
    """A model beside the stand-in: issues by message, rules by id, and when each rule last told of each issue."""

    make: ClassVar[Any]
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.sentry = Machine.make()
        self.issues: dict[str, list[Any]] = {}
        self.known: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.pages = 0

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        return self.sentry.client.request(verb, path, json=body, headers=AUTH)

    @rule(target=made, kind=st.sampled_from(sorted(KINDS)), frequency=FREQUENCIES)
    def create(self, kind: str, frequency: int) -> str:
        identity = str(self.call("POST", RULES, self.document(kind, frequency)).json()["id"])
        assert identity not in self.known
        self.known[identity] = (kind, frequency, {})
        return identity

    @rule(identity=made, kind=st.sampled_from(sorted(KINDS)), frequency=FREQUENCIES)
    def replace(self, identity: str, kind: str, frequency: int) -> None:
        assert self.call("PUT", f"{RULES}{identity}/", self.document(kind, frequency)).status_code == 200
        self.known[identity] = (kind, frequency, self.known[identity][2])

    @rule(identity=consumes(made))
    def delete(self, identity: str) -> None:
        assert self.call("DELETE", f"{RULES}{identity}/").status_code == 202
        del self.known[identity]

    @rule(message=MESSAGES)
    def happen(self, message: str) -> None:
        now = self.sentry.clock.now()
        count, status = self.issues.get(message, [0, "unresolved"])
        self.sentry.send({"message": message})
        regressed = status == "resolved"
        self.issues[message] = [count + 1, "unresolved" if regressed else status]
        for kind, frequency, told in self.known.values() if status != "ignored" else ():
            fires = {"every": True, "first": count == 0, "regression": regressed}[kind]
            if fires and (message not in told or now - told[message] >= timedelta(minutes=frequency)):
                told[message] = now
                self.pages += 1

    @rule(message=MESSAGES, status=st.sampled_from(["resolved", "ignored", "unresolved"]))
    def change(self, message: str, status: str) -> None:
        for row in self.call("GET", ISSUES).json():
            if row["title"] == message:
                assert self.call("PUT", f"/api/0/issues/{row['id']}/", {"status": status}).json()["status"] == status
                self.issues[message][1] = status

    @rule(minutes=st.sampled_from([1, 5, 30, 60]))
    def wait(self, minutes: int) -> None:
        self.sentry.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def issues_are_as_they_were_left(self) -> None:
        rows = self.call("GET", ISSUES).json()
        assert {row["title"]: [int(row["count"]), row["status"]] for row in rows} == self.issues
        for status in ("resolved", "ignored", "unresolved"):
            found = self.call("GET", f"{ISSUES}?query=is:{status}").json()
            assert {row["title"] for row in found} == {
                message for message, (_, state) in self.issues.items() if state == status
            }

    @invariant()
    def rules_are_as_they_were_left_and_told_what_they_said(self) -> None:
        rows = {row["id"]: (row["name"], row["frequency"]) for row in self.call("GET", RULES).json()}
        assert rows == {identity: (kind, frequency) for identity, (kind, frequency, _) in self.known.items()}
        assert self.sentry.client.get("/control/notifications").json()["count"] == self.pages

    def document(self, kind: str, frequency: int) -> dict[str, Any]:
        actions = [{"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners"}]
        return {
            "name": kind,
            "actionMatch": "any",
            "frequency": frequency,
            "conditions": KINDS[kind],
            "actions": actions,
        }


def test_issues_and_rules_show_what_the_last_change_left(new_sentry: Any) -> None:
    Machine.make = new_sentry
    few = settings(max_examples=max(10, settings().max_examples // 10), stateful_step_count=15)
    run_state_machine_as_test(Machine, settings=few)
