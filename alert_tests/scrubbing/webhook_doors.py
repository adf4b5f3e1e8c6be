"""The doors by which vendors tell M3CoreCRM of incidents: what they say comes from outside, too."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import httpx

from alert_tests.scrubbing.api_doors import headers_of, need
from alertproof.scrubbing import Door, Side

__all__ = ["webhook_doors"]

#: What stands in a title of at most two thousand characters.
_SHORT = ("payment card", "IBAN", "e-mail", "phone", "JWT", "vendor token", "national id")
#: Where each canary comes out with scrubbing off.
_FAILED = ("Sentry event of python, request", "Sentry transaction, request")


def webhook_doors(secrets: Mapping[str, str]) -> list[Door]:
    """Return the doors; ``secrets`` are those of the target's environment by which a webhook is known as a vendor's."""
    key = secrets["M3CORE_PAGERDUTY_WEBHOOK_SECRET"].encode()
    token = secrets["M3CORE_DATADOG_WEBHOOK_TOKEN"]

    def to_receiver(send: Callable[[httpx.Client, Side], None]) -> Callable[[Side], None]:
        def sent(side: Side) -> None:
            with httpx.Client(base_url=side.api, headers=headers_of(side), timeout=20.0, trust_env=False) as api:
                send(api, side)

        return sent

    def pagerduty(api: httpx.Client, side: Side) -> None:
        incident = {
            "id": f"Q{uuid.uuid4().hex[:13]}",
            "title": side.in_words(),
            "urgency": "high",
            "body": side.fields(),
        }
        event = {
            "id": str(uuid.uuid4()),
            "event_type": "incident.triggered",
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        body = json.dumps({"event": {**event, "data": incident}}).encode()
        signature = "v1=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        headers = {"X-PagerDuty-Signature": signature, "Content-Type": "application/json"}
        need(api.post("/webhooks/pagerduty", content=body, headers=headers), 500)

    def datadog(api: httpx.Client, side: Side) -> None:
        need(_told(api, token, "Triggered", uuid.uuid4().hex, side.in_words(), **side.fields()), 500)

    def status_note(api: httpx.Client, side: Side) -> None:
        cycle = uuid.uuid4().hex
        for transition in ("Triggered", "Recovered"):
            need(_told(api, token, transition, cycle, side.in_words()), 200)

    return [
        Door(name="PagerDuty webhook", fault="error", path="/webhooks/*", send=to_receiver(pagerduty), shows=_FAILED),
        Door(name="Datadog webhook", fault="error", path="/webhooks/*", send=to_receiver(datadog), shows=_FAILED),
        Door(name="status note", kinds=_SHORT, send=to_receiver(status_note), shows=("Datadog events, as shown",)),
    ]


def _told(api: httpx.Client, token: str, transition: str, cycle: str, title: str, **more: str) -> httpx.Response:
    """Tell of a monitor's change as monitoring/datadog/webhooks/ asks Datadog to."""
    body = {
        "id": uuid.uuid4().hex,
        "cycle": cycle,
        "title": title,
        "transition": transition,
        "date": str(round(time.time() * 1000)),
    }
    return api.post("/webhooks/datadog", json={**more, **body}, headers={"X-M3Core-Webhook-Token": token})
