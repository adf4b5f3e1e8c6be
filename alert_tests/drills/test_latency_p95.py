"""The p95 alert, proven end to end: late but good answers, monitor, message to operations, recovery, resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture


def test_twelve_percent_of_late_requests_tell_operations_and_resolve(drill: DrillFixture) -> None:
    journal = drill("api-latency-p95").fires()

    assert journal.time_to_page is not None
    assert [incident.service for incident in journal.incidents] == ["m3core-operations"]
    assert journal.first_failed_request is None


def test_two_and_a_half_percent_of_late_requests_for_twenty_minutes_tell_nobody(drill: DrillFixture) -> None:
    journal = drill("api-latency-p95").stays_quiet()

    assert journal.incidents == ()
