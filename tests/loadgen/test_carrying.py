"""The steady traffic carries a header in an exact share of its requests, and no longer than the lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertproof.loadgen import Carry
from alertproof.loadgen.carrying import Carried

ZERO = timedelta(0)


def carried(share: float, *, tenant: str | None = None, lease: float = 60.0) -> Carried:
    return Carried(Carry(name="X-Fail", value="yes", share=share, lease_seconds=lease, tenant=tenant), began=ZERO)


@pytest.mark.parametrize("percent", [1, 5, 7, 12, 29, 57, 58, 100])
def test_any_hundred_requests_in_a_row_hold_exactly_the_share(percent: int) -> None:
    found = carried(percent / 100)
    hit = [bool(found.header("acme", now=ZERO)) for _ in range(1000)]

    assert {sum(hit[first : first + 100]) for first in range(900)} == {percent}


def test_three_times_a_share_of_one_tenant_is_no_more_than_that() -> None:
    found = carried(0.05 * 3, tenant="acme")
    hit = sum(bool(found.header("acme", now=ZERO)) for _ in range(10_000))

    assert hit == 1500


def test_a_share_of_one_tenant_counts_that_tenants_requests_alone() -> None:
    found = carried(0.5, tenant="acme")
    requests = ("acme", "globex", "initech") * 10
    hit = [(tenant, bool(found.header(tenant, now=ZERO))) for tenant in requests]

    assert sum(one for tenant, one in hit if tenant == "acme") == 5
    assert not any(one for tenant, one in hit if tenant != "acme")


@pytest.mark.parametrize(("seconds", "carries"), [(1.999, True), (2.0, False)])
def test_after_the_lease_nothing_is_carried(seconds: float, *, carries: bool) -> None:
    found = carried(1.0, lease=2.0)

    assert bool(found.header("acme", now=timedelta(seconds=seconds))) is carries


def test_the_header_is_as_it_was_told() -> None:
    assert carried(1.0).header("acme", now=ZERO) == {"X-Fail": "yes"}
