"""A monitor's transition is read from its event: the state from the status, No Data from the title."""

from __future__ import annotations

from typing import Any

import pytest

from alertproof.errors import VendorError
from alertproof.vendors.datadog import _transition


def event(title: str, status: str) -> dict[str, Any]:
    inner = {"title": title, "status": status, "timestamp": 1_767_268_800_000, "monitor_id": 7, "monitor_groups": []}
    return {"attributes": inner}


@pytest.mark.parametrize(
    ("title", "status", "state"),
    [
        ("[Triggered] queue", "error", "Alert"),
        ("[P3] [Warn] queue", "warning", "Warn"),
        ("[Recovered] queue", "success", "OK"),
        ("[No Data] queue", "warning", "No Data"),
        ("[P3] [No Data] queue", "warning", "No Data"),
        ("[P1] [Re-No Data on {tenant:acme}] queue", "error", "No Data"),
        ("[P3] [Triggered] [No Data] is the queue's name", "error", "Alert"),
    ],
)
def test_the_state_is_read_behind_a_priority_too(title: str, status: str, state: str) -> None:
    assert _transition(event(title, status)).state == state


def test_a_status_that_says_no_state_is_refused() -> None:
    with pytest.raises(VendorError, match="has the status 'info', which says no state"):
        _transition(event("[Triggered] queue", "info"))
