"""Sentry's stand-in in a process of its own, and the official SDK in another that sends one of each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sentry_sdk
from tests.standins.conftest import StandIn, _started
from tests.standins.doors import BEARER

from alertproof.clock import Anchor, ScaledClock, SystemClock
from alertproof.redact import Secret
from alertproof.sentrywatch import SentryWatch
from alertproof.vendors import Sentry

KEY, OTHER = "a" * 32, "b" * 32
PROJECTS = json.dumps(
    [
        {"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"},
        {"org": "acme", "project": "web", "public_key": OTHER, "project_id": "2"},
    ]
)
PROGRAM = """
import json, sys
import sentry_sdk
from sentry_sdk.crons import capture_checkin
from sentry_sdk.sessions import track_session

dsn, roots = sys.argv[1], int(sys.argv[2])
sentry_sdk.init(dsn=dsn, release="r1", environment="drill", traces_sample_rate=0.25, default_integrations=False,
                in_app_include=["__main__"], transport_queue_size=10_000,
                before_send=lambda event, hint: None if (event.get("tags") or {}).get("unwanted") else event)

def lose(): raise RuntimeError("no answer")
def overflow(): raise OverflowError("too much")

said = {}
def broken(name, cause, **user):
    with sentry_sdk.isolation_scope() as scope:
        scope.set_tag("correlation_id", name)
        scope.set_tag("tenant", "acme")
        scope.set_user(user or None)
        if name == "dropped": scope.set_tag("unwanted", "yes")
        scope.add_breadcrumb(category="database", message="connecting")
        with sentry_sdk.start_transaction(name="GET /leads") as transaction:
            try: cause()
            except Exception: sentry_sdk.capture_exception()
        said[name] = transaction.trace_id

broken("good", lose, id="12")
broken("again", lose, id="12")
broken("other", overflow, id="12")
broken("leaky", lose, id="12", email="ada@analytical.example")
broken("dropped", lose)
for _ in range(roots):
    with sentry_sdk.start_transaction(name="GET /roots"): pass
for number in range(20):
    with sentry_sdk.isolation_scope() as scope, track_session(scope, session_mode="request"):
        if number == 0:
            scope.set_tag("correlation_id", "crashed")
            error = {"type": "E", "value": "x", "mechanism": {"type": "test", "handled": False}}
            sentry_sdk.capture_event({"exception": {"values": [error]}})
job = capture_checkin(monitor_slug="nightly", status="in_progress")
capture_checkin(monitor_slug="nightly", check_in_id=job, status="ok", duration=4.5)
capture_checkin(monitor_slug="weekly", status="error")
sentry_sdk.flush(10)
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Running:
    """The stand-in, and how it is reached."""

    standin: StandIn
    anchor: Anchor

    @property
    def dsn(self) -> str:
        return self.standin.endpoints["sentry_dsn"]

    def client(self, project: str = "api") -> Sentry:
        address = self.standin.endpoints["sentry_api"]
        return Sentry(base_url=address, token=Secret("token"), organization="acme", project=project)

    @contextmanager
    def knob(self, **knob: Any) -> Iterator[None]:
        """Have the stand-in answer some requests otherwise."""
        door = f"{self.standin.endpoints['sentry_control']}/knobs"
        httpx.post(door, json=knob, headers=BEARER, trust_env=False).raise_for_status()
        try:
            yield
        finally:
            httpx.delete(door, headers=BEARER, trust_env=False).raise_for_status()

    def send_a_sign(self) -> None:
        """Let the SDK send something that is no error."""
        sdk = sentry_sdk.Client(dsn=self.dsn, default_integrations=False)
        sdk.capture_event({"type": "transaction", "transaction": "well"}, scope=sentry_sdk.Scope())
        sdk.close(timeout=5)

    def send(self, roots: int = 0) -> dict[str, str]:
        """Let the SDK send one of each, and so many transactions; returns the trace of each broken request."""
        command = [sys.executable, "-c", PROGRAM, self.dsn, str(roots)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        said: dict[str, Any] = json.loads(ended.stdout)
        return said


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with ExitStack() as stack:
        anchor = Anchor(real=SystemClock().now(), stack=datetime(2030, 1, 1, tzinfo=UTC), factor=60)
        yield Running(_started(stack, "sentry", "--projects", PROJECTS, anchor=anchor), anchor)


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[Sentry]:
    client = running.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def new_watch(running: Running, client: Sentry) -> Callable[[], SentryWatch]:
    """Return what begins to watch now."""
    return lambda: SentryWatch(client, clock=ScaledClock(running.anchor), within=timedelta(seconds=10))
