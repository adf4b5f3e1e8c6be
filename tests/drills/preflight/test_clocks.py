"""Preflight of clocks, both sides of what is believed."""

from __future__ import annotations

import pytest
from tests.drills.preflight.conftest import Elsewhere


@pytest.mark.parametrize(("skew", "said"), [(-8, ""), (7, ""), (-14, "s behind"), (14, "s ahead of")])
def test_a_clock_that_is_off_by_more_than_ten_seconds_is_said(standing: Elsewhere, skew: int, said: str) -> None:
    standing.account.pagerduty.control("PUT", "clock", json={"skew_s": skew})

    found = standing.problems()

    assert len(found) == bool(said)
    assert all(said in one and one.startswith("PagerDuty: its clock is 1") for one in found)
