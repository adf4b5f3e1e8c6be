"""The official SDK, unmodified: its logs, spans, sessions, check-ins, attachments and reports of what it dropped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.standins.doors import ask_door

from alertproof.clock import Anchor, SystemClock

KEY = "d" * 32
PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "7"}])
PROGRAM = """
import sys
import sentry_sdk
from sentry_sdk import logger, metrics
from sentry_sdk.crons import monitor

sentry_sdk.init(dsn=sys.argv[1], traces_sample_rate=1.0, release="r1", environment="drill", default_integrations=False,
                auto_enabling_integrations=False, enable_logs=True, server_name="here",
                before_send_metric=lambda metric, hint: None,
                before_send=lambda event, hint: None if event.get("message") == "unwanted" else event)
logger.warning("disk {used}", used=91)
metrics.count("leads", 1)
with sentry_sdk.start_transaction(name="GET /api/leads", op="http.server"):
    with sentry_sdk.start_span(op="db", name="SELECT 1"):
        pass
with monitor(monitor_slug="nightly"):
    pass
with sentry_sdk.new_scope() as scope:
    scope.add_attachment(bytes=b"a,b", filename="rows.csv")
    sentry_sdk.capture_message("with a file")
sentry_sdk.capture_message("unwanted")
sentry_sdk.get_global_scope().start_session()
sentry_sdk.get_global_scope().end_session()
sentry_sdk.flush(5)
sentry_sdk.get_client().close(5)
"""


@pytest.fixture(scope="module", name="endpoints")
def _endpoints(start_stand_in: Callable[..., Any]) -> Mapping[str, str]:
    anchor = Anchor(real=SystemClock().now(), stack=datetime(2030, 1, 1, tzinfo=UTC), factor=60)
    standin = start_stand_in("sentry", "--projects", PROJECTS, anchor=anchor)
    subprocess.run([sys.executable, "-c", PROGRAM, standin.endpoints["sentry_dsn"]], timeout=60, check=True)
    endpoints: Mapping[str, str] = standin.endpoints
    return endpoints


@pytest.fixture(scope="module", name="address")
def _address(endpoints: Mapping[str, str]) -> str:
    return endpoints["sentry_api"]


def ask(address: str, path: str, **parameters: Any) -> Any:
    answer = httpx.get(address + path, params=parameters, headers={"Authorization": "Bearer token"})
    return answer.raise_for_status().json()


def table(address: str, dataset: str, *fields: str, **more: Any) -> Any:
    return ask(address, "/api/0/organizations/acme/events/", dataset=dataset, field=fields, **more)["data"]


def test_a_log_is_found_by_its_severity_and_attribute(address: str) -> None:
    fields = ("message", "severity", "sentry.message.parameter.used", "sentry.message.template", "environment")
    assert table(address, "logs", *fields, query="severity:warn sentry.message.parameter.used:>90") == [
        {
            "message": "disk 91",
            "severity": "warn",
            "sentry.message.parameter.used": 91.0,
            "sentry.message.template": "disk {used}",
            "environment": "drill",
        }
    ]


def test_a_transaction_and_its_span_are_rows_of_one_trace(address: str) -> None:
    (transaction,) = table(address, "transactions", "transaction", "trace", "transaction.op")
    assert (transaction["transaction"], transaction["transaction.op"]) == ("GET /api/leads", "http.server")
    rows = table(address, "spans", "span.op", "span.description", query=f"trace:{transaction['trace']}")
    assert {(row["span.op"], row["span.description"]) for row in rows} == {
        ("http.server", "GET /api/leads"),
        ("db", "SELECT 1"),
    }


def test_metrics_that_the_application_holds_back_are_not_sent(address: str) -> None:
    assert table(address, "tracemetrics", "metric.name") == []


def test_an_attachment_and_check_ins_are_there(address: str) -> None:
    (event,) = ask(address, "/api/0/projects/acme/api/events/")
    assert event["title"] == "with a file"
    (file,) = ask(address, f"/api/0/projects/acme/api/events/{event['id']}/attachments/")
    assert (file["name"], file["size"]) == ("rows.csv", 3)
    rows = ask(address, "/api/0/organizations/acme/monitors/nightly/checkins/")
    assert [row["status"] for row in rows] == ["ok"]


def test_what_the_sdk_dropped_is_counted(address: str) -> None:
    found = ask(
        address,
        "/api/0/organizations/acme/stats_v2/",
        field="sum(quantity)",
        groupBy=["category", "outcome", "reason"],
        statsPeriod="1d",
    )
    counted = {tuple(row["by"].values()): row["totals"]["sum(quantity)"] for row in found["groups"]}
    assert counted["error", "client_discard", "before_send"] == 1
    assert counted["error", "accepted", "none"] == counted["transaction", "accepted", "none"] == 1
    assert counted["session", "accepted", "none"] >= 1


def test_nothing_was_unknown_or_dropped(endpoints: Mapping[str, str]) -> None:
    assert ask_door(endpoints["sentry_control"], "unknown")["requests"] == []
    assert ask_door(endpoints["sentry_control"], "dropped")["events"] == []
