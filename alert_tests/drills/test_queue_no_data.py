"""The alert on silence, proven end to end: the agent's process killed, no value for twenty minutes, page, recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture

# It takes 27 s and 22 s, and has not been seen to pass five times in a row.
pytestmark = pytest.mark.prove


def test_a_stopped_agent_tells_operations_after_twenty_minutes_and_resolves(drill: DrillFixture) -> None:
    journal = drill("queue-depth-no-data").fires()

    assert journal.time_to_page is not None
    assert {incident.service for incident in journal.incidents} == {"m3core-operations"}
    own = [change for change in journal.transitions if change.monitor == journal.alert]
    assert [(change.old, change.new) for change in own] == [("OK", "No Data"), ("No Data", "OK")]
    assert journal.first_failed_request is None


def test_an_agent_that_is_stopped_for_eighteen_minutes_tells_nobody(drill: DrillFixture) -> None:
    journal = drill("queue-depth-no-data").stays_quiet()

    assert [change for change in journal.transitions if change.monitor == journal.alert] == []
