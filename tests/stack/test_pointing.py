"""The lines that ``alertproof up`` prints point unmodified SDKs at the stack; they know nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from alertproof.cli.pointing import control_line, in_code, shell_lines
from alertproof.clock import SystemClock, wait_until
from alertproof.requirements import Target
from alertproof.stack.launch import LaunchedStack

ROOT = Path(__file__).parents[2]
#: What a program of anybody's does: nothing of it knows where it runs.
PROGRAM = """
import ddtrace, sentry_sdk
from datadog import api, initialize, statsd
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

initialize()
assert api.Metric.send(metric="pointed.api", points=[1])["status"] == "ok"
for _ in range(3):
    statsd.increment("pointed.statsd")
statsd.flush()
with ddtrace.tracer.trace("pointed.span", service="pointed-dd"):
    pass
ddtrace.tracer.flush()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("t").start_as_current_span("pointed otel"):
    pass
sentry_sdk.init()
print(sentry_sdk.capture_message("pointed at sentry"))
sentry_sdk.flush()
"""


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    stack = LaunchedStack(monitoring=ROOT / "monitoring", factor=60)
    try:
        yield stack.target()
    finally:
        stack.stop()


def test_a_program_that_knows_nothing_of_the_stack_is_pointed_at_all_of_it(target: Target) -> None:
    script = "\n".join([*shell_lines(target), f'exec {sys.executable} -c "$PROGRAM"'])
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", "PROGRAM": PROGRAM},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    event_id = done.stdout.strip().splitlines()[-1]

    endpoints, clock = target.endpoints, SystemClock()
    keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
    with httpx.Client(trust_env=False) as client:

        def arrived() -> bool:
            spans = client.get(f"{endpoints.control}/spans", headers=target.control_headers()).json()["spans"]
            names = {span["name"] for span in spans} | {span["resource"] for span in spans}
            found = client.get(f"{endpoints.datadog}/api/v1/search?q=metrics:pointed", headers=keys).json()
            metrics = set(found["results"]["metrics"])
            path = f"{endpoints.sentry_api}/api/0/projects/{target.env['SENTRY_ORG']}/{target.env['SENTRY_PROJECT']}"
            bearer = {"Authorization": f"Bearer {target.env['SENTRY_AUTH_TOKEN']}"}
            event = client.get(f"{path}/events/{event_id}/", headers=bearer)
            return (
                {"pointed.span", "pointed otel"} <= names
                and {"pointed.api", "pointed.statsd"} <= metrics
                and event.status_code == 200
            )

        deadline = clock.now() + timedelta(seconds=15)
        found = wait_until(lambda: arrived() or None, clock=clock, deadline=deadline, every=timedelta(seconds=0.2))
    assert found, "spans by both ways, metrics by both ways and the Sentry event"


def test_what_clients_take_in_code_works_as_it_is_printed(target: Target) -> None:
    lines = {line[:18].strip() or line[19:]: line[19:] for line in in_code(target)}
    configuration, context = lines["Datadog, Python"], lines["PagerDuty, Python"]
    client = next(line for line in lines.values() if line.startswith("pagerduty."))
    program = "\n".join(
        [
            "import os, ssl, datadog_api_client, pagerduty",
            "from datadog_api_client.v1.api.authentication_api import AuthenticationApi",
            f"configuration = {configuration}",
            "configuration.api_key['apiKeyAuth'] = os.environ['DD_API_KEY']",
            "with datadog_api_client.ApiClient(configuration) as client:",
            "    assert AuthenticationApi(client).validate().valid",
            "key = 'R' * 32",
            context,
            f"with {client} as events:",
            "    assert events.trigger('summary', 'source', dedup_key='pointed') == 'pointed'",
        ]
    )
    shell = lines["PagerDuty, shell"].replace("@event.json", "'{}'")
    script = "\n".join([*shell_lines(target), "set -e", f'{sys.executable} -c "$PROGRAM"', f"{shell} -s"])
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", "PROGRAM": program},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "invalid event" in done.stdout


def test_the_line_for_the_control_door_works_as_it_is_printed(target: Target) -> None:
    script = "\n".join([*shell_lines(target), f"{control_line(target)} -s"])
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "/control/knobs" in json.loads(done.stdout)["doors"]


def test_a_value_is_quoted_and_what_is_not_there_is_left_out(target: Target) -> None:
    lines = dict(line.removeprefix("export ").split("=", 1) for line in shell_lines(target))
    assert lines["OTEL_EXPORTER_OTLP_ENDPOINT"] == target.endpoints.otlp
    assert "''" not in lines.values()
    spaced = Target(clock=target.clock, endpoints=target.endpoints, ca_file="/a folder/ca.pem")
    assert "export NODE_EXTRA_CA_CERTS='/a folder/ca.pem'" in shell_lines(spaced)
    assert not any(line.startswith("export DD_API_KEY") for line in shell_lines(spaced))
