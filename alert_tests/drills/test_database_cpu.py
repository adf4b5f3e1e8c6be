"""The database's alert, proven end to end: a real heavy query, measured CPU, monitor, message, recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture

# It needs a core that nobody else wants.
pytestmark = pytest.mark.alone


def test_a_backend_that_computes_for_fifteen_minutes_tells_operations_and_resolves(drill: DrillFixture) -> None:
    journal = drill("database-cpu").fires()

    assert journal.time_to_page is not None
    assert [incident.service for incident in journal.incidents] == ["m3core-operations"]
    assert journal.first_failed_request is None


def test_a_backend_that_computes_for_thirteen_minutes_tells_nobody(drill: DrillFixture) -> None:
    journal = drill("database-cpu").stays_quiet()

    assert journal.incidents == ()
