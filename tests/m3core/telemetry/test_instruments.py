"""What the running platform reports about a request: metrics, logs, errors and traces."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from alertproof.quality.logs import read_logs, routed

if TYPE_CHECKING:
    from tests.m3core.conftest import Door, Platform

LOGS = Path(__file__).parents[3] / "monitoring" / "datadog" / "logs"
CONSTANT = frozenset({"env:drill", "service:m3core-api", "version:1.2.3"})


@pytest.fixture
def mark() -> str:
    """A correlation id that no other test uses."""
    return f"test-{uuid.uuid4().hex}"


def test_a_request_is_counted_and_timed_with_its_tags_before_it_is_answered(
    platform: Platform, acme: httpx.Client
) -> None:
    own = ("endpoint:/api/leads/:id", "method:get", "status_class:4xx", "tenant:acme")
    assert acme.get("/api/leads/999999999").status_code == 404
    counted = platform.points_of("api.requests", *own)[0]
    assert (counted.kind, counted.value, counted.tags) == ("c", 1, CONSTANT | {*own})
    timed = platform.points_of("api.request.duration", *own)[0]
    assert (timed.kind, timed.tags) == ("d", counted.tags)
    assert 0 < timed.value < 5


def test_a_process_says_in_its_log_where_its_errors_go_and_not_by_which_key(platform: Platform) -> None:
    lines = [json.loads(line) for line in platform.log.read_text().splitlines()]
    (said,) = [line for line in lines if line["message"] == "errors are reported"]
    assert (said["environment"], said["release"], said["traces_sample_rate"]) == ("drill", "m3core@1.2.3", 0.1)
    assert said["project"].startswith("127.0.0.1:")
    assert "a" * 32 not in json.dumps(said)


def test_who_is_not_logged_in_is_counted_as_no_tenant(platform: Platform, anonymous: httpx.Client) -> None:
    anonymous.post("/api/login", json={"tenant": "acme", "email": "x", "password": "y"})
    assert platform.points_of("api.requests", "endpoint:/api/login", "tenant:none", "status_class:4xx")


def test_a_path_that_no_route_takes_makes_no_tag_of_its_own(platform: Platform, acme: httpx.Client) -> None:
    assert acme.get("/api/made-up-7").status_code == 404
    assert platform.points_of("api.requests", "endpoint:unmatched")
    assert not [p for p in platform.points.now() if any("made-up" in tag for tag in p.tags)]


def test_pages_and_health_checks_are_not_api_requests(platform: Platform, anonymous: httpx.Client) -> None:
    anonymous.get("/healthz")
    anonymous.get("/login")
    anonymous.get("/api/end-of-this-test")
    platform.points_of("api.requests", "endpoint:unmatched")
    named = {t for p in platform.points.now() for t in p.tags if t.startswith("endpoint:/")}
    assert named
    assert all(each.startswith("endpoint:/api/") for each in named)


def test_only_server_errors_count_as_errors(platform: Platform, globex: httpx.Client, door: Door, mark: str) -> None:
    door.inject(kind="error", match={"correlation_id": mark})
    globex.get("/api/leads/search?q=x", headers={"X-Correlation-Id": mark})
    [error] = platform.points_of("api.errors", "endpoint:/api/leads/search", "tenant:globex")
    assert error.tags == CONSTANT | {
        "endpoint:/api/leads/search",
        "method:get",
        "status_class:5xx",
        "tenant:globex",
    }
    assert {"status_class:5xx"} == {
        tag for p in platform.points.now() if p.metric == "api.errors" for tag in p.tags if tag.startswith("status")
    }


def test_a_request_is_logged_with_its_ids(platform: Platform, acme: httpx.Client, mark: str) -> None:
    acme.get("/api/leads", headers={"X-Correlation-Id": mark})
    [line] = platform.log_lines(mark)
    assert line["message"] == "request answered"
    assert (line["level"], line["logger"], line["tenant"]) == ("info", "m3core.requests", "acme")
    assert (line["endpoint"], line["status"], line["service"]) == ("/api/leads", 200, "m3core-api")
    assert len(line["dd.trace_id"]) == 32
    assert int(line["dd.span_id"]) > 0
    assert routed(json.dumps(line), read_logs(LOGS)).attributes["topic"] == "requests"


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"traceparent": f"00-{'4b' * 16}-00f067aa0ba902b7-01"}, "4b" * 16),
        (
            {
                "x-datadog-trace-id": str(0x4BF92F3577B34DA6),
                "x-datadog-parent-id": "77",
                "x-datadog-tags": f"_dd.p.dm=-1,_dd.p.tid={'6b' * 8}",
            },
            f"{'6b' * 8}4bf92f3577b34da6",
        ),
    ],
    ids=["W3C", "Datadog"],
)
def test_a_trace_that_a_caller_began_goes_on(
    platform: Platform, acme: httpx.Client, mark: str, headers: dict[str, str], trace: str
) -> None:
    acme.get("/api/leads", headers={"X-Correlation-Id": mark, **headers})
    [line] = platform.log_lines(mark)
    assert line["dd.trace_id"] == trace


@pytest.mark.parametrize(
    "given", ["", "x", "-1", "0", "9" * 20, "1" * 21, "\N{SUPERSCRIPT TWO}"], ids=["none", *"abcdef"]
)
def test_a_trace_id_that_is_none_is_left_alone(platform: Platform, acme: httpx.Client, mark: str, given: str) -> None:
    sent = {"X-Correlation-Id": mark, "x-datadog-trace-id": given, "x-datadog-parent-id": "77"}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    assert acme.get("/api/leads", headers=headers).status_code == 200
    [line] = platform.log_lines(mark)
    assert len(line["dd.trace_id"]) == 32


def test_an_error_reaches_sentry_with_its_tags_and_without_the_secret(
    platform: Platform, acme: httpx.Client, door: Door, mark: str
) -> None:
    plant = f"canary-{uuid.uuid4().hex}"
    door.inject(kind="error", plant=plant, match={"correlation_id": mark})
    acme.get("/api/leads", headers={"X-Correlation-Id": mark})
    [event] = platform.events(mark)
    assert (event["environment"], event["release"]) == ("drill", "m3core@1.2.3")
    assert event["tags"] == {"tenant": "acme", "correlation_id": mark, "service": "m3core-api"}
    [error] = event["exception"]["values"]
    assert error["type"] == "DatabaseUnavailable"
    assert error["value"] == "no answer from postgresql://m3core:[Filtered]@db.internal/m3core"
    assert error["mechanism"]["handled"] is False
    last = error["stacktrace"]["frames"][-1]
    assert (last["function"], last["in_app"]) == ("lose_database", True)
    assert last["vars"]["password"] == "[Filtered]"
    assert any(crumb["category"] == "database" for crumb in event["breadcrumbs"]["values"])
    assert plant not in json.dumps(event)


def test_no_secret_is_left_in_the_logs_or_the_traces(
    platform: Platform, acme: httpx.Client, door: Door, mark: str
) -> None:
    plant = f"canary-{uuid.uuid4().hex}"
    door.inject(kind="error", plant=plant, match={"correlation_id": mark})
    acme.get("/api/leads", headers={"X-Correlation-Id": mark})
    failed = next(line for line in platform.log_lines(mark) if line["level"] == "error")
    assert "DatabaseUnavailable" in failed["exc_info"]
    assert plant not in platform.log.read_text()
    traces: bytes = platform.traces.wait_for(lambda raw: b"".join(raw) if mark.encode() in b"".join(raw) else b"")
    assert b"DatabaseUnavailable" in traces
    assert plant.encode() not in traces


def test_the_secret_is_seen_when_scrubbing_is_switched_off_for_that_request_alone(
    platform: Platform, acme: httpx.Client, door: Door, mark: str
) -> None:
    plant = f"canary-{uuid.uuid4().hex}"
    door.inject(kind="error", id="plant", plant=plant, match={"tenant": "acme"})
    door.inject(kind="scrubbing_off", id="open", match={"correlation_id": mark})
    acme.get("/api/leads", headers={"X-Correlation-Id": mark})
    acme.get("/api/leads", headers={"X-Correlation-Id": f"{mark}-scrubbed"})
    [leaking] = platform.events(mark)
    assert (
        leaking["exception"]["values"][0]["value"] == f"no answer from postgresql://m3core:{plant}@db.internal/m3core"
    )
    [scrubbed] = platform.events(f"{mark}-scrubbed")
    assert plant not in json.dumps(scrubbed)


SPAN = """
import os, sys
from m3core.settings import load_settings
from m3core.telemetry import tracing

settings = load_settings(os.environ, service="m3core-api")
tracing.start(settings, cache_calls=False)
from ddtrace.trace import tracer

mark, plant = sys.argv[1:]
with tracer.trace("test", resource=f"GET /a?password={plant}") as span:
    span.set_tag("mark", mark)
    span.set_tag("db.password", plant)
    span.set_tag("password", plant)
    span.set_tag("author", "Ada")
tracing.flush(settings)
"""


def test_no_secret_is_left_in_a_spans_resource_or_under_a_tags_name(platform: Platform, mark: str) -> None:
    plant = f"canary-{uuid.uuid4().hex}"
    subprocess.run([sys.executable, "-c", SPAN, mark, plant], env=platform.environment, check=True)
    sent: bytes = platform.traces.wait_for(lambda raw: b"".join(p for p in raw if mark.encode() in p))
    assert plant.encode() not in sent
    assert b"GET /a?password=[Filtered]" in sent
    assert b"Ada" in sent


def test_no_secret_is_left_in_what_a_log_line_carries_beside_its_text(platform: Platform) -> None:
    plant = f"canary-{uuid.uuid4().hex}"
    script = (
        "import logging, os, sys; from m3core.settings import load_settings; from m3core.telemetry import logs; "
        "logs.start(load_settings(os.environ, service='s')); plant = sys.argv[1]; "
        "logging.getLogger('x').info('m', extra={'cause': ValueError('password=' + plant), "
        "'seen': {'password=' + plant}, 'raw': b'token=' + plant.encode()})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, plant], env=platform.environment, capture_output=True, text=True, check=True
    )
    line = json.loads(ran.stderr)
    assert plant not in ran.stderr
    assert (line["cause"], line["seen"]) == ("ValueError: password=[Filtered]", ["password=[Filtered]"])
    assert line["raw"] == "token=[Filtered]"
    assert "T" in line["timestamp"]


def test_a_trace_shows_the_request_and_its_queries(platform: Platform, acme: httpx.Client, mark: str) -> None:
    acme.get("/api/leads/search?q=berg", headers={"X-Correlation-Id": mark})

    def found(raw: list[bytes]) -> bytes:
        return next((payload for payload in raw if mark.encode() in payload), b"")

    trace: bytes = platform.traces.wait_for(found)
    for part in (b"GET /api/leads/search", b"leads.search", b"SELECT leads.id", b"m3core-api", b"tenant"):
        assert part in trace


def test_a_correlation_id_that_holds_a_card_number_is_in_no_trace(
    platform: Platform, acme: httpx.Client, mark: str
) -> None:
    card = "4111-1111-1111-1111"
    acme.get("/api/leads/1", headers={"X-Correlation-Id": f"id:{card}"})
    acme.get("/api/leads/1", headers={"X-Correlation-Id": mark})
    trace: bytes = platform.traces.wait_for(lambda raw: b"".join(raw) if mark.encode() in b"".join(raw) else b"")
    assert b"id:[Filtered]" in trace
    assert card.encode() not in trace


def test_a_trace_shows_what_was_asked_of_the_cache_and_no_value(
    platform: Platform, acme: httpx.Client, mark: str
) -> None:
    company = f"Co{uuid.uuid4().hex}"
    lead = acme.post("/api/leads", json={"name": "Ada", "company": company, "email": "ada@b.example"}).json()["id"]
    assert acme.get(f"/api/leads/{lead}", headers={"X-Correlation-Id": mark}).json()["company"] == company
    trace: bytes = platform.traces.wait_for(lambda raw: b"".join(part for part in raw if mark.encode() in part))
    assert f"SET m3core:acme:lead:{lead}".encode() in trace
    assert company[:12].encode() not in b"".join(platform.traces.now())


def test_whatever_is_switched_on_later_leaves_through_a_scrubbing_hook() -> None:
    program = """
import os, sentry_sdk
from m3core.settings import load_settings
from m3core.telemetry import sentry

sentry.start(load_settings(os.environ, service="m3core-api"))
hooks = sentry_sdk.get_client().options
for name in ("before_send", "before_send_transaction", "before_send_log", "before_send_metric"):
    left = hooks[name]({"attributes": {"password": "hunter2-of-acme"}, "extra": {"password": "hunter2-of-acme"}}, {})
    assert "hunter2" not in str(left) and "Filtered" in str(left), (name, left)
print("scrubbed")
"""
    environment = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
        "SENTRY_DSN": "http://a@127.0.0.1:9/1",
        "PYTHONPATH": ":".join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "scrubbed\n", done.stderr
