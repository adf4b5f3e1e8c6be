"""The queue's alert, proven end to end: worker stopped, real jobs in the real queue, monitor, message, recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture


def test_fifteen_thousand_jobs_and_a_stopped_worker_tell_operations_and_resolve(drill: DrillFixture) -> None:
    journal = drill("queue-depth").fires()

    assert journal.time_to_page is not None
    assert [incident.service for incident in journal.incidents] == ["m3core-operations"]
    assert journal.first_failed_request is None


def test_nine_thousand_nine_hundred_jobs_for_ten_minutes_tell_nobody(drill: DrillFixture) -> None:
    journal = drill("queue-depth").stays_quiet()

    assert journal.incidents == ()
