"""Preflight of Sentry's own alerts: there, as committed and switched on, be they rules or workflows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.drills.preflight.conftest import Elsewhere

ROOT = Path(__file__).parents[3]
NAME = "M3CoreCRM error spike"
RULES = "/api/0/projects/m3core/m3core-staging/rules/"
WORKFLOWS = "/api/0/organizations/m3core/workflows/"


@pytest.fixture(params=["rules", "workflows"])
def watched(request: pytest.FixtureRequest, elsewhere: Elsewhere) -> Elsewhere:
    """A target whose Sentry has one alert, as a rule or, where there are none, as a workflow."""
    if request.param == "workflows":
        elsewhere.sentry.control("POST", "knobs", json={"path": RULES, "status": 404})
    path = "sentry/alerts/error-spike.json"
    shutil.copy(ROOT / "monitoring" / path, elsewhere.monitoring / path)
    elsewhere.push()
    elsewhere.write_history()
    elsewhere.await_state("OK")
    return elsewhere


def asked(of: Elsewhere, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": "Bearer x"}
    answer = httpx.request(method, f"{of.sentry.api}{path}", json=body, headers=headers, trust_env=False)
    return answer.json() if answer.is_success and answer.content else None


def alert(of: Elsewhere) -> tuple[str, dict[str, Any]]:
    """Return the path of the one alert, and what it says."""
    rules = asked(of, "GET", RULES)
    root = WORKFLOWS if rules is None else RULES
    (found,) = asked(of, "GET", root)
    return f"{root}{found['id']}/", found


def test_an_alert_that_is_there_as_committed_is_no_problem(watched: Elsewhere) -> None:
    assert watched.problems() == []


def test_an_alert_that_is_not_there_is_said_with_the_command_that_makes_it(watched: Elsewhere) -> None:
    path, _ = alert(watched)
    asked(watched, "DELETE", path)

    assert watched.problems() == [
        f"Sentry alert {NAME}: it is not there; create it: alertproof monitors push --target staging"
    ]


def test_an_alert_that_says_something_else_is_said_with_what_differs(watched: Elsewhere) -> None:
    path, found = alert(watched)
    counts = found["conditions"][0] if path.startswith(RULES) else found["actionFilters"][0]["conditions"][0]
    (counts if path.startswith(RULES) else counts["comparison"])["value"] = 500
    asked(watched, "PUT", path, found)

    (said,) = watched.problems()

    assert said.startswith(f"Sentry alert {NAME}: it is not as committed: ")
    assert "500" in said


def test_an_alert_that_is_switched_off_tells_nobody_and_is_said(watched: Elsewhere) -> None:
    path, found = alert(watched)
    off = {"status": "disabled"} if path.startswith(RULES) else {"enabled": False}
    asked(watched, "PUT", path, {**found, **off})

    assert watched.problems() == [f"Sentry alert {NAME}: it is switched off or muted; switch it on in Sentry"]


def test_a_drills_own_monitors_need_none_of_sentrys_alerts(watched: Elsewhere) -> None:
    path, _ = alert(watched)
    asked(watched, "DELETE", path)
    watched.monitors = "own"

    assert not [one for one in watched.problems() if one.startswith("Sentry alert")]
