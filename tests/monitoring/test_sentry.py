"""The projects and alert rules of ``monitoring/sentry``: taken by the stand-in, firing and keeping quiet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.standins.sentry.conftest import made

from alertproof.sentry.scrub import scrubbing_library

if TYPE_CHECKING:
    from tests.standins.sentry.conftest import Sentry

FOLDER = Path(__file__).parents[2] / "monitoring" / "sentry"
RULES = "/projects/acme/api/rules/"
#: What a file calls a service of PagerDuty by its name is in the table of the account of these tests.
SERVICE = {"account": "1", "service": "1"}
#: Sentry's inbound filters. [docs.sentry.io/api/projects/update-an-inbound-data-filter]
FILTERS = {"browser-extensions", "web-crawlers", "filtered-transaction", "localhost", "legacy-browsers"}
ERROR = {"message": "broken", "level": "error", "environment": "prod", "release": "m3core@1"}


def read(path: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FOLDER / path).read_text(encoding="utf-8"))
    return body


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    standin = made()
    with standin.client:
        table = {"service_table": [{"service": "on call", "integration_key": "R" * 32, "id": ""}]}
        standin.change("POST", "/organizations/acme/integrations/1/", table)
        yield standin


def alerts_told(sentry: Sentry) -> list[str]:
    rows = sentry.client.get("/control/notifications").json()["notifications"]
    return [str(row["alert"]) for row in rows]


@pytest.fixture
def ruled(sentry: Sentry) -> Callable[[str], str]:
    """Return a function that creates a rule by its file and returns its name."""

    def make(key: str) -> str:
        body = read(f"alerts/{key}.json")
        assert [action["service"] for action in body["actions"]] == ["m3core-operations"]
        answer = sentry.change("POST", RULES, {**body, "actions": [action | SERVICE for action in body["actions"]]})
        assert answer.status_code == 200, answer.text
        return str(body["name"])

    return make


@pytest.mark.parametrize("environment", ["development", "staging", "prod"])
def test_each_environment_has_a_project_whose_settings_sentry_takes(sentry: Sentry, environment: str) -> None:
    project = read(f"projects/{environment}.json")

    assert project["client"] == {"environment": environment, "traces_sample_rate": 0.1, "send_default_pii": False}
    assert {each["id"] for each in project["filters"]} == FILTERS
    if scrubbing_library() is None:
        pytest.skip("Sentry's scrubbing library is not installed: pip install 'alertproof[relay]'")
    answer = sentry.change("PUT", "/projects/acme/api/", project["settings"])
    assert answer.status_code == 200, answer.text
    kept = sentry.get("/projects/acme/api/")
    assert {name: kept[name] for name in project["settings"]} == project["settings"]


def test_the_settings_scrub_what_they_name_and_leave_the_correlation_id(sentry: Sentry) -> None:
    if scrubbing_library() is None:
        pytest.skip("Sentry's scrubbing library is not installed: pip install 'alertproof[relay]'")
    sentry.change("PUT", "/projects/acme/api/", read("projects/prod.json")["settings"])
    extra = {"iban": "DE02120300000000202051", "correlation_id": "abc-123"}

    identity = sentry.send({"message": "m", "extra": extra, "user": {"ip_address": "203.0.113.9"}})

    text = json.dumps(sentry.get(f"/projects/acme/api/events/{identity}/"))
    assert "DE02120300000000202051" not in text
    assert "203.0.113.9" not in text
    assert "abc-123" in text


def test_each_rule_has_a_name_of_its_own_and_watches_production_alone() -> None:
    rules = [read(f"alerts/{path.name}") for path in sorted((FOLDER / "alerts").glob("*.json"))]

    assert len({rule["name"] for rule in rules}) == len(rules) == 3
    assert {rule["environment"] for rule in rules} == {"prod"}


def test_more_than_fifty_errors_in_five_minutes_are_a_spike_and_fifty_are_not(
    sentry: Sentry, ruled: Callable[[str], str]
) -> None:
    name = ruled("error-spike")

    for _ in range(50):
        sentry.send(ERROR, seconds=1)
    assert alerts_told(sentry) == []
    sentry.send(ERROR, seconds=1)
    assert alerts_told(sentry) == [name]


def test_a_spike_of_warnings_or_of_another_environment_tells_nobody(
    sentry: Sentry, ruled: Callable[[str], str]
) -> None:
    ruled("error-spike")

    for _ in range(60):
        sentry.send({**ERROR, "level": "warning"}, seconds=1)
        sentry.send({**ERROR, "message": "elsewhere", "environment": "staging"}, seconds=1)

    assert alerts_told(sentry) == []


def test_an_issue_that_is_new_in_the_newest_release_is_told_once(sentry: Sentry, ruled: Callable[[str], str]) -> None:
    name = ruled("new-issue")

    sentry.send(ERROR)
    sentry.send(ERROR)

    assert alerts_told(sentry) == [name]


def test_an_issue_of_an_older_release_is_not_news(sentry: Sentry, ruled: Callable[[str], str]) -> None:
    sentry.send({**ERROR, "message": "first"})
    sentry.send({**ERROR, "message": "second", "release": "m3core@2"})
    ruled("new-issue")

    sentry.send({**ERROR, "message": "third"})

    assert alerts_told(sentry) == []


def test_a_resolved_issue_that_comes_back_is_told(sentry: Sentry, ruled: Callable[[str], str]) -> None:
    name = ruled("regression")
    sentry.send(ERROR)
    assert alerts_told(sentry) == []

    answer = sentry.change("PUT", "/organizations/acme/issues/1/", {"status": "resolved"})
    assert answer.status_code == 200, answer.text
    sentry.send(ERROR, seconds=30)

    assert alerts_told(sentry) == [name]
