"""A drill's own monitors are marked, and tell nobody but the service of drills."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alertproof.datadog import handles
from alertproof.drills.safety import marked_payload, marked_specification
from alertproof.requirements import load_specification

MONITORING = Path(__file__).parents[3] / "monitoring"
FILES = sorted((MONITORING / "datadog" / "monitors").glob("*.json"))


def test_every_handle_of_pagerduty_is_the_services_and_no_other_is_left() -> None:
    message = "@pagerduty-api down @pagerduty-api-eu @slack-ops {{#is_alert}}@ada@example.com @webhook-x{{/is_alert}}"

    made = marked_payload({"name": "n", "message": message}, "alertproof-drill")

    assert handles(str(made["message"])) == ("pagerduty-alertproof-drill",)
    assert "{{#is_alert}}" in str(made["message"])
    assert "slack" not in str(made["message"])


def test_what_is_said_again_after_a_while_is_redirected_too() -> None:
    before = {"name": "n", "message": "m", "options": {"escalation_message": "still @pagerduty-api", "x": 1}}

    made = marked_payload(before, "drill")

    assert made["options"] == {"escalation_message": "still @pagerduty-drill", "x": 1}
    assert before["options"] == {"escalation_message": "still @pagerduty-api", "x": 1}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_monitor_of_this_repository_would_tell_anybody_else(path: Path) -> None:
    payload = json.loads(path.read_text(encoding="utf-8"))
    payload = payload.get("definition", payload)

    made = marked_payload(payload, "alertproof-drill")

    assert made["name"] == f"[DRILL] {payload['name']}"
    assert set(handles(str(made["message"]))) <= {"pagerduty-alertproof-drill"}
    assert made["query"] == payload["query"]


def test_the_specification_then_expects_the_service_with_low_urgency_and_the_same_words() -> None:
    spec = load_specification(MONITORING)

    told = {name: alert.told for name, alert in marked_specification(spec, "d").alerts.items()}

    assert {(one.pagerduty, one.urgency) for one in told.values()} == {("d", "low")}
    assert {name: one.text for name, one in told.items()} == {
        name: alert.told.text for name, alert in spec.alerts.items()
    }
