"""The error-rate alert, proven end to end: fault, Sentry event, monitor, page, recovery, resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture


def test_five_percent_of_failing_requests_page_the_on_call_and_resolve(drill: DrillFixture) -> None:
    journal = drill("api-error-rate").fires()

    assert journal.time_to_page is not None
    assert [incident.service for incident in journal.incidents] == ["m3core-api"]


def test_one_percent_of_failing_requests_for_ten_minutes_pages_nobody(drill: DrillFixture) -> None:
    journal = drill("api-error-rate").stays_quiet()

    assert journal.incidents == ()
