"""Errors that do not reach Sentry are lost, the caller has the same answer, and afterwards they are reported again."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest
from tests.m3core.breakers.conftest import fault

from m3core.breakers import CannotBreak
from m3core.breakers.sentry import SentryLoss
from m3core.faults import Kind
from m3core.telemetry.sentry_wire import WIRE, WireTrouble

if TYPE_CHECKING:
    import httpx
    from tests.m3core.conftest import Door, Platform


def reported(platform: Platform, correlation_id: str) -> bool:
    return any(correlation_id in str(item) for item in platform.envelopes.now())


def fails(acme: httpx.Client, door: Door, platform: Platform) -> str:
    """Have a request fail, and what it reports be sent or lost; return its correlation id."""
    correlation_id = f"loss-{uuid.uuid4()}"
    door.inject(kind="error", id=correlation_id, match={"correlation_id": correlation_id})
    assert acme.get("/api/leads", headers={"X-Correlation-Id": correlation_id}).status_code == 500
    door.client.post("/_faults/flush").raise_for_status()
    return correlation_id


@pytest.mark.parametrize("kind", ["sentry_unreachable", "sentry_limited"])
def test_an_error_is_lost_while_it_stands_and_reported_after_the_revert(
    platform: Platform, acme: httpx.Client, door: Door, kind: str
) -> None:
    loss = door.inject(kind=kind, id=kind)
    lost = fails(acme, door, platform)
    began = time.monotonic()
    while not (counts := door.counts(loss)) or not counts["injected"]:  # it is counted each moment
        assert time.monotonic() < began + 5
    door.client.delete(f"/_faults/{loss}").raise_for_status()

    time.sleep(2.1 if kind == "sentry_limited" else 0)  # as long as Sentry has asked for
    kept = fails(acme, door, platform)

    platform.envelopes.wait_for(lambda items: [one for one in items if kept in str(one)])
    assert not reported(platform, lost)


def test_sentry_is_lost_in_one_way_at_a_time() -> None:
    away = SentryLoss(WireTrouble.UNREACHABLE, reported=True)
    limited = SentryLoss(WireTrouble.LIMITED, reported=True)
    away.begin(fault(Kind.SENTRY_UNREACHABLE), lease_seconds=30)

    with pytest.raises(CannotBreak, match="Sentry is unreachable already"):
        limited.begin(fault(Kind.SENTRY_LIMITED), lease_seconds=30)
    limited.end(fault(Kind.SENTRY_LIMITED))
    assert WIRE.trouble is WireTrouble.UNREACHABLE

    away.end(fault(Kind.SENTRY_UNREACHABLE))
    away.end(fault(Kind.SENTRY_UNREACHABLE))
    assert WIRE.trouble is None


def test_a_platform_that_reports_no_errors_cannot_lose_them() -> None:
    with pytest.raises(CannotBreak, match="SENTRY_DSN is not set"):
        SentryLoss(WireTrouble.LIMITED, reported=False).begin(fault(Kind.SENTRY_LIMITED), lease_seconds=30)
