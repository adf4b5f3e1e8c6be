"""Cause comes before effect, by the vendors' own timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertproof.drills.checklist import Checklist
from alertproof.drills.outcome import Outcome, expect_in_order
from alertproof.journal import FaultWindow
from alertproof.vendors import Incident, MonitorTransition
from alertproof.verdict import Verdict

FAULT = datetime(2026, 1, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return FAULT + timedelta(minutes=minutes)


def outcome(**changes: Any) -> Outcome:
    seen: dict[str, Any] = {
        "fault": FaultWindow(text="some fail", began=FAULT, ended=at(4)),
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


def effect(**changes: datetime | None) -> list[tuple[str, datetime | None]]:
    moments = {"first failed request": at(0.1), "Sentry event": at(0.2)}
    return list({**moments, **changes}.items())


def decided(seen: Outcome, moments: list[tuple[str, datetime | None]]) -> Checklist:
    checklist = Checklist()
    expect_in_order(seen, checklist, moments)
    return checklist


def test_the_right_order_is_met() -> None:
    assert decided(outcome(), effect()).verdict() is Verdict.PASSED


def test_the_moments_of_the_fault_s_effect_stand_between_fault_and_alert() -> None:
    (expected,) = decided(outcome(), [("first delayed request", at(0.2))]).all()

    assert expected.met
    assert expected.text.startswith("cause comes before effect: fault, first delayed request, Alert, incident,")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"alerted": MonitorTransition(at=at(0.15), monitor_id=1, group="*", state="Alert", title="t")}, "Alert came"),
        ({"recovered": MonitorTransition(at=at(3.5), monitor_id=1, group="*", state="OK", title="t")}, "recovery came"),
        ({"fault": FaultWindow(text="some fail", began=FAULT, ended=at(2))}, "revert came"),
    ],
)
def test_an_effect_before_its_cause_is_not_met(changes: dict[str, Any], said: str) -> None:
    checklist = decided(outcome(**changes), effect())

    assert checklist.verdict() is Verdict.FAILED
    assert said in checklist.reason()


def test_a_request_that_shows_a_fault_before_it_was_injected_is_not_met() -> None:
    checklist = decided(outcome(), effect(**{"first failed request": at(-0.1)}))

    assert checklist.verdict() is Verdict.FAILED
    assert "first failed request came 0 min 06 s before fault" in checklist.reason()


@pytest.mark.parametrize(
    ("changes", "moments"), [({"recovered": None}, effect()), ({}, effect(**{"Sentry event": None}))]
)
def test_a_moment_that_never_came_is_not_taken_for_order(
    changes: dict[str, Any], moments: list[tuple[str, datetime | None]]
) -> None:
    assert decided(outcome(**changes), moments).verdict() is Verdict.BROKEN
