"""The official SDK, unmodified and in a process of its own, against the stand-in as a stack starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.standins.doors import ask_door

from alertproof.clock import Anchor, SystemClock

KEY = "d" * 32
PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "7"}])
FACTOR = 60.0
PROGRAM = """
import json, sys
import sentry_sdk


def fail(password):
    raise RuntimeError("on purpose")


dsn, options = sys.argv[1], json.loads(sys.argv[2])
sentry_sdk.init(dsn=dsn, traces_sample_rate=1.0, release="r1", environment="drill", default_integrations=False,
                _experiments=options)
sentry_sdk.set_tag("correlation_id", "one")
sentry_sdk.set_user({"id": "7", "email": "agent@acme.example"})
with sentry_sdk.start_transaction(name="GET /api/leads", op="http.server") as transaction:
    sentry_sdk.add_breadcrumb(message="before", category="test")
    try:
        fail("hunter2")
    except RuntimeError:
        event_id = sentry_sdk.capture_exception()
sentry_sdk.flush(5)
print(json.dumps({"event_id": event_id, "trace_id": transaction.trace_id}))
"""


def run(dsn: str, **options: str) -> dict[str, Any]:
    command = [sys.executable, "-c", PROGRAM, dsn, json.dumps(options)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.fixture(scope="module", name="running")
def _running(start_stand_in: Callable[..., Any]) -> tuple[Any, Anchor]:
    now = SystemClock().now()
    anchor = Anchor(real=now, stack=datetime(2030, 1, 1, tzinfo=UTC), factor=FACTOR)
    return start_stand_in("sentry", "--projects", PROJECTS, anchor=anchor), anchor


def ask(standin: Any, path: str, **parameters: Any) -> httpx.Response:
    headers = {"Authorization": "Bearer token"}
    return httpx.get(standin.endpoints["sentry_api"] + path, params=parameters, headers=headers)


# Brotli is what the SDK chooses by itself where it is installed.
@pytest.mark.parametrize("options", [{}, {"transport_compression_algo": "gzip"}], ids=["br", "gzip"])
def test_an_error_arrives_whole_and_in_stack_time(running: tuple[Any, Anchor], options: dict[str, str]) -> None:
    standin, anchor = running
    began = anchor.to_stack(SystemClock().now())
    sent = run(standin.endpoints["sentry_dsn"], **options)
    ended = anchor.to_stack(SystemClock().now())
    event = ask(standin, f"/api/0/projects/acme/api/events/{sent['event_id']}/").json()
    assert event["title"] == "RuntimeError: on purpose"
    assert {"key": "correlation_id", "value": "one"} in event["tags"]
    assert event["user"]["email"] == "agent@acme.example"
    assert event["contexts"]["trace"]["trace_id"] == sent["trace_id"]
    assert event["release"] == {"version": "r1"}
    entries = {entry["type"]: entry["data"] for entry in event["entries"]}
    assert entries["breadcrumbs"]["values"][0]["message"] == "before"
    assert entries["exception"]["values"][0]["stacktrace"]["frames"][-1]["vars"]["password"] == "[Filtered]"
    # Both clocks of this machine are one: only rounding parts them.
    happened = datetime.fromisoformat(event["dateCreated"])
    assert began - timedelta(seconds=1) <= happened <= ended
    assert happened <= datetime.fromisoformat(event["dateReceived"]) <= ended + timedelta(seconds=1)
    rows = ask(
        standin,
        "/api/0/organizations/acme/events/",
        dataset="errors",
        field=["id", "transaction"],
        query=f"trace:{sent['trace_id']}",
    ).json()["data"]
    assert rows == [{"id": sent["event_id"], "transaction": "GET /api/leads"}]


def test_the_same_failure_twice_is_one_issue(running: tuple[Any, Anchor]) -> None:
    standin, _ = running
    before = ask(standin, "/api/0/projects/acme/api/issues/").json()
    for _ in range(2):
        run(standin.endpoints["sentry_dsn"])
    (issue,) = ask(standin, "/api/0/projects/acme/api/issues/", query="correlation_id:one is:unresolved").json()
    assert int(issue["count"]) == 2 + sum(int(row["count"]) for row in before)


def test_nothing_that_the_sdk_sends_is_unknown_or_dropped(running: tuple[Any, Anchor]) -> None:
    standin, _ = running
    run(standin.endpoints["sentry_dsn"])
    door = standin.endpoints["sentry_control"]
    assert ask_door(door, "unknown")["count"] == 0
    assert ask_door(door, "dropped") == {"count": 0, "events": []}


def test_a_wrong_key_stores_nothing(running: tuple[Any, Anchor]) -> None:
    standin, _ = running
    sent = run(standin.endpoints["sentry_dsn"].replace(KEY, "e" * 32))
    assert ask(standin, f"/api/0/projects/acme/api/events/{sent['event_id']}/").status_code == 404


def test_a_body_in_chunks_is_taken(running: tuple[Any, Anchor]) -> None:
    standin, _ = running
    identity = "f" * 32
    parts = [f'{{"event_id":"{identity}"}}\n'.encode(), b'{"type":"event"}\n', b'{"message":"in chunks"}']
    address = f"{standin.endpoints['sentry_api']}/api/7/envelope/?sentry_key={KEY}&sentry_version=7"
    # An iterator has no length: the client sends it chunked, as the JavaScript SDK does.
    response = httpx.post(address, content=iter(parts))
    assert response.request.headers["transfer-encoding"] == "chunked"
    assert response.json() == {"id": identity}
    assert ask(standin, f"/api/0/projects/acme/api/events/{identity}/").json()["title"] == "in chunks"
