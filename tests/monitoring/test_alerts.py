# mypy: disallow-untyped-calls=False
# The official client's calls come without types.
"""``monitoring/`` holds together: an alert has its monitor, runbook, offline test and route; nothing is left over."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from datadog_api_client import Configuration
from datadog_api_client.model_utils import validate_and_convert_types
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.service_level_objective_request import ServiceLevelObjectiveRequest
from tests.standins.datadog.official import parsed

from alertproof.datadog import load_definition
from alertproof.requirements import SupportingSpec, load_specification

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
OFFLINE = ROOT / "alert_tests" / "offline"
SPEC = load_specification(MONITORING)
ALERTS: dict[str, SupportingSpec] = {**SPEC.alerts, **SPEC.supporting}
MONITORS = sorted((MONITORING / "datadog" / "monitors").glob("*.json"))
SLOS = sorted((MONITORING / "datadog" / "slos").glob("*.json"))
PEOPLE = json.loads((MONITORING / "pagerduty" / "services.json").read_text(encoding="utf-8"))
each_alert = pytest.mark.parametrize("name", ALERTS)
each_monitor = pytest.mark.parametrize("path", MONITORS, ids=lambda path: path.stem)


def payload(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def of_datadog(name: str) -> bool:
    return ALERTS[name].monitor.parts[0] == "datadog"


@each_alert
def test_an_alert_has_a_runbook_that_its_message_names(name: str) -> None:
    alert = ALERTS[name]
    text = (ROOT / alert.runbook).read_text(encoding="utf-8")

    # A rule of Sentry's has no message: its runbook is found by the alert's name.
    assert alert.runbook in (MONITORING / alert.monitor).read_text(encoding="utf-8") or not of_datadog(name)
    for part in ("**What it means.**", "**Who is told.**", "## First five minutes", "## Likely causes", "## How it is"):
        assert part in text, f"{alert.runbook} has no {part}"
    assert f"`{alert.told.pagerduty}`, {alert.told.urgency} urgency" in text
    assert f"alert_tests/offline/{name}.alert.yaml" in text or not of_datadog(name)


@pytest.mark.parametrize("name", SPEC.alerts)
def test_the_runbook_of_an_alert_with_a_drill_names_it_and_no_other_does(name: str) -> None:
    drills = sorted((ROOT / "alert_tests" / "drills").glob("test_*.py"))
    own = {path.name for path in drills if f'drill("{name}")' in path.read_text(encoding="utf-8")}
    text = (ROOT / ALERTS[name].runbook).read_text(encoding="utf-8")

    assert drills
    assert set(re.findall(r"alert_tests/drills/(test_\w+\.py)", text)) == own
    assert ("No drill" in " ".join(text.split())) is not bool(own)


@each_alert
def test_an_alert_is_told_to_a_service_that_exists_with_its_urgency_and_its_escalation(name: str) -> None:
    alert = ALERTS[name]
    service = next(each for each in PEOPLE["services"] if each["name"] == alert.told.pagerduty)
    policy = next(each for each in PEOPLE["escalation_policies"] if each["name"] == alert.escalation)

    assert (service["urgency"], service["escalation_policy"]) == (alert.told.urgency, alert.escalation)
    assert len(policy["escalation_rules"]) >= 2


@pytest.mark.parametrize("name", [name for name in ALERTS if of_datadog(name)])
def test_an_alert_has_an_offline_test_in_which_its_route_is_told_in_its_words(name: str) -> None:
    alert = ALERTS[name]
    tests = yaml.safe_load((OFFLINE / f"{name}.alert.yaml").read_text(encoding="utf-8"))["tests"]
    told = [one for test in tests for one in test.get("notified", ()) if one["monitor"] == name]
    definition = load_definition((MONITORING / alert.monitor).read_bytes(), source=name)

    assert {one["to"] for one in told} == {f"pagerduty-{alert.told.pagerduty}"}
    assert alert.told.text in definition.message + definition.name
    assert any(one.get("text") for one in told)
    assert {one["transition"] for one in told} & {"Triggered", "No Data"}
    assert "Recovered" in {one["transition"] for one in told}
    quiet = [test for test in tests if name not in {one["monitor"] for one in test.get("notified", ())}]
    assert any(test.get("nothing_else") for test in quiet)


@each_monitor
def test_a_monitor_says_whose_it_is_and_how_bad(path: Path) -> None:
    tags = payload(path)["tags"]
    name = next(tag.removeprefix("alert:") for tag in tags if tag.startswith("alert:"))
    alert = ALERTS.get(name)

    assert name == path.stem
    keys = [tag.partition(":")[0] for tag in tags]
    assert [key for key in keys if key != "symptom"] == ["team", "alert", "service", "severity"]  # downtimes go by it
    if alert is not None:
        assert f"team:{alert.owner}" in tags
        assert f"severity:{alert.severity}" in tags
    else:
        assert path.stem in {part for used in PARTS.values() for part in used}, (
            f"no alert in spec.yaml uses {path.name}"
        )


@each_monitor
def test_what_wakes_somebody_has_the_first_priority_and_nothing_else(path: Path) -> None:
    alert = ALERTS.get(path.stem)

    assert payload(path)["priority"] == (1 if alert and alert.told.urgency == "high" else 3)


WORDS = {5: "five minutes", 10: "ten minutes", 20: "twenty minutes"}


@pytest.mark.parametrize("name", [name for name in ALERTS if name.endswith("-no-data")])
def test_a_no_data_alert_says_after_how_many_minutes_it_comes(name: str) -> None:
    body = payload(MONITORING / ALERTS[name].monitor)
    (window,) = re.findall(r"\(last_(\d+)m\)", body["query"])

    def said(block: str) -> list[str]:
        (text,) = re.findall(rf"{{{{#{block}}}}}(.*?){{{{/{block}}}}}", body["message"], re.DOTALL)
        return re.findall(r"for (\w+ minutes)", text)

    assert said("is_no_data") == [WORDS[body["options"]["no_data_timeframe"]]]
    assert said("is_alert") == [WORDS[int(window)]]


@each_monitor
def test_a_monitor_tells_the_route_of_its_alert_and_nobody_else(path: Path) -> None:
    definition = load_definition(path.read_bytes(), source=path.name)
    handles = set(re.findall(r"@(\S+)", f"{definition.message}\n{definition.options.escalation_message}"))
    alert = ALERTS.get(path.stem)

    assert handles == ({f"pagerduty-{alert.told.pagerduty}"} if alert else set())


@pytest.mark.parametrize("path", [*MONITORS, *SLOS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_official_clients_models_take_a_monitor_and_an_slo(path: Path) -> None:
    kind = Monitor if path.parent.name == "monitors" else ServiceLevelObjectiveRequest

    parsed(validate_and_convert_types(payload(path), (kind,), [path.name], True, True, Configuration()))


BY_ID = {str(payload(path)["id"]): path.stem for path in MONITORS if "id" in payload(path)}
PARTS = {
    path.stem: [BY_ID[number] for number in re.findall(r"\d+", payload(path)["query"])]
    for path in MONITORS
    if payload(path)["type"] == "composite"
}


def test_a_part_of_a_composite_is_among_the_files_and_no_composite() -> None:
    assert len(BY_ID) == len([path for path in MONITORS if "id" in payload(path)])
    assert {part for used in PARTS.values() for part in used}.isdisjoint(PARTS)
    assert set(BY_ID.values()) == {part for used in PARTS.values() for part in used}


def test_an_slo_is_used_by_an_alert_that_names_it() -> None:
    named = {alert.slo for alert in ALERTS.values() if alert.slo}

    assert named == {path.relative_to(MONITORING) for path in SLOS}
    for alert in ALERTS.values():
        if alert.slo:
            assert f'burn_rate("{alert.slo.stem}")' in payload(MONITORING / alert.monitor)["query"]


def test_no_runbook_and_no_offline_test_is_left_over() -> None:
    named = {Path(alert.runbook).name for alert in ALERTS.values()}
    tested = {path.name.removesuffix(".alert.yaml") for path in OFFLINE.glob("*.alert.yaml")}

    assert {path.name for path in (ROOT / "docs" / "runbooks").glob("*.md")} == named
    assert {path.stem for path in MONITORS} | {"downtimes-and-rules"} == tested


@pytest.mark.parametrize("kind", ["downtimes", "rules"])
def test_each_downtime_and_rule_is_in_an_offline_test(kind: str) -> None:
    files = sorted((MONITORING / "datadog" / kind).glob("*.json"))
    text = (OFFLINE / "downtimes-and-rules.alert.yaml").read_text(encoding="utf-8")

    assert files
    assert [path.name for path in files if f"{kind}/{path.name}]" not in text] == []


def test_five_of_the_alerts_wake_somebody_and_no_more() -> None:
    high = {name for name, alert in ALERTS.items() if alert.told.urgency == "high"}

    assert high == {"api-error-rate", "api-availability", "api-blind", "api-slow-for-users", "account-attack"}
