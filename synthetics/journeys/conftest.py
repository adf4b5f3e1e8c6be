"""Who goes on a journey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alertproof.journeys import Journey
    from alertproof.requirements import Specification
    from synthetics.conftest import Account, AccountOf


@pytest.fixture
def agent(journey: Journey, account_of: AccountOf, specification: Specification) -> Account:
    """Return a user of the first tenant of the specification; the journey's report names the tenant."""
    someone = account_of(specification.tenants[0])
    journey.tenant = someone.tenant
    return someone
