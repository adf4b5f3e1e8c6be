"""The availability alert, proven end to end: the API's process killed, failing probes, burn rate, page, recovery.

The quiet side comes first: its alert looks back on an hour, which the other side fills with failed runs of the probe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture


def test_one_failed_probe_of_three_hundred_and_sixty_pages_nobody(drill: DrillFixture) -> None:
    journal = drill("api-availability").stays_quiet()

    assert journal.incidents == ()
    assert journal.first_failed_request is None


def test_a_stopped_api_pages_the_on_call_and_resolves(drill: DrillFixture) -> None:
    journal = drill("api-availability").fires()

    assert journal.time_to_page is not None
    # The slow burn of the same budget may tell operations; that nothing else came the drill has decided.
    paged = [incident.service for incident in journal.incidents if incident.urgency == "high"]
    assert paged == ["m3core-api"]
    assert journal.first_failed_request is not None
