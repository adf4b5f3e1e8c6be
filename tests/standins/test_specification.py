"""The Node application of the specification, word for word: Sentry, Datadog's tracer and DogStatsD in one service."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.standins.doors import ask_door

from alertproof.clock import SystemClock, wait_until

pytestmark = pytest.mark.needs("npm")
PACKAGES = ("@sentry/node@11.12.0", "dd-trace@6.21.0", "hot-shots@17.1.1")
KEY = "d" * 32
PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "7"}])
SECRET = "hunter2-5f1d"
ROOTS = 300
#: The two ``init`` and the two metrics are the specification's own; the rest is a service that fails once, and ends.
PROGRAM = """
const Sentry = require('@sentry/node');
const dsn = process.env.SENTRY_DSN;
const environment = process.env.NODE_ENV;
const beforeSend = event => {
  if (event.extra && event.extra.password) event.extra.password = '[Filtered]';
  return event;
};
Sentry.init({dsn, environment, tracesSampleRate: 0.1, beforeSend});
const tracer = require('dd-trace').init({
  service: 'm3core-api', env: process.env.NODE_ENV, version: process.env.APP_VERSION,
  analytics: true, logInjection: true,
});
const http = require('http');
const StatsD = require('hot-shots');
const dogstatsd = new StatsD({errorHandler: error => { throw error; }});
dogstatsd.gauge('leads.conversion_rate', 0.23, ['tenant:acme']);
dogstatsd.increment('api.requests', ['endpoint:/leads', 'method:POST']);

const server = http.createServer((request, response) => {
  tracer.trace('leads.create', {resource: 'POST /leads'}, () => {
    if (request.url === '/leads/broken') {
      Sentry.captureException(new RangeError('on purpose'), {extra: {password: process.env.LEADS_PASSWORD}});
      response.statusCode = 500;
    }
    response.end('{}');
  });
});
const ask = path => new Promise((resolve, reject) => {
  const where = {port: server.address().port, host: '127.0.0.1', method: 'POST', path};
  http.request(where, answer => { answer.resume(); answer.on('end', resolve); }).on('error', reject).end();
});
server.listen(0, '127.0.0.1', async () => {
  await ask('/leads/broken');
  for (let number = 0; number < ROOTS; number++)
    Sentry.startNewTrace(() => Sentry.startSpan({name: 'a root', op: 'test'}, () => {}));
  await Sentry.close(5000);
  server.close(() => dogstatsd.close(() => setTimeout(() => process.exit(0), 2500)));
});
"""


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--silent")
    command = ["npm", "install", *options, *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=110)
    (folder / "service.js").write_text(PROGRAM.replace("ROOTS", str(ROOTS)), encoding="utf-8")
    return folder


def eventually(look: Callable[[], Any]) -> Any:
    clock = SystemClock()
    until = clock.now() + timedelta(seconds=15)
    return wait_until(lambda: look() or None, clock=clock, deadline=until, every=timedelta(milliseconds=50))


def test_the_service_of_the_specification_is_seen_by_both_vendors(
    folder: Path, start_stand_in: Callable[..., Any]
) -> None:
    sentry = start_stand_in("sentry", "--projects", PROJECTS, "--no-scrubbing").endpoints
    datadog = start_stand_in("datadog").endpoints
    dogstatsd = urlsplit(datadog["dogstatsd"])
    settings = {
        "PATH": os.environ["PATH"],
        "NODE_ENV": "production",
        "APP_VERSION": "1.4.2",
        "LEADS_PASSWORD": SECRET,
        "SENTRY_DSN": sentry["sentry_dsn"],
        "DD_TRACE_AGENT_URL": datadog["datadog_agent"],
        "DD_AGENT_HOST": str(dogstatsd.hostname),
        "DD_DOGSTATSD_PORT": str(dogstatsd.port),
    }
    command = ["node", "service.js"]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    sentry_has_the_error_and_a_tenth_of_the_roots(sentry)
    datadog_has_the_span_and_the_metrics(datadog)


def sentry_has_the_error_and_a_tenth_of_the_roots(endpoints: Any) -> None:
    def ask(path: str, **parameters: Any) -> Any:
        address, headers = f"{endpoints['sentry_api']}/api/0{path}", {"Authorization": "Bearer token"}
        return httpx.get(address, params=parameters, headers=headers, trust_env=False).raise_for_status().json()

    (event,) = eventually(lambda: ask("/projects/acme/api/events/", full="true"))
    assert (event["title"], event["context"]["password"]) == ("RangeError: on purpose", "[Filtered]")
    assert SECRET not in json.dumps(event)
    assert {"key": "environment", "value": "production"} in event["tags"]
    envelope = httpx.get(
        f"{endpoints['sentry_control']}/envelopes/{event['id']}", headers={"Authorization": "Bearer token"}
    ).content
    dynamic = json.loads(envelope.split(b"\n", 1)[0])["trace"]
    assert (dynamic["environment"], float(dynamic["sample_rate"])) == ("production", 0.1)
    # Whether one is taken is its own draw: of 300, fewer than 7 or more than 65 come once in twenty million runs.
    roots = ask("/organizations/acme/events/", dataset="spans", field=["span.description"], query="span.op:test")[
        "data"
    ]
    assert 7 <= len(roots) <= 65
    items = ask_door(endpoints["sentry_control"], "items")["items"]
    lost = sum(
        one["quantity"]
        for item in items
        if item["type"] == "client_report"
        for one in item["json"]["discarded_events"]
        if (one["reason"], one["category"]) == ("sample_rate", "span")
    )
    assert len(roots) + lost >= ROOTS
    assert ask_door(endpoints["sentry_control"], "unknown")["requests"] == []


def datadog_has_the_span_and_the_metrics(endpoints: Any) -> None:
    def spans() -> Any:
        return [each for each in ask_door(endpoints["control"], "spans")["spans"] if each["service"] == "m3core-api"]

    own = eventually(lambda: [span for span in spans() if span["name"] == "leads.create"])[0]
    assert (own["resource"], own["meta"]["env"], own["meta"]["version"]) == ("POST /leads", "production", "1.4.2")

    def total(query: str) -> float:
        now = int(SystemClock().now().timestamp())
        parameters: dict[str, str | int] = {"from": now - 600, "to": now + 60, "query": query}
        headers = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
        answer = httpx.get(f"{endpoints['datadog']}/api/v1/query", params=parameters, headers=headers, trust_env=False)
        return float(sum(point[1] for one in answer.json()["series"] for point in one["pointlist"]))

    assert eventually(lambda: total("sum:api.requests{endpoint:/leads,method:post}.as_count()")) == 1
    assert eventually(lambda: total("avg:leads.conversion_rate{tenant:acme}")) == pytest.approx(0.23)
    assert eventually(lambda: total("sum:trace.web.request.hits{service:m3core-api}.as_count()")) >= 1
    assert ask_door(endpoints["control"], "unknown")["requests"] == []
