"""The alerts of the specification are brought to stand-ins as a drill does it: who is told, and in which order."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.standins.conftest import _started, authority
from tests.standins.doors import BEARER

from alertproof.datadog import Slo, load_slo
from alertproof.drills.deploy import Deployment, deploy
from alertproof.errors import ConfigError, VendorError
from alertproof.redact import Secret
from alertproof.requirements import load_specification
from alertproof.sync import Accounts, Settings, apply
from alertproof.sync.settings import Receivers
from alertproof.vendors import Datadog

MONITORING = Path(__file__).parents[2] / "monitoring"


@dataclass
class Place:
    """Two empty accounts: what a drill is told of them, and what asks each."""

    settings: Settings
    datadog: Datadog
    pagerduty: httpx.Client
    control: str

    def deployed(self, folder: Path = MONITORING, *, supporting: bool = True) -> Deployment:
        spec = load_specification(folder)
        return deploy(spec, settings=self.settings, datadog=self.datadog, supporting=supporting)

    def push(self) -> None:
        """Push all of ``monitoring/``, as people do."""
        with Accounts(self.settings, MONITORING) as accounts:
            assert apply(accounts.plan(), accounts.kinds, accounts.ids, lambda _: None)

    def rules(self) -> list[str]:
        answer = httpx.get(
            f"{self.settings.datadog}/api/v2/monitor/notification_rule",
            headers={"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"},
            trust_env=False,
        )
        return [row["id"] for row in answer.json()["data"]]

    def listed(self, kind: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.pagerduty.get(f"/{kind}", params={"limit": 100}).json()[kind]
        return rows


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    context, arguments = authority(tmp_path)
    with ExitStack() as stack:
        endpoints = _started(stack, "datadog").endpoints
        first = endpoints["datadog"]
        second = _started(stack, "pagerduty", *arguments).endpoints["pagerduty"]
        settings = Settings(
            datadog=first,
            api_key=Secret("k"),
            app_key=Secret("a"),
            environment="drill",
            pagerduty=second,
            token=Secret("t"),
            sender="a@b.example",
            ca_file=str(tmp_path / "authority.pem"),
        )
        datadog = Datadog(host=first, api_key=Secret("k"), app_key=Secret("a"))
        headers = {"Authorization": "Token token=t"}
        asking = stack.enter_context(httpx.Client(base_url=second, verify=context, headers=headers))
        stack.enter_context(closing(datadog))
        yield Place(settings, datadog, asking, endpoints["control"])


def test_a_policy_tells_who_is_on_call_by_its_schedules_and_a_second_time_makes_nothing_new(place: Place) -> None:
    spec = load_specification(MONITORING)

    first = place.deployed()
    second = place.deployed()

    assert first.monitors.keys() == second.monitors.keys() > spec.drilled.keys()
    assert not set(first.monitors.values()) & set(second.monitors.values()), "what a killed run left is made anew"
    assert {row["id"] for row in place.datadog.monitors()} == set(second.monitors.values())
    policies = {each["name"]: each for each in place.listed("escalation_policies")}
    one, two = policies["M3CoreCRM"]["escalation_rules"]
    told = [target["summary"] for rule in (one, two) for target in rule["targets"]]
    assert told == ["M3CoreCRM first on call", "M3CoreCRM second on call"]
    assert {target["type"] for target in one["targets"]} == {"schedule_reference"}
    declared = json.loads((MONITORING / "pagerduty" / "services.json").read_text(encoding="utf-8"))
    for kind in ("users", "schedules", "escalation_policies", "services"):
        assert len(place.listed(kind)) == len(declared[kind])


def test_all_that_watches_is_there_pointed_at_the_drill_and_gone_again(place: Place) -> None:
    spec = load_specification(MONITORING)
    made = place.deployed()

    rows = {row["id"]: row for row in place.datadog.monitors()}
    assert rows.keys() == set(made.monitors.values())
    assert len(rows) == len([*(MONITORING / "datadog" / "monitors").glob("*.json")])
    at_datadog = {name for name, alert in spec.supporting.items() if alert.monitor.parts[0] == "datadog"}
    assert made.monitors.keys() == {
        *spec.alerts,
        *at_datadog,
        "tenant-error-share",
        "api-error-rate-lately",
    }, "a part is named by its file"
    for row in rows.values():
        assert {"managed_by:alertproof", "managed_env:drill"} <= set(row["tags"])
        assert "env:prod" not in row["query"]
    availability = rows[made.monitors["api-availability"]]
    assert f'burn_rate("{made.slos["api-availability"]}")' in availability["query"]
    blind = rows[made.monitors["api-blind"]]["query"]
    assert blind == " && ".join(
        str(made.monitors[name]) for name in ("api-error-rate-no-data", "api-availability-no-data")
    )
    assert len(place.rules()) == len(made.rules) == 2
    made.remove(place.datadog)
    assert place.datadog.monitors() == []
    assert place.datadog.slos_tagged("managed_by:alertproof") == []
    assert place.rules() == []


def test_without_what_supports_them_only_the_alerts_that_are_drilled_are_there(place: Place) -> None:
    spec = load_specification(MONITORING)

    made = place.deployed(supporting=False)

    assert made.monitors.keys() == spec.drilled.keys()
    assert {row["id"] for row in place.datadog.monitors()} == set(made.monitors.values())
    assert made.slos.keys() == {"api-availability"}
    assert place.rules() == []


def test_what_a_rule_tells_is_made_where_the_target_takes_webhooks_and_else_the_rule_is_left_out(place: Place) -> None:
    token = Receivers(url="http://127.0.0.1:9/webhooks", token=Secret("sends-this"))
    place.settings = dataclasses.replace(place.settings, receivers=token)

    made = place.deployed()

    assert len(place.rules()) == len(made.rules) == 3
    assert "slow-to-status" in made.rules
    hook = httpx.get(
        f"{place.settings.datadog}/api/v1/integration/webhooks/configuration/webhooks/m3core-status",
        headers={"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"},
        trust_env=False,
    )
    assert hook.json()["url"] == "http://127.0.0.1:9/webhooks/datadog"
    made.remove(place.datadog)
    place.settings = dataclasses.replace(place.settings, receivers=Receivers())
    assert place.deployed().rules.keys() == {"pages-to-channel", "security-to-channel"}


def test_a_rule_that_is_there_is_used_and_stays_there(place: Place) -> None:
    place.settings = replaced(place.settings, environment="prod")
    place.push()
    place.settings = replaced(place.settings, environment="drill")

    made = place.deployed()

    assert made.rules == {}
    made.remove(place.datadog)
    assert len(place.rules()) == 2


def test_a_drill_leaves_alone_what_another_environment_has_and_refuses_where_its_own_is_pushed(place: Place) -> None:
    place.settings = replaced(place.settings, environment="prod")
    place.push()
    pushed = len(place.datadog.monitors())
    place.settings = replaced(place.settings, environment="drill")

    made = place.deployed()
    assert len(place.datadog.monitors()) == pushed + len(made.monitors)
    made.remove(place.datadog)
    assert len(place.datadog.monitors()) == pushed

    place.push()
    with pytest.raises(ConfigError, match=r"monitors are pushed to env:drill .* alertproof up --empty"):
        place.deployed()


def replaced(settings: Settings, *, environment: str) -> Settings:
    return dataclasses.replace(settings, environment=environment)


def test_what_cannot_be_made_takes_with_it_what_was(place: Place) -> None:
    knob = {"path": "/api/v1/monitor", "method": "POST", "status": 500, "every": 4}
    httpx.post(f"{place.control}/knobs", json=knob, headers=BEARER, trust_env=False).raise_for_status()

    with pytest.raises(VendorError, match="could not do it, .* monitor"):
        place.deployed()

    assert place.datadog.monitors() == []
    assert place.datadog.slos_tagged("managed_by:alertproof") == []


def test_a_policy_that_tells_nobody_who_is_there_is_refused(place: Place, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MONITORING, tmp_path / "monitoring"))
    path = folder / "pagerduty" / "services.json"
    text = path.read_text(encoding="utf-8")
    renamed = text.replace('"name": "M3CoreCRM second on call"', '"name": "M3CoreCRM third on call"')
    path.write_text(renamed, encoding="utf-8")

    with pytest.raises(ConfigError, match="no schedule 'M3CoreCRM second on call'"):
        place.deployed(folder)


def test_a_deployed_slo_is_read_back_as_the_file_has_it(place: Place) -> None:
    """A drill computes from it when the alert that names it fires."""
    slos = place.deployed().slos

    found = load_slo(place.datadog.slo(slos["api-availability"]), source="the account")

    assert isinstance(found, Slo)
    assert found.target_over("30d") == 99.9
    assert "synthetics.probe.runs{service:m3core-api,env:" in found.denominator
