"""Webhooks are pushed where the environment says the receivers, with their secrets, which no output holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.pushing import Account

KEYS = {"DD_API_KEY": "k", "DD_APP_KEY": "a", "DD_ENV": "prod", "PAGERDUTY_API_TOKEN": "t"}
RECEIVERS = {
    "M3CORE_WEBHOOKS_URL": "http://127.0.0.1:9/webhooks/",
    "M3CORE_PAGERDUTY_WEBHOOK_SECRET": "signs-with-this",
    "M3CORE_DATADOG_WEBHOOK_TOKEN": "sends-this",
}
PAGERDUTY_FILE = "pagerduty/webhooks/m3core-status.json"
ROOT = "/api/v1/integration/webhooks/configuration"


@pytest.fixture
def told(account: Account) -> Account:
    account.say_stack(**KEYS, **RECEIVERS)
    return account


def listed(account: Account, path: str) -> list[dict[str, Any]]:
    with account.people() as people:
        return people.list_all(path)


def integration(account: Account, path: str) -> dict[str, Any]:
    keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
    found: dict[str, Any] = account.datadog.get(f"{ROOT}/{path}", headers=keys).raise_for_status().json()
    return found


def test_a_push_subscribes_to_the_service_whose_incidents_users_feel_and_nothing_differs_then(told: Account) -> None:
    said = told.pushed()
    (made,) = listed(told, "webhook_subscriptions")
    services = {row["id"]: row["name"] for row in listed(told, "services")}
    assert made["delivery_method"]["url"] == "http://127.0.0.1:9/webhooks/pagerduty"
    assert services[made["filter"]["id"]] == "m3core-api"
    assert {"incident.triggered", "incident.resolved", "incident.reopened"} <= {*made["events"]}
    hook = integration(told, "webhooks/m3core-status")
    assert hook["url"] == "http://127.0.0.1:9/webhooks/datadog"
    assert json.loads(hook["custom_headers"]) == {"X-M3Core-Webhook-Token": "$M3CORE_WEBHOOK_TOKEN"}
    variable = integration(told, "custom-variables/M3CORE_WEBHOOK_TOKEN")
    assert variable == {"name": "M3CORE_WEBHOOK_TOKEN", "is_secret": True}
    assert told.steps() == {}
    assert "signs-with-this" not in said
    assert "sends-this" not in said


def test_a_change_of_the_file_is_updated_and_another_address_is_held(told: Account) -> None:
    told.pushed()
    path = told.folder / "monitoring" / PAGERDUTY_FILE
    body = json.loads(path.read_text(encoding="utf-8"))
    body["events"].remove("incident.unacknowledged")
    path.write_text(json.dumps(body), encoding="utf-8")
    assert [*told.steps()] == [("webhook subscription", "m3core-status")]
    told.pushed()
    assert "incident.unacknowledged" not in listed(told, "webhook_subscriptions")[0]["events"]
    told.say_stack(**KEYS, **RECEIVERS | {"M3CORE_WEBHOOKS_URL": "http://127.0.0.1:10/webhooks"})
    step = told.steps()["webhook subscription", "m3core-status"]
    assert step["action"] == "held"
    assert "the url of what is there cannot be changed" in step["reason"]


@pytest.mark.parametrize(
    ("missing", "folders"),
    [
        ("M3CORE_WEBHOOKS_URL", {"pagerduty", "datadog"}),
        ("M3CORE_PAGERDUTY_WEBHOOK_SECRET", {"pagerduty"}),
        ("M3CORE_DATADOG_WEBHOOK_TOKEN", {"datadog"}),
    ],
)
def test_what_the_environment_does_not_say_is_said_and_left_out(
    account: Account, missing: str, folders: set[str]
) -> None:
    account.say_stack(**KEYS, **{name: value for name, value in RECEIVERS.items() if name != missing})
    done = account.run("diff")
    for vendor in ("pagerduty", "datadog"):
        said = f"monitoring/{vendor}/webhooks: {missing} is not set"
        assert (said in done.stdout + done.stderr) == (vendor in folders)
    kinds = {kind for kind, _ in account.steps()}
    assert ("webhook subscription" in kinds) == ("pagerduty" not in folders)
    assert ("webhook" in kinds) == ("webhook variable" in kinds) == ("datadog" not in folders)


def test_a_service_that_is_not_declared_is_said_with_its_place(told: Account) -> None:
    path = told.folder / "monitoring" / PAGERDUTY_FILE
    body = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(body | {"service": "m3core-app"}), encoding="utf-8")
    done = told.run("diff")
    assert done.returncode == 2
    assert "m3core-status.json:1: services.json declares no service 'm3core-app'" in done.stderr
