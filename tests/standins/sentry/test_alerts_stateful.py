"""Whatever is done to rules, workflows and metric alerts, each shows what the last change left."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda text: text.strip()
)
MAIL = {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners"}
CONDITION = "sentry.rules.conditions."
RULES = st.fixed_dictionaries(
    {
        "name": NAMES,
        "actionMatch": st.sampled_from(["all", "any"]),
        "filterMatch": st.sampled_from(["all", "any", "none"]),
        "frequency": st.sampled_from([5, 30, 1440]),
        "environment": st.none() | st.just("prod"),
        "conditions": st.sampled_from([[], [{"id": f"{CONDITION}first_seen_event.FirstSeenEventCondition"}]]),
        "actions": st.just([MAIL]),
    }
)
FIRST = {"type": "first_seen_event", "comparison": True, "conditionResult": True}
WORKFLOWS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "enabled": st.booleans(),
        "environment": st.none() | st.just("prod"),
        "config": st.sampled_from([{"frequency": 5}, {"frequency": 60}]),
        "triggers": st.just({"logicType": "any-short", "conditions": [FIRST]}),
        "actionFilters": st.just([]),
    }
)


def triggers(critical: float, warning: float | None) -> list[dict[str, Any]]:
    both = [("critical", critical), *([] if warning is None else [("warning", critical - warning)])]
    return [{"label": label, "alertThreshold": threshold, "actions": []} for label, threshold in both]


METRICS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "aggregate": st.sampled_from(["count()", "count_unique(user)", "p95(transaction.duration)"]),
        "dataset": st.sampled_from(["events", "transactions"]),
        "query": st.sampled_from(["", "level:error", "tenant:acme"]),
        "timeWindow": st.sampled_from([1, 5, 60]),
        "thresholdType": st.just(0),
        "comparisonDelta": st.none() | st.just(60),
        "environment": st.none() | st.just("prod"),
        "projects": st.sampled_from([["api"], ["web"], ["api", "web"]]),
        "triggers": st.builds(triggers, st.integers(10, 20).map(float), st.none() | st.integers(0, 9).map(float)),
    }
)
#: Where each is, its bodies, and the parameter that finds it by a part of its name.
KINDS: dict[str, tuple[str, st.SearchStrategy[dict[str, Any]], str]] = {
    "rules": ("/projects/acme/api/rules/", RULES, "query"),
    "workflows": ("/organizations/acme/workflows/", WORKFLOWS, "query"),
    "metric alerts": ("/organizations/acme/alert-rules/", METRICS, "name"),
}


def without_ids(shown: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what is shown of what was written; triggers have got ids."""
    found = {name: shown[name] for name in wanted}
    if isinstance(found.get("triggers"), list):
        found["triggers"] = [
            {name: each[name] for name in ("label", "alertThreshold", "actions")} for each in found["triggers"]
        ]
    return found


class Machine(RuleBasedStateMachine):
    """Creates, replaces and deletes alerts of one kind."""

    make: ClassVar[Any]
    kind: ClassVar[str]
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.sentry = Machine.make()
        self.root, self.bodies, self.by_name = KINDS[self.kind]
        self.expected: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()

    @rule(target=made, data=st.data())
    def create(self, data: st.DataObject) -> str:
        body = data.draw(self.bodies)
        answer = self.sentry.change("POST", self.root, body)
        assert answer.is_success, answer.text
        identity = str(answer.json()["id"])
        assert identity not in self.expected.keys() | self.gone
        self.expected[identity] = body
        return identity

    @rule(identity=made, data=st.data())
    def replace(self, identity: str, data: st.DataObject) -> None:
        body = data.draw(self.bodies)
        answer = self.sentry.change("PUT", f"{self.root}{identity}/", body)
        assert answer.status_code == 200, answer.text
        assert answer.json() == self.sentry.get(f"{self.root}{identity}/")
        self.expected[identity] = body

    @rule(identity=made)
    def refuse(self, identity: str) -> None:
        assert self.sentry.change("PUT", f"{self.root}{identity}/", {"name": " "}).status_code == 400

    @rule(identity=consumes(made))
    def delete(self, identity: str) -> None:
        assert self.sentry.change("DELETE", f"{self.root}{identity}/", None).is_success
        del self.expected[identity]
        self.gone.add(identity)

    @invariant()
    def each_shows_what_was_left(self) -> None:
        for identity, wanted in self.expected.items():
            assert without_ids(self.sentry.get(f"{self.root}{identity}/"), wanted) == wanted

    @invariant()
    def those_and_no_others_are_listed_and_found_by_name(self) -> None:
        assert [row["id"] for row in self.sentry.get(self.root)] == list(self.expected)
        for wanted in list(self.expected.values())[:2]:
            part = wanted["name"]
            found = {row["id"] for row in self.sentry.get(self.root, **{self.by_name: part})}
            assert found == {key for key, each in self.expected.items() if part.lower() in each["name"].lower()}

    @invariant()
    def what_is_gone_is_gone(self) -> None:
        for identity in sorted(self.gone)[-1:]:
            for verb in ("GET", "PUT", "DELETE"):
                assert self.sentry.change(verb, f"{self.root}{identity}/", {}).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_each_shows_what_the_last_change_left(kind: str, new_sentry: Any) -> None:
    Machine.make, Machine.kind = new_sentry, kind
    # Twelve steps are read at once; to shrink them takes minutes.
    quick = [phase for phase in settings().phases if phase is not Phase.shrink]
    few = settings(max_examples=max(10, settings().max_examples // 10), stateful_step_count=12, phases=quick)
    run_state_machine_as_test(Machine, settings=few)
