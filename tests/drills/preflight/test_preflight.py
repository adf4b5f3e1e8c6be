"""A preflight says all that is wrong, at once and each once, and touches nothing."""

from __future__ import annotations

from tests.drills.preflight.conftest import Elsewhere


def test_an_account_that_has_all_that_a_drill_needs_has_no_problem(pushed: Elsewhere) -> None:
    assert pushed.problems() == []


def test_a_preflight_writes_nothing(pushed: Elsewhere) -> None:
    pushed.account.writes()
    pushed.problems()

    assert pushed.account.writes() == []
    assert pushed.door.faults == {}


def test_all_that_is_wrong_is_said_at_once(pushed: Elsewhere) -> None:
    pushed.account.change(pushed.monitor_id(), message="@slack-nowhere")
    pushed.env["SENTRY_AUTH_TOKEN"] = ""
    pushed.env["M3CORE_FAULT_TOKEN"] = "wrong"
    pushed.account.pagerduty.control("PUT", "clock", json={"skew_s": -300})

    wheres = [problem.partition(":")[0] for problem in pushed.problems()]

    assert wheres == [
        "target staging",
        "PagerDuty",
        "the platform's api",
        "monitor M3CoreCRM API error rate above 2 %",
    ]
