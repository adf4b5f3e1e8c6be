# mypy: disallow-untyped-calls=False
# The official client's calls come without types.
"""``alertproof monitors push`` brings the dashboards to an account; read back, they say what the files say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from datadog_api_client.v1.api.dashboards_api import DashboardsApi
from tests.cli.pushing import Account
from tests.standins.datadog.official import parsed

BOARDS = ("engineering", "executive", "security", "slo", "support")


@pytest.fixture
def pushed(account: Account) -> Account:
    account.pushed()
    return account


def kept(account: Account) -> dict[str, dict[str, Any]]:
    """Return the dashboards of the account by title, as the official client reads them."""
    with account.client() as client:
        api = DashboardsApi(client)
        listed = parsed(api.list_dashboards())["dashboards"]
        return {str(row["title"]): dict(parsed(api.get_dashboard(row["id"])).to_dict()) for row in listed}


def without_numbers(widgets: list[Any]) -> list[Any]:
    """Return widgets without the numbers that the server gives them."""
    return [{name: value for name, value in each.items() if name != "id"} for each in widgets]


def test_each_dashboard_is_read_back_as_its_file_says_it(pushed: Account) -> None:
    found = kept(pushed)
    slos = {name: str(slo["id"]) for name, slo in pushed.slos().items()}

    for key in BOARDS:
        text = pushed.file("dashboards", key).read_text(encoding="utf-8")
        for name, identity in slos.items():
            text = text.replace(f'"slo_id": "{name}"', f'"slo_id": "{identity}"')
        wanted = json.loads(text)
        actual = found[wanted["title"]]
        assert json.loads(json.dumps(without_numbers(actual["widgets"]))) == wanted["widgets"], key
        assert actual["template_variables"] == wanted["template_variables"]


def test_a_changed_query_is_updated_and_then_nothing_differs(pushed: Account) -> None:
    path = pushed.file("dashboards", "security")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("by {reason}", "by {tenant,reason}"), encoding="utf-8")

    (step,) = pushed.steps().values()
    assert (step["kind"], step["key"], step["action"]) == ("dashboard", "security", "update")
    pushed.pushed()
    assert pushed.steps() == {}


def test_a_dashboard_whose_file_is_gone_is_deleted_only_when_told(pushed: Account) -> None:
    pushed.file("dashboards", "support").unlink()

    assert pushed.steps() == {}
    pushed.pushed("--delete")
    assert "M3CoreCRM Support" not in kept(pushed)
