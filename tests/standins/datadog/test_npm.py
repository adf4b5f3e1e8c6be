"""The Node service of the specification, word for word: dd-trace and hot-shots from npm, unmodified."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

pytestmark = pytest.mark.needs("npm")
PACKAGES = ("dd-trace@6.21.0", "hot-shots@17.1.1")
#: The two lines of the specification are its own; the rest is a service that answers once and ends.
PROGRAM = """
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
  tracer.trace('leads.create', {resource: 'POST /leads'}, span => {
    span.setTag('tenant', 'acme');
    response.statusCode = 201;
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  const where = {port: server.address().port, host: '127.0.0.1', method: 'POST', path: '/leads'};
  const asked = http.request(where, answer => {
    answer.resume();
    answer.on('end', () => server.close(() => dogstatsd.close(() => setTimeout(() => process.exit(0), 2500))));
  });
  asked.end();
});
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--silent")
    command = ["npm", "install", *options, *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=110)
    return folder


def test_the_service_of_the_specification_is_seen_as_it_says(folder: Path, standin: Running) -> None:
    (folder / "service.js").write_text(PROGRAM, encoding="utf-8")
    agent, dogstatsd = standin.endpoints["datadog_agent"], urlsplit(standin.endpoints["dogstatsd"])
    settings = {
        "PATH": os.environ["PATH"],
        "NODE_ENV": "production",
        "APP_VERSION": "1.4.2",
        "DD_TRACE_AGENT_URL": agent,
        "DD_AGENT_HOST": str(dogstatsd.hostname),
        "DD_DOGSTATSD_PORT": str(dogstatsd.port),
    }
    command = ["node", "service.js"]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr

    def spans() -> list[dict[str, object]]:
        found = standin.control("spans")["spans"]
        return [span for span in found if span["service"] == "m3core-api"]

    standin.eventually(lambda: {"leads.create", "web.request"} <= {span["name"] for span in spans()})
    own = next(span for span in spans() if span["name"] == "leads.create")
    meta = own["meta"]
    assert isinstance(meta, dict)
    assert (own["resource"], meta["tenant"], meta["env"], meta["version"]) == (
        "POST /leads",
        "acme",
        "production",
        "1.4.2",
    )

    keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}

    def values(query: str) -> list[float]:
        now = standin.clock.now()
        span = f"from={int((now - timedelta(hours=1)).timestamp())}&to={int(now.timestamp())}"
        address = f"{standin.endpoints['datadog']}/api/v1/query?{span}&query={quote(query)}"
        series = httpx.get(address, headers=keys).json()["series"]
        return [point[1] for one in series for point in one["pointlist"]]

    standin.eventually(lambda: values("avg:leads.conversion_rate{tenant:acme}") == [0.23])
    assert sum(values("sum:api.requests{endpoint:/leads,method:post}.as_count()")) == 1
    standin.eventually(lambda: sum(values("sum:trace.web.request.hits{service:m3core-api}.as_count()")) >= 1)
    unknown = [each for each in standin.control("unknown")["requests"] if each["path"].startswith("/v")]
    assert unknown == []
