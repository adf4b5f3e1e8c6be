"""What Sentry's stand-in acknowledged outlives its kill: envelopes, issues, alerts, and whom they told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.standins.doors import BEARER, ask_door
from tests.standins.killable import Killable, eventually, same, written_until_killed
from tests.standins.paging import Pager, start_pager

from alertproof.clock import Anchor, SystemClock

KEY = "d" * 32
PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"}])
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=7,sentry_client=test/1"}
PROGRAM = """
import sys
import sentry_sdk

sentry_sdk.init(dsn=sys.argv[1], release="r1", environment="drill", default_integrations=False)
for number in range(int(sys.argv[2])):
    try:
        raise RuntimeError("on purpose")
    except RuntimeError:
        print(sentry_sdk.capture_exception())
sentry_sdk.flush(10)
"""
LISTED = {
    "issues": "/organizations/acme/issues/",
    "events": "/projects/acme/api/events/",
    "rules": "/projects/acme/api/rules/",
    "workflows": "/organizations/acme/workflows/",
    "metric alerts": "/organizations/acme/alert-rules/",
    "incidents": "/organizations/acme/incidents/",
    "releases": "/organizations/acme/releases/",
    "integrations": "/organizations/acme/integrations/1/",
}
PAGE = {
    "id": "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction",
    "account": "1",
    "service": "1",
}
RULE = {
    "name": "anything",
    "actionMatch": "any",
    "filterMatch": "all",
    "frequency": 60,
    "conditions": [{"id": "sentry.rules.conditions.every_event.EveryEventCondition"}],
    "actions": [PAGE],
}
METRIC_PAGE = {"type": "pagerduty", "targetType": "specific", "targetIdentifier": "1", "integrationId": "1"}
METRIC = {
    "name": "many errors",
    "aggregate": "count()",
    "dataset": "events",
    "query": "",
    "timeWindow": 5,
    "thresholdType": 0,
    "triggers": [{"label": "critical", "alertThreshold": 3, "actions": [METRIC_PAGE]}],
    "projects": ["api"],
}


@dataclass
class Sentry:
    standin: Killable
    pager: Pager

    def ask(self, method: str, path: str, **options: Any) -> Any:
        address = self.standin.endpoints["sentry_api"]
        answer = httpx.request(method, f"{address}/api/0{path}", headers=BEARER, **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def send(self, identity: str, message: str = "it broke") -> httpx.Response:
        event = json.dumps({"event_id": identity, "message": message, "release": "r1"})
        body = f'{{"event_id": "{identity}"}}\n{{"type": "event"}}\n{event}\n'
        address = self.standin.endpoints["sentry_api"]
        return httpx.post(f"{address}/api/1/envelope/", content=body.encode(), headers=AUTH)

    def events(self) -> list[str]:
        """Return the ids of all events, by pages as a client reads them."""
        address = self.standin.endpoints["sentry_api"]
        found, path = [], f"{address}/api/0/projects/acme/api/events/"
        while True:
            answer = httpx.get(path, headers=BEARER).raise_for_status()
            found += [each["eventID"] for each in answer.json()]
            if answer.links["next"]["results"] != "true":
                return found
            path = answer.links["next"]["url"]

    def shown(self) -> dict[str, Any]:
        return {name: self.ask("GET", path) for name, path in LISTED.items()}

    def told(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = ask_door(self.standin.endpoints["sentry_control"], "notifications")[
            "notifications"
        ]
        return listed

    def all_delivered(self) -> bool | None:
        told = self.told()
        return (bool(told) and all(each["outcome"] == "delivered" for each in told)) or None

    def with_service(self) -> None:
        """Let a PagerDuty service be known."""
        table = {"service_table": [{"service": "api", "integration_key": self.pager.key, "id": ""}]}
        self.ask("POST", "/organizations/acme/integrations/1/", json=table)


@pytest.fixture(name="start")
def start_fixture(tmp_path: Path) -> Iterator[Callable[..., Sentry]]:
    """Start it beside PagerDuty's stand-in, so many times as fast as real time."""
    with ExitStack() as closing:

        def start(factor: float = 60.0) -> Sentry:
            anchor = Anchor(real=SystemClock().now(), stack=datetime(2030, 1, 1, tzinfo=UTC), factor=factor)
            pager = start_pager(tmp_path, anchor, closing)
            sentry = Killable(
                "sentry", "--projects", PROJECTS, *pager.arguments, store=tmp_path / "store", anchor=anchor
            )
            return Sentry(closing.enter_context(sentry), pager)

        yield start


def test_every_envelope_that_was_acknowledged_is_there_exactly_once(start: Callable[..., Sentry]) -> None:
    sentry = start(1.0)

    def write(number: int) -> str:
        assert sentry.send(f"{number:032x}").status_code == 200
        return str(number)

    acknowledged, lost = written_until_killed(sentry.standin, write, kill_after=100)
    sentry.standin.start()
    found = [str(int(each, 16)) for each in sentry.events()]
    assert len(found) == len(set(found))
    assert acknowledged <= set(found) <= acknowledged | lost
    (issue,) = sentry.ask("GET", LISTED["issues"])
    assert int(issue["count"]) == len(found)


def test_what_the_official_sdk_sent_is_there_whole_and_in_its_issue(start: Callable[..., Sentry]) -> None:
    sentry = start()
    command = [sys.executable, "-c", PROGRAM, sentry.standin.endpoints["sentry_dsn"]]
    sent = subprocess.run([*command, "3"], capture_output=True, text=True, timeout=60, check=True).stdout.split()
    # Nobody has read them before the kill.
    sentry.standin.restart()
    assert sorted(sentry.events()) == sorted(sent)
    before = {each: sentry.ask("GET", f"/projects/acme/api/events/{each}/") for each in sent}
    (issue,) = sentry.ask("GET", LISTED["issues"])
    sentry.ask("PUT", f"/organizations/acme/issues/{issue['id']}/", json={"status": "resolved"})
    sentry.standin.restart()
    for each, event in before.items():
        assert sentry.ask("GET", f"/projects/acme/api/events/{each}/") == event
    (after,) = sentry.ask("GET", LISTED["issues"])
    assert (after["id"], after["shortId"], after["status"]) == (issue["id"], issue["shortId"], "resolved")
    # The SDK finds it at its address, and the issue regresses.
    subprocess.run([*command, "1"], capture_output=True, timeout=60, check=True)
    (regressed,) = sentry.ask("GET", LISTED["issues"])
    assert (regressed["id"], regressed["status"], regressed["count"]) == (issue["id"], "unresolved", "4")


def test_what_was_set_up_is_the_same_and_nobody_is_told_twice(start: Callable[..., Sentry]) -> None:
    sentry = start()
    sentry.with_service()
    sentry.ask("POST", LISTED["rules"], json=RULE)
    workflow = {"name": "w", "triggers": {"logicType": "any-short", "conditions": []}, "actionFilters": []}
    sentry.ask("POST", LISTED["workflows"], json=workflow)
    sentry.ask("POST", LISTED["metric alerts"], json={**METRIC, "timeWindow": 15})
    sentry.ask("POST", LISTED["releases"], json={"version": "r2", "projects": ["api"]})
    for number in range(5):
        assert sentry.send(f"{number:032x}").status_code == 200
    eventually(lambda: (len(sentry.told()) == 2 and sentry.all_delivered()) or None)
    before, told = sentry.shown(), sentry.told()
    sentry.standin.restart()
    same(before, sentry.shown())
    assert sentry.told() == told
    # The rule told of this issue within its frequency, also if that was before the kill.
    sentry.send("f" * 32)
    assert len(sentry.events()) == 6
    assert sentry.told() == told
    # The window of fifteen stack minutes empties: told once that it is over.
    eventually(lambda: (len(sentry.told()) == 3 and sentry.all_delivered()) or None, within=40)
    assert sentry.pager.log() == ["trigger", "trigger", "resolve"]
    (incident,) = sentry.ask("GET", LISTED["incidents"])
    assert incident["status"] == 2


def test_what_falls_due_while_it_is_dead_happens_at_its_own_minute(start: Callable[..., Sentry]) -> None:
    sentry = start()
    sentry.with_service()
    sentry.ask("POST", LISTED["metric alerts"], json=METRIC)
    for number in range(5):
        sentry.send(f"{number:032x}")
    eventually(sentry.all_delivered)
    (opened,) = sentry.ask("GET", LISTED["incidents"])
    sentry.standin.restart(dead_for=9.0)
    eventually(lambda: (len(sentry.told()) == 2 and sentry.all_delivered()) or None)
    (closed,) = sentry.ask("GET", LISTED["incidents"])
    lasted = datetime.fromisoformat(closed["dateClosed"]) - datetime.fromisoformat(opened["dateStarted"])
    assert lasted.total_seconds() in (240, 300)
    assert sentry.pager.log() == ["trigger", "resolve"]


def test_a_full_disk_is_no_200(start: Callable[..., Sentry]) -> None:
    sentry = start(1.0)
    assert sentry.send("1" * 32).status_code == 200
    with sentry.standin.full_disk():
        refused = sentry.send("2" * 32)
        assert refused.status_code == 503
        assert "cannot be written" in refused.text
        address = sentry.standin.endpoints["sentry_api"]
        made = httpx.post(
            f"{address}/api/0{LISTED['releases']}", json={"version": "r", "projects": ["api"]}, headers=BEARER
        )
        assert made.status_code == 503
        assert sentry.events() == ["1" * 32]
    assert sentry.send("3" * 32).status_code == 200
    sentry.standin.restart()
    assert sentry.events() == ["3" * 32, "1" * 32]


def test_half_an_envelope_at_the_end_is_cut_off_and_said(start: Callable[..., Sentry]) -> None:
    sentry = start(1.0)
    for digit in "123":
        sentry.send(digit * 32)
    sentry.standin.kill()
    file = sentry.standin.ledgers()[-1]
    os.truncate(file, file.stat().st_size - 7)
    sentry.standin.start()
    assert sentry.events() == ["2" * 32, "1" * 32]
    assert "are a record that was not finished; it was not acknowledged" in sentry.standin.said()


def test_a_damaged_envelope_and_a_project_that_is_not_named_are_said(start: Callable[..., Sentry]) -> None:
    sentry = start(1.0)
    for digit in "123":
        sentry.send(digit * 32)
    sentry.standin.kill()
    file = sentry.standin.ledgers()[-1]
    other = Killable("sentry", "--projects", PROJECTS.replace('"1"', '"2"'), store=sentry.standin.store)
    assert "envelope of project 1, which --projects does not name (it names 2)" in other.refuses_to_start()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    said = sentry.standin.refuses_to_start()
    assert f"{file} is damaged at offset " in said
    assert "truncate -s " in said
