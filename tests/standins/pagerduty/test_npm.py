"""PagerDuty's own JavaScript client, unmodified, and the types that it publishes of what its API answers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.standins.doors import ask_door

if TYPE_CHECKING:
    from tests.standins.pagerduty.conftest import Running

pytestmark = pytest.mark.needs("npm")
PACKAGES = ("@pagerduty/pdjs@2.2.4", "@pagerduty/backstage-plugin-common@0.2.0", "typescript@5.9.3")
PROGRAM = """
const {api, event, change} = require('@pagerduty/pdjs');
const [server, routing_key] = process.argv.slice(2);
const pd = api({token: 'token', server});
const payload = {summary: 'it broke', source: 'node', severity: 'critical'};
(async () => {
  const sent = await event({server, data: {routing_key, event_action: 'trigger', dedup_key: 'k', payload}});
  await change({server, data: {routing_key, payload: {summary: 'deployed', timestamp: '2030-01-01T00:00:00Z'}}});
  const {data: {incidents: [incident]}} = await pd.get('/incidents', {queryParameters: {'statuses[]': 'triggered'}});
  const headers = {From: 'ada@example.com', 'Content-Type': 'application/json'};
  await pd.put(`/incidents/${incident.id}`, {headers, data: {incident: {type: 'incident', status: 'acknowledged'}}});
  const noted = await pd.post(`/incidents/${incident.id}/notes`, {headers, data: {note: {content: 'seen'}}});
  await event({server, data: {routing_key, event_action: 'resolve', dedup_key: 'k'}});
  const ended = await pd.get(`/incidents/${incident.id}`);
  const refused = await event({server, data: {routing_key, event_action: 'explode'}});
  const missing = await pd.get('/incidents/NOBODY');
  const lost = missing.data.error.code;
  console.log(JSON.stringify({
    sent: sent.data.status, title: incident.title, note: noted.data.note.content, ended: ended.data.incident.status,
    refused: [refused.response.status, refused.data.status], missing: [missing.response.status, lost],
  }));
})();
"""
TYPES = """
type Known<T> = T extends (infer U)[] ? Known<U>[] : T extends object
  ? {[K in keyof T]: Known<T[K]>} & {[name: string]: unknown} : T;
// What is a reference where nothing is included has less than the whole.
type Less<T> = T extends (infer U)[] ? Less<U>[] : T extends object
  ? {[K in keyof T]?: Less<T[K]>} & {[name: string]: unknown} : T;
declare function known<T>(answer: Known<T>): void;
declare function less<T>(answer: Less<T>): void;
"""


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--silent")
    command = ["npm", "install", *options, *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=110)
    return folder


@pytest.fixture(scope="module", name="running")
def _running(start_running: Callable[[float], Running]) -> Running:
    return start_running(1.0)


@pytest.fixture(scope="module", name="door")
def _door(running: Running) -> dict[str, Any]:
    rest = running.rest
    user = rest.rpost("users", json={"type": "user", "name": "Ada", "email": "ada@example.com"})
    rules = [{"escalation_delay_in_minutes": 5, "targets": [{"id": user["id"], "type": "user_reference"}]}]
    policy = rest.rpost("escalation_policies", json={"name": "p", "escalation_rules": rules})
    reference = {"id": policy["id"], "type": "escalation_policy_reference"}
    service = rest.rpost("services", json={"name": "s", "escalation_policy": reference})
    body = {"type": "events_api_v2_inbound_integration", "name": "datadog"}
    made: dict[str, Any] = rest.rpost(f"services/{service['id']}/integrations", json={"integration": body})
    return made


def test_the_javascript_client_triggers_acknowledges_notes_and_resolves(
    folder: Path, running: Running, door: dict[str, Any]
) -> None:
    (folder / "program.js").write_text(PROGRAM, encoding="utf-8")
    server = running.address.removeprefix("https://")
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(running.ca_file)}
    command = ["node", "program.js", server, door["integration_key"]]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "sent": "success",
        "title": "it broke",
        "note": "seen",
        "ended": "resolved",
        "refused": [400, "invalid event"],
        "missing": [404, 2100],
    }
    assert ask_door(running.control, "unknown")["requests"] == []


def test_what_is_answered_is_of_the_types_that_pagerduty_publishes(
    folder: Path, running: Running, door: dict[str, Any]
) -> None:
    events, rest = running.events(door["integration_key"]), running.rest
    with events:
        events.trigger("typed", "test", dedup_key="typed")
    service = rest.rget(f"services/{door['service']['id']}", params={"include[]": ["escalation_policies"]})
    (incident,) = rest.list_all(
        "incidents", params={"incident_key": "typed", "include[]": ["assignees", "services", "escalation_policies"]}
    )
    change = running.address + "/v2/change/enqueue"
    payload = {"summary": "deployed", "timestamp": "2030-01-01T00:00:00Z", "source": "ci"}
    links = [{"href": "https://example.com/", "text": "build"}]
    sent = {"routing_key": door["integration_key"], "payload": payload, "links": links}
    httpx.post(change, json=sent, verify=running.context).raise_for_status()
    deployed = next(each for each in rest.list_all("change_events") if each["links"])
    # The package says otherwise than the API's documents in two places: a vendor may be null, and a change has one
    # integration, not a list.
    integration = rest.rget(f"services/{door['service']['id']}/integrations/{door['id']}")
    assert integration.pop("vendor") is None
    assert deployed.pop("integration")["id"] == door["id"]
    answers = {
        "PagerDutyService": service,
        "PagerDutyEscalationPolicy": rest.list_all("escalation_policies")[0],
        "PagerDutyIncident": incident,
        "PagerDutyOnCall": rest.list_all("oncalls", params={"include[]": ["users"]})[0],
        "PagerDutyUser": rest.list_all("users")[0],
        "PagerDutyIntegration": integration,
        "PagerDutyChangeEvent": deployed,
    }
    refers = {"PagerDutyIncident", "PagerDutyChangeEvent", "PagerDutyIntegration"}
    lines = [
        f"{'less' if name in refers else 'known'}<{name}>({json.dumps(answer)}); // {name}"
        for name, answer in answers.items()
    ]
    program = f"import type {{{', '.join(answers)}}} from '@pagerduty/backstage-plugin-common';\n{TYPES}"
    assert said_of(folder, program + "\n".join(lines)) == []
    # The compiler does look: a name that is missing is seen.
    assert len(said_of(folder, program + "known<PagerDutyUser>({id: 'P'});")) == 1


def said_of(folder: Path, program: str) -> list[str]:
    """Return what the compiler says of a program, each with the line that it means."""
    (folder / "check.ts").write_text(program, encoding="utf-8")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler")
    command = ["node", "node_modules/typescript/lib/tsc.js", *options, "check.ts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    lines = program.split("\n")
    found = [line for line in done.stdout.splitlines() if line.startswith("check.ts(")]
    assert bool(found) is bool(done.returncode), done.stdout + done.stderr
    return [f"{lines[int(each[9:].split(',')[0]) - 1].rpartition('// ')[2]}: {each[:400]}" for each in found]
