"""The alert on failed logins, proven end to end: real logins from outside, one tenant, its monitor, page, recovery.

The quiet side comes first: the other side's failures stay in the window for ten minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alertproof.plugin.fixtures import DrillFixture

# It has not been seen to pass five times in a row: logins cost the platform more than other requests.
pytestmark = pytest.mark.prove


def test_four_failed_logins_a_minute_tell_nobody(drill: DrillFixture) -> None:
    journal = drill("auth-failures").stays_quiet()

    assert journal.incidents == ()


def test_ten_failed_logins_a_minute_at_one_tenant_tell_security_and_resolve(drill: DrillFixture) -> None:
    journal = drill("auth-failures").fires()

    assert journal.time_to_page is not None
    assert [incident.service for incident in journal.incidents] == ["m3core-security-review"]
    own = [change for change in journal.transitions if change.monitor == "auth-failures"]
    assert {change.group for change in own} == {"tenant:acme"}
    assert journal.first_failed_request is None
