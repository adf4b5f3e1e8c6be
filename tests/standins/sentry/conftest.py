from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.standins.doors import with_doors

from alertproof.clock import Anchor, VirtualClock
from alertproof.sentry import Envelope, Item, encode_envelope
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.serve import Standin
from alertproof.standins.sentry.store import Store

KEY = "a" * 32
ROUTING_KEY = "R" * 32
REAL = datetime(2026, 1, 1, tzinfo=UTC)
STACK = datetime(2026, 3, 1, tzinfo=UTC)
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=7,sentry_client=test/1"}


@dataclass
class Sentry:
    """The app itself, on a clock moved by hand; sixty stack seconds pass in a real one."""

    client: TestClient
    clock: VirtualClock
    sent: int = 0

    def post(self, body: bytes, *, project: str = "1", headers: dict[str, str] | None = None, query: str = "") -> Any:
        return self.client.post(
            f"/api/{project}/envelope/{query}", content=body, headers=AUTH if headers is None else headers
        )

    def send(self, payload: dict[str, Any], *, kind: str = "event", seconds: float | None = None, **more: Any) -> str:
        """Send one event that happened so many real seconds after the anchor; returns its id."""
        self.sent += 1
        identity = f"{self.sent:032x}"
        at = float(self.sent) if seconds is None else seconds
        document = {"timestamp": REAL.timestamp() + at, "contexts": {"trace": {}}} | payload
        item = Item({"type": kind}, json.dumps(document).encode())
        response = self.post(encode_envelope(Envelope({"event_id": identity}, (item,))), **more)
        assert response.json() == {"id": identity}
        return identity

    def ask(self, path: str, **parameters: Any) -> Any:
        return self.client.get(f"/api/0{path}", params=parameters, headers={"Authorization": "Bearer token"})

    def change(self, verb: str, path: str, body: Any) -> Any:
        return self.client.request(verb, f"/api/0{path}", json=body, headers={"Authorization": "Bearer token"})

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.ask(path, **parameters)
        assert response.status_code == 200, response.text
        return response.json()


def stack_instant(real_seconds: float) -> str:
    """How the API writes the instant so many real seconds after the anchor."""
    at = STACK + timedelta(seconds=60 * real_seconds)
    return at.isoformat().replace("+00:00", "Z")


def made() -> Sentry:
    clock = VirtualClock(STACK)
    projects = [
        Project(org="acme", slug="api", public_key=KEY, project_id="1"),
        Project(org="acme", slug="web", public_key="b" * 32, project_id="2"),
        Project(org="globex", slug="api", public_key="c" * 32, project_id="3"),
    ]
    store = Store(projects, Anchor(real=REAL, stack=STACK, factor=60))
    return Sentry(TestClient(with_doors(Standin(store, clock))), clock)


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    sentry = made()
    with sentry.client:
        yield sentry


@pytest.fixture
def new_sentry() -> Callable[[], Sentry]:
    """Return what makes an empty one, for tests that need many."""
    return made


@pytest.fixture(name="at")
def at_fixture() -> Callable[[float], str]:
    return stack_instant


@pytest.fixture(name="told")
def _told(sentry: Sentry) -> Callable[[], list[Any]]:
    """Have a PagerDuty service, and return what alerts told."""
    table = {"service_table": [{"service": "api on call", "integration_key": ROUTING_KEY, "id": ""}]}
    answer = sentry.change("POST", "/organizations/acme/integrations/1/", table)
    assert answer.json()["configData"]["service_table"] == [
        {"id": 1, "service": "api on call", "integration_key": ROUTING_KEY}
    ]

    def told() -> list[Any]:
        found: list[Any] = sentry.client.get("/control/notifications").json()["notifications"]
        return found

    return told
