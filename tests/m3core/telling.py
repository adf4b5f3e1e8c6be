"""Tells the platform of incidents as PagerDuty does, and reads what users are told of them."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, final

from tests.m3core.conftest import WEBHOOK_SECRET

if TYPE_CHECKING:
    import httpx


def signature(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


_hours = count()


def new_beginning() -> datetime:
    """Return an instant later than any before, so that its note stands among those that are shown."""
    return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(hours=next(_hours))


@final
class Incident:
    """An incident of PagerDuty that is of no other test, known in the notes by the instant at which it opened."""

    def __init__(self, client: httpx.Client, *, urgency: str = "high") -> None:
        self._client = client
        self._data = {"id": f"Q{uuid.uuid4().hex[:13]}", "title": "rate of errors in db.internal", "urgency": urgency}
        self.began = new_beginning()

    def body(self, step: str, *, after: float = 0, **more: Any) -> bytes:
        at = (self.began + timedelta(seconds=after)).isoformat(timespec="milliseconds")
        event = {"id": str(uuid.uuid4()), "event_type": f"incident.{step}", "occurred_at": at, "data": self._data}
        return json.dumps({"event": event | more}).encode()

    def send(self, body: bytes, *, header: str | None = None) -> httpx.Response:
        given = signature(body) if header is None else header
        headers = [(b"X-PagerDuty-Signature", given.encode("latin-1"))]
        return self._client.post("/webhooks/pagerduty", content=body, headers=headers)

    def tell(self, step: str, *, after: float = 0) -> httpx.Response:
        return self.send(self.body(step, after=after)).raise_for_status()

    def note(self) -> dict[str, Any] | None:
        """Return the note and how many seconds after the beginning it was closed."""
        return note_of(self._client, self.began)


def note_of(client: httpx.Client, began: datetime) -> dict[str, Any] | None:
    notes = client.get("/status").raise_for_status().json()["notes"]
    mine = [note for note in notes if datetime.fromisoformat(note["opened_at"]) == began]
    assert len(mine) <= 1
    if not mine:
        return None
    closed = mine[0]["closed_at"]
    return {
        "state": mine[0]["state"],
        "closed": closed and (datetime.fromisoformat(closed) - began).total_seconds(),
    }
