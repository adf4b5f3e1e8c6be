"""The error-rate alert, proven end to end: fault, Sentry event, monitor, page, recovery, resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_tests.drills.status_notes import StatusNote, notes_settled

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture
    from alertproof.requirements import Target


def test_five_percent_of_failing_requests_page_the_on_call_and_resolve(drill: DrillFixture, target: Target) -> None:
    journal = drill("api-error-rate").fires()

    assert journal.time_to_page is not None
    (incident,) = journal.incidents
    assert incident.service == "m3core-api"
    # Users are told while somebody is woken for them, where the target says that the platform takes webhooks.
    if "M3CORE_WEBHOOKS_URL" in target.env and incident.urgency == "high":
        told = StatusNote(opened_at=incident.opened_at, closed_at=incident.resolved_at)
        assert notes_settled(target, since=journal.began) == [told]


def test_one_percent_of_failing_requests_for_ten_minutes_pages_nobody(drill: DrillFixture) -> None:
    journal = drill("api-error-rate").stays_quiet()

    assert journal.incidents == ()
