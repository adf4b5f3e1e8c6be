"""The alerts of the specification are brought to stand-ins as a drill does it: who is told, and in which order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.standins.conftest import _started, authority

from alertproof.drills.deploy import deploy
from alertproof.errors import ConfigError
from alertproof.redact import Secret
from alertproof.requirements import load_specification
from alertproof.vendors import Datadog, PagerDuty

MONITORING = Path(__file__).parents[2] / "monitoring"


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[tuple[Datadog, PagerDuty, Any]]:
    """Yield the clients of two empty accounts, and what asks the second one."""
    context, arguments = authority(tmp_path)
    with ExitStack() as stack:
        first = _started(stack, "datadog").endpoints["datadog"]
        second = _started(stack, "pagerduty", *arguments).endpoints["pagerduty"]
        datadog = Datadog(host=first, api_key=Secret("k"), app_key=Secret("a"))
        ca_file = str(tmp_path / "authority.pem")
        pagerduty = PagerDuty(base_url=second, token=Secret("t"), from_email="a@b.example", ca_file=ca_file)
        headers = {"Authorization": "Token token=t"}
        asking = stack.enter_context(httpx.Client(base_url=second, verify=context, headers=headers))
        stack.enter_context(closing(datadog))
        stack.enter_context(closing(pagerduty))
        yield datadog, pagerduty, asking


def test_a_policy_tells_who_is_on_call_by_its_schedules_and_a_second_time_makes_nothing_new(
    accounts: tuple[Datadog, PagerDuty, Any],
) -> None:
    datadog, pagerduty, asking = accounts
    spec = load_specification(MONITORING)

    deploy(spec, environment="prod", datadog=datadog, pagerduty=pagerduty)
    made = deploy(spec, environment="prod", datadog=datadog, pagerduty=pagerduty)

    assert made.monitors.keys() == spec.alerts.keys()
    policies = {each["name"]: each for each in asking.get("/escalation_policies").json()["escalation_policies"]}
    first, second = policies["M3CoreCRM"]["escalation_rules"]
    told = [target["summary"] for rule in (first, second) for target in rule["targets"]]
    assert told == ["M3CoreCRM first on call", "M3CoreCRM second on call"]
    assert {target["type"] for target in first["targets"]} == {"schedule_reference"}
    declared = json.loads((MONITORING / "pagerduty" / "services.json").read_text(encoding="utf-8"))
    for kind in ("users", "schedules", "escalation_policies", "services"):
        assert len(asking.get(f"/{kind}").json()[kind]) == len(declared[kind])


def test_a_policy_that_tells_nobody_who_is_there_is_refused(
    accounts: tuple[Datadog, PagerDuty, Any], tmp_path: Path
) -> None:
    datadog, pagerduty, _ = accounts
    text = (MONITORING / "pagerduty" / "services.json").read_text(encoding="utf-8")
    (tmp_path / "pagerduty").mkdir()
    renamed = text.replace('"name": "M3CoreCRM second on call"', '"name": "M3CoreCRM third on call"')
    (tmp_path / "pagerduty" / "services.json").write_text(renamed, encoding="utf-8")
    spec = msgspec.structs.replace(load_specification(MONITORING), folder=tmp_path)

    with pytest.raises(ConfigError, match="no user or schedule 'M3CoreCRM second on call'"):
        deploy(spec, environment="prod", datadog=datadog, pagerduty=pagerduty)
