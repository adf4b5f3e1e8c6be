"""Workflows, the newer form of issue alerts, and a page that reaches PagerDuty."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from tests.standins.doors import ask_door

from alertproof.clock import SystemClock, wait_until

WORKFLOWS = "/organizations/acme/workflows/"
KEY = "R" * 32


def workflow(**fields: Any) -> dict[str, Any]:
    action = {
        "type": "pagerduty",
        "integrationId": "1",
        "config": {"targetType": "specific", "targetIdentifier": "1", "targetDisplay": "api on call"},
        "data": {"priority": "error"},
    }
    level = {"type": "level", "comparison": {"level": 40, "match": "gte"}, "conditionResult": True}
    given = {
        "name": "workflow",
        "enabled": True,
        "environment": None,
        "config": {"frequency": 0},
        "triggers": {"logicType": "any-short", "conditions": [{"type": "first_seen_event", "comparison": True}]},
        "actionFilters": [{"logicType": "all", "conditions": [level], "actions": [action]}],
    }
    return given | fields


def test_a_workflow_is_for_all_projects_and_tells_what_its_action_filter_lets_through(sentry: Any, told: Any) -> None:
    made = sentry.change("POST", WORKFLOWS, workflow())
    assert made.status_code == 201
    sentry.send({"message": "low", "level": "warning"})
    assert told() == []
    auth = {"X-Sentry-Auth": f"Sentry sentry_key={'b' * 32}"}
    sentry.send({"message": "high", "level": "error"}, project="2", headers=auth)
    (one,) = told()
    assert (one["body"]["payload"]["severity"], one["body"]["payload"]["component"]) == ("error", "web")
    identity = made.json()["id"]
    sentry.change("PUT", f"{WORKFLOWS}{identity}/", workflow(enabled=False))
    sentry.send({"message": "new", "level": "error"})
    assert len(told()) == 1
    assert sentry.get(f"{WORKFLOWS}{identity}/")["enabled"] is False
    assert sentry.change("DELETE", f"{WORKFLOWS}{identity}/", None).status_code == 204
    assert sentry.get(WORKFLOWS) == []


def test_a_workflow_without_a_frequency_tells_of_every_event(sentry: Any, told: Any) -> None:
    sentry.change("POST", WORKFLOWS, workflow(triggers={"logicType": "any-short", "conditions": []}))
    for _ in range(3):
        sentry.send({"message": "m"})
    assert [each["body"]["dedup_key"] for each in told()] == ["API-1"] * 3


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"config": {"frequency": 7}}, "config", "frequency is one of"),
        ({"triggers": {"conditions": [{"type": "issue_resolved_trigger"}]}}, "detail", "issue_resolved_trigger"),
        ({"actionFilters": [{"logicType": "most"}]}, "actionFilters", "'most' is not a valid choice"),
    ],
)
def test_a_workflow_that_cannot_be_is_400(
    sentry: Any, told: Any, fields: dict[str, Any], field: str, part: str
) -> None:
    answer = sentry.change("POST", WORKFLOWS, workflow(**fields))
    assert (answer.status_code, part in str(answer.json()[field])) == (400, True)


class _Pager(ThreadingHTTPServer):
    bodies: list[dict[str, Any]]
    paths: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: _Pager

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.paths.append(self.path)
        # The first is refused once: it is sent again.
        self.send_response(500 if len(self.server.bodies) == 1 else 202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet."""


@pytest.fixture(name="pager")
def _pager() -> Iterator[_Pager]:
    server = _Pager(("127.0.0.1", 0), _Handler)
    server.bodies, server.paths = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_reaches_pagerduty_without_anybody_asking_and_is_sent_again_after_a_500(
    start_stand_in: Callable[..., Any], pager: _Pager
) -> None:
    projects = json.dumps([{"org": "acme", "project": "api", "public_key": "a" * 32, "project_id": "1"}])
    url = f"http://127.0.0.1:{pager.server_port}"
    endpoints = start_stand_in("sentry", "--projects", projects, "--pagerduty-url", url).endpoints
    address = endpoints["sentry_api"]
    headers = {"Authorization": "Bearer token"}
    table = {"service_table": [{"service": "s", "integration_key": KEY}]}
    for path, body in (("/organizations/acme/integrations/1/", table), (WORKFLOWS, workflow())):
        httpx.post(f"{address}/api/0{path}", json=body, headers=headers).raise_for_status()
    event = f'{{"event_id":"{"e" * 32}"}}\n{{"type":"event"}}\n{{"message":"hello"}}'
    httpx.post(f"{address}/api/1/envelope/?sentry_key={'a' * 32}", content=event).raise_for_status()
    clock = SystemClock()
    deadline = clock.now() + timedelta(seconds=20)
    found = wait_until(
        lambda: len(pager.bodies) == 2 or None, clock=clock, deadline=deadline, every=timedelta(milliseconds=20)
    )
    assert found, pager.bodies
    assert pager.paths == ["/v2/enqueue/"] * 2
    assert pager.bodies[0] == pager.bodies[1]
    assert (pager.bodies[1]["routing_key"], pager.bodies[1]["dedup_key"]) == (KEY, "API-1")
    outcome = wait_until(
        lambda: "delivered" in str(ask_door(endpoints["sentry_control"], "notifications")) or None,
        clock=clock,
        deadline=deadline,
        every=timedelta(milliseconds=20),
    )
    assert outcome
