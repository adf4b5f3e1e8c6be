"""Sentry's projects and alert rules are pushed over its web API, and read back there as the files say them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.cli.pushing import ROOT, Account

from alertproof.sentry.scrub import scrubbing_library

if TYPE_CHECKING:
    from tests.standins.doors import Vendor

SETTINGS = {"DD_API_KEY": "k", "DD_APP_KEY": "a", "DD_ENV": "prod", "PAGERDUTY_API_TOKEN": "t"}
OF_SENTRY = {"SENTRY_AUTH_TOKEN": "s", "SENTRY_ORG": "m3core", "SENTRY_PROJECT": "m3core"}
PROJECT = "/projects/m3core/m3core/"
SPIKE = "M3CoreCRM error spike"

pytestmark = pytest.mark.skipif(
    scrubbing_library() is None,
    reason="Sentry's scrubbing library is not installed: pip install 'alertproof[relay]'",
)


class Sentry:
    """The web API, as anybody asks it."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def get(self, path: str) -> Any:
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def change(self, method: str, path: str, body: Any) -> None:
        assert self._client.request(method, path, json=body).is_success

    def rules(self) -> dict[str, dict[str, Any]]:
        return {rule["name"]: rule for rule in self.get(f"{PROJECT}rules/")}


@pytest.fixture
def sentry(empty_sentry: Vendor) -> Iterator[Sentry]:
    empty_sentry.control("POST", "reset")
    headers = {"Authorization": "Bearer x"}
    with httpx.Client(base_url=f"{empty_sentry.api}/api/0", headers=headers, trust_env=False) as client:
        yield Sentry(client)


@pytest.fixture
def account(account: Account, empty_sentry: Vendor, sentry: Sentry) -> Account:
    """An account with Sentry, and of ``monitoring/`` little else."""
    account.sentry = empty_sentry.api
    account.say_stack(**SETTINGS, **OF_SENTRY)
    shutil.rmtree(account.folder / "monitoring" / "datadog" / "dashboards")
    return account


def file(path: str) -> Any:
    return json.loads((ROOT / "monitoring" / "sentry" / path).read_text(encoding="utf-8"))


def edit(account: Account, path: str, **changes: Any) -> None:
    place = account.folder / "monitoring" / "sentry" / path
    place.write_text(json.dumps(json.loads(place.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def steps(account: Account, *arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {key: step for key, step in account.steps(*arguments).items() if key[0].startswith("Sentry")}


def test_the_project_of_the_environment_has_the_settings_that_its_file_says(account: Account, sentry: Sentry) -> None:
    account.pushed()

    wanted, shown = file("projects/prod.json"), sentry.get(PROJECT)
    assert (shown["name"], shown["platform"]) == (wanted["name"], wanted["platform"])
    assert {name: shown[name] for name in wanted["settings"]} == wanted["settings"]
    assert shown["options"] == wanted["options"]
    filters = {row["id"]: row["active"] for row in sentry.get(f"{PROJECT}filters/")}
    assert filters == {
        each["id"]: sorted(each["subfilters"]) if "subfilters" in each else each["active"] for each in wanted["filters"]
    }
    (key,) = sentry.get(f"{PROJECT}keys/")
    assert key["rateLimit"] == wanted["rateLimit"]


def test_an_alert_pages_the_service_that_it_names_by_a_key_of_sentrys_own(account: Account, sentry: Sentry) -> None:
    account.pushed()

    rules = sentry.rules()
    assert len(rules) == 3
    (action,) = rules[SPIKE]["actions"]
    (integration,) = sentry.get("/organizations/m3core/integrations/")
    (row,) = integration["configData"]["service_table"]
    assert (action["account"], action["service"]) == (integration["id"], str(row["id"]))
    with account.people() as client:
        found = client.find("services", "m3core-operations")
        assert found is not None
        service = client.rget(f"services/{found['id']}", params={"include[]": "integrations"})
    keys = {each["name"]: each["integration_key"] for each in service["integrations"]}
    assert keys.keys() == {"Datadog", "Sentry"}
    assert row == {"id": row["id"], "service": "m3core-operations", "integration_key": keys["Sentry"]}


def test_a_second_push_changes_nothing_and_a_diff_finds_nothing(account: Account) -> None:
    account.pushed()

    assert account.steps() == {}
    assert "no difference" in account.pushed()


def test_a_change_of_the_file_or_in_sentry_is_seen_part_by_part_and_put_right(account: Account, sentry: Sentry) -> None:
    account.pushed()
    edit(account, "projects/prod.json", rateLimit={"window": 60, "count": 5})
    sentry.change("PUT", f"{PROJECT}filters/localhost/", {"active": False})
    sentry.change("PUT", PROJECT, {"scrubIPAddresses": False})
    sentry.change("PUT", PROJECT, {"options": {"filters:releases": "not ours"}})

    (step,) = steps(account).values()
    assert (step["kind"], step["action"]) == ("Sentry project", "update")
    assert {change["field"]: (change["from"], change["to"]) for change in step["changes"]} == {
        "rateLimit.count": (1000, 5),
        "filters.localhost": (False, True),
        "settings.scrubIPAddresses": (False, True),
    }
    account.pushed()
    assert steps(account) == {}
    assert sentry.get(PROJECT)["options"]["filters:releases"] == "not ours"


def test_an_alert_that_was_changed_is_held_until_it_is_named(account: Account, sentry: Sentry) -> None:
    account.pushed()
    edit(account, "alerts/error-spike.json", frequency=120)

    done = account.push()
    assert done.returncode == 1
    assert f"take it over with --adopt '{SPIKE}'" in done.stdout
    assert sentry.rules()[SPIKE]["frequency"] == 60
    account.pushed("--adopt", SPIKE)
    assert sentry.rules()[SPIKE]["frequency"] == 120
    assert account.steps() == {}


def test_an_environment_without_a_file_is_the_named_projects_and_its_alerts_are_of_it(
    account: Account, sentry: Sentry
) -> None:
    account.say_stack(**{**SETTINGS, "DD_ENV": "drill"}, **OF_SENTRY)

    account.pushed()

    assert {rule["environment"] for rule in sentry.rules().values()} == {"drill"}
    assert sentry.get(PROJECT)["name"] == "M3CoreCRM prod"


def test_a_project_that_is_not_there_is_held_with_its_alerts_and_said(account: Account, sentry: Sentry) -> None:
    account.say_stack(**{**SETTINGS, "DD_ENV": "staging"}, **OF_SENTRY)

    done = account.push()

    assert done.returncode == 1
    assert "held Sentry project m3core-staging" in done.stdout
    assert "there is no such project: create it in Sentry" in done.stdout
    assert done.stdout.count("it needs the Sentry project m3core-staging, which is not there") == 3
    assert sentry.rules() == {}


def test_without_a_file_of_the_environment_or_a_token_sentry_is_left_out_and_said(account: Account) -> None:
    account.say_stack(**SETTINGS)
    assert "left out: monitoring/sentry: SENTRY_AUTH_TOKEN is not set" in account.run("diff").stdout
    account.say_stack(**SETTINGS, SENTRY_AUTH_TOKEN="s")
    done = account.run("diff")
    assert (done.returncode, "SENTRY_AUTH_TOKEN is set; set SENTRY_ORG" in done.stderr) == (2, True)
    account.say_stack(**{**SETTINGS, "DD_ENV": "elsewhere"}, SENTRY_AUTH_TOKEN="s", SENTRY_ORG="m3core")
    said = account.run("diff").stdout
    assert "no file of projects is of the environment 'elsewhere', nor of SENTRY_PROJECT" in said
    assert "Sentry alert" not in said


def test_what_sentry_refuses_is_said_in_its_words_and_the_rest_is_not_begun(account: Account) -> None:
    edit(account, "projects/prod.json", options={"filters:error_message": "x"})

    done = account.push()

    assert done.returncode == 1
    assert "Sentry refused to change the settings of m3core: 400 options: 'filters:error_message'" in done.stderr
    assert f"not created: Sentry alert {SPIKE}: not begun" in done.stderr


def test_without_pagerdutys_token_an_alert_waits_for_its_service(account: Account, sentry: Sentry) -> None:
    account.say_stack(**{name: value for name, value in SETTINGS.items() if "PAGER" not in name}, **OF_SENTRY)

    done = account.push()

    assert done.returncode == 1
    assert "PAGERDUTY_API_TOKEN is not set" in done.stdout
    assert sentry.get(PROJECT)["name"] == "M3CoreCRM prod"
    assert sentry.rules() == {}


# -- an account that has workflows in the place of rules --------------------------------------------------------


@pytest.fixture
def newer(account: Account, empty_sentry: Vendor) -> Account:
    """An account whose Sentry knows of no rules any more."""
    empty_sentry.control("POST", "knobs", json={"path": f"/api/0{PROJECT}rules/", "status": 404})
    return account


def workflows(sentry: Sentry) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in sentry.get("/organizations/m3core/workflows/")}


def test_without_rules_an_alert_is_a_workflow_and_a_second_push_changes_nothing(newer: Account, sentry: Sentry) -> None:
    newer.pushed()

    there = workflows(sentry)
    assert len(there) == 3
    (group,) = there[SPIKE]["actionFilters"]
    (action,) = group["actions"]
    (integration,) = sentry.get("/organizations/m3core/integrations/")
    (row,) = integration["configData"]["service_table"]
    assert (action["integrationId"], action["config"]["targetIdentifier"]) == (integration["id"], str(row["id"]))
    assert newer.steps() == {}


def test_a_workflow_that_was_changed_is_held_and_taken_over_by_its_name(newer: Account, sentry: Sentry) -> None:
    newer.pushed()
    spike = workflows(sentry)[SPIKE]
    spike["actionFilters"][0]["conditions"][0]["comparison"]["value"] = 500
    sentry.change("PUT", f"/organizations/m3core/workflows/{spike['id']}/", spike)

    held = steps(newer)["Sentry alert", "error-spike"]
    assert held["action"] == "held"
    assert any("500" in str(change) for change in held["changes"])

    newer.pushed("--adopt", SPIKE)
    (group,) = workflows(sentry)[SPIKE]["actionFilters"]
    assert group["conditions"][0]["comparison"]["value"] == 50
    assert newer.steps() == {}


def test_an_account_that_has_both_uses_the_workflow_that_is_there_and_makes_no_rule_beside_it(
    newer: Account, sentry: Sentry, empty_sentry: Vendor
) -> None:
    newer.pushed()
    empty_sentry.control("DELETE", "knobs")

    assert newer.steps() == {}
    assert sentry.rules() == {}


def test_a_workflow_of_another_environment_is_another_alert(newer: Account, sentry: Sentry) -> None:
    newer.pushed()
    spike = workflows(sentry)[SPIKE]
    sentry.change("PUT", f"/organizations/m3core/workflows/{spike['id']}/", {**spike, "environment": "qa"})

    assert steps(newer)["Sentry alert", "error-spike"]["action"] == "create"
