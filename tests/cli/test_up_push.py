# mypy: disallow-untyped-calls=False
# The official client's calls come without types.
"""What ``alertproof up`` puts into the accounts of a stack: all of ``monitoring/``, as a push would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from datadog_api_client.v1.api.dashboards_api import DashboardsApi
from tests.cli.pushing import ROOT, Account

from alertproof.cli.up import _push
from alertproof.requirements import Target, read_stack_line
from alertproof.sentry.scrub import scrubbing_library

if TYPE_CHECKING:
    from tests.standins.doors import Vendor

KEYS = {"DD_API_KEY": "k", "DD_APP_KEY": "a", "DD_ENV": "drill", "PAGERDUTY_API_TOKEN": "t"}
OF_SENTRY = {"SENTRY_AUTH_TOKEN": "s", "SENTRY_ORG": "m3core", "SENTRY_PROJECT": "m3core"}


def line(account: Account) -> Target:
    return read_stack_line((account.folder / "stack.json").read_text(encoding="utf-8"), source="stack.json")


@pytest.mark.skipif(scrubbing_library() is None, reason="not installed: pip install 'alertproof[relay]'")
def test_everything_of_the_repository_is_there_pointed_at_the_stack(
    account: Account, empty_sentry: Vendor, capsys: pytest.CaptureFixture[str]
) -> None:
    empty_sentry.control("POST", "reset")
    account.sentry = empty_sentry.api
    account.say_stack(**KEYS, **OF_SENTRY)
    account.copy_everything()

    _push(line(account), ROOT / "monitoring")

    said = capsys.readouterr().err
    assert "not pushed" not in said
    assert "are in the stack's accounts" in said
    assert account.steps() == {}
    monitors = account.monitors()
    files = list((ROOT / "monitoring" / "datadog" / "monitors").glob("*.json"))
    assert len(monitors) == len(files)
    assert sum(str(row["type"]) == "composite" for row in monitors.values()) >= 4
    assert not [name for name, row in monitors.items() if "env:prod" in row["query"]]
    with account.client() as client:
        assert len(DashboardsApi(client).list_dashboards()["dashboards"]) == 5


def test_what_does_not_get_there_is_said_and_the_stack_goes_on(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.say_stack(**KEYS)
    account.datadog.turn(path="/api/v1/dashboard", method="POST", status=500)

    _push(line(account), account.folder / "monitoring")

    said = capsys.readouterr().err
    assert "alertproof: not pushed: dashboard M3CoreCRM Engineering: Datadog could not do it" in said
    assert f"{account.declared() - 5} of the {account.declared()} things" in said
