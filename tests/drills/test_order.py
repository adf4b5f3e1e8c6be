"""Cause comes before effect, by the vendors' own timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alertproof.drills.checklist import Checklist
from alertproof.drills.outcome import Outcome, expect_in_order
from alertproof.drills.platform import Platform
from alertproof.journal import FaultWindow
from alertproof.loadgen import Answered
from alertproof.vendors import Incident, MonitorTransition, SentryEvent
from alertproof.verdict import Verdict

FAULT = datetime(2026, 1, 1, tzinfo=UTC)
#: Only the mapping of real instants is asked of the platform; here both clocks are the same.
PLATFORM = cast("Platform", SimpleNamespace(stack=lambda at: at))


def at(minutes: float) -> datetime:
    return FAULT + timedelta(minutes=minutes)


def outcome(**changes: Any) -> Outcome:
    seen: dict[str, Any] = {
        "fault": FaultWindow(text="some fail", began=FAULT, ended=at(4)),
        "first": Answered(
            start=at(0.1).timestamp(), seconds=0.01, lag=0.0, status=500, tenant="acme", correlation_id="c"
        ),
        "event": SentryEvent(id="e", at=at(0.2), title="t", tags={}, environment="drill", release="r", raw=""),
        "alerted": MonitorTransition(at=at(3), monitor_id=1, group="*", state="Alert", title="t"),
        "incident": Incident(
            id="i",
            title="t",
            service="s",
            urgency="high",
            status="resolved",
            opened_at=at(3.1),
            resolved_at=at(8),
            dedup_keys=("k",),
            severities=("critical",),
            details="",
            told=("First on call",),
        ),
        "recovered": MonitorTransition(at=at(7), monitor_id=1, group="*", state="OK", title="t"),
    }
    return Outcome(**(seen | changes))


def test_the_right_order_is_met() -> None:
    checklist = Checklist()
    expect_in_order(outcome(), checklist, PLATFORM)

    assert checklist.verdict() is Verdict.PASSED


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"event": SentryEvent(id="e", at=at(3.5), title="t", tags={}, environment="d", release="r", raw="")},
            "Alert came",
        ),
        ({"recovered": MonitorTransition(at=at(3.5), monitor_id=1, group="*", state="OK", title="t")}, "recovery came"),
        ({"fault": FaultWindow(text="some fail", began=FAULT, ended=at(2))}, "revert came"),
    ],
)
def test_an_effect_before_its_cause_is_not_met(changes: dict[str, Any], said: str) -> None:
    checklist = Checklist()
    expect_in_order(outcome(**changes), checklist, PLATFORM)

    assert checklist.verdict() is Verdict.FAILED
    assert said in checklist.reason()


def test_a_moment_that_never_came_is_not_taken_for_order() -> None:
    checklist = Checklist()
    expect_in_order(outcome(recovered=None), checklist, PLATFORM)

    assert checklist.verdict() is Verdict.BROKEN
