"""A log line through the pipeline: the index it ends in, with which tags, for how long, and at what price."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import ConfigError, NotModelled
from alertproof.quality.logs import Logs, Prices, Routed, read_logs, routed

FOLDER = Path(__file__).parents[2] / "monitoring" / "datadog" / "logs"
LINE = {
    "timestamp": "2026-03-01T12:00:00Z",
    "level": "info",
    "logger": "m3core.requests",
    "service": "m3core-api",
    "tenant": "acme",
    "correlation_id": "abc-123",
    "dd.trace_id": "4111111111111111",
    "message": "request answered",
}


@pytest.fixture(scope="module")
def logs() -> Logs:
    return read_logs(FOLDER)


def sent(logs: Logs, **more: Any) -> Routed:
    return routed(json.dumps({**LINE, **more}), logs, tags=["env:prod", "version:1"])


def test_an_ordinary_line_is_kept_a_week_with_its_tenant_as_a_tag(logs: Logs) -> None:
    found = sent(logs)

    assert (found.index, found.days, found.kept, found.excluded_by) == ("m3core-main", 7, 1.0, "")
    assert (found.service, found.status, found.message) == ("m3core-api", "info", "request answered")
    assert {"tenant:acme", "env:prod", "version:1", "source:python"} <= found.tags
    assert found.attributes["topic"] == "requests"
    assert found.archives == ("m3core-everything",)


def test_an_error_is_kept_thirty_days_whatever_it_is_about(logs: Logs) -> None:
    found = sent(logs, level="error", service="m3core-worker")

    assert (found.index, found.days, found.status) == ("m3core-errors", 30, "error")


def test_a_warning_of_security_is_kept_thirty_days(logs: Logs) -> None:
    found = sent(logs, level="warning", event="suspicious")

    assert (found.index, found.days, found.status) == ("m3core-security", 30, "warn")


@pytest.mark.parametrize(
    ("more", "filter_name", "kept"),
    [
        ({"endpoint": "/healthz"}, "health checks", 0.0),
        ({"level": "debug"}, "debug lines", 0.0),
        ({"service": "m3core-worker", "logger": "m3core.jobs"}, "nine of ten finished jobs", 0.1),
    ],
)
def test_what_nobody_reads_is_left_out_of_the_index_and_archived(
    logs: Logs, more: dict[str, Any], filter_name: str, kept: float
) -> None:
    found = sent(logs, **more)

    assert (found.index, found.excluded_by) == ("m3core-main", filter_name)
    assert found.kept == pytest.approx(kept)
    assert found.archives == ("m3core-everything",)


def test_a_line_of_another_service_ends_nowhere(logs: Logs) -> None:
    found = sent(logs, service="billing")

    assert (found.index, found.kept, found.archives) == ("", 0.0, ())


def test_what_the_platforms_scrubber_missed_is_replaced_and_the_trace_id_is_not(logs: Logs) -> None:
    found = sent(logs, message="mail ada@example.org card 4111 1111 1111 1111", note="Bearer abcdefghijklmnop")

    assert found.message == "mail [email] card [card]"
    assert found.attributes["note"] == "Bearer [token]"
    assert found.attributes["dd.trace_id"] == "4111111111111111"
    assert found.scrubbed == ("Bearer token", "E-mail address", "Payment card")
    assert "sensitive_data:card" in found.tags


def test_a_line_that_is_no_json_is_kept_as_its_text(logs: Logs) -> None:
    found = routed("Traceback (most recent call last):", logs)

    assert (found.message, found.index) == ("Traceback (most recent call last):", "")


def test_a_million_lines_cost_what_they_weigh_and_how_long_they_are_kept(logs: Logs) -> None:
    prices = Prices()
    week, month, excluded = sent(logs), sent(logs, level="error"), sent(logs, level="debug")

    assert week.cost_of_a_million(prices) == pytest.approx(week.size / 1000 * 0.10 + 1.27)
    assert month.cost_of_a_million(prices) == pytest.approx(month.size / 1000 * 0.10 + 2.50)
    assert excluded.cost_of_a_million(prices) == pytest.approx(excluded.size / 1000 * 0.10)


def test_a_retention_without_a_price_is_said(logs: Logs) -> None:
    with pytest.raises(ConfigError, match="no price of 7 days"):
        sent(logs).cost_of_a_million(Prices(indexed_per_million={15: 1.7}))


def test_a_processor_that_is_not_modelled_is_refused_by_name(logs: Logs) -> None:
    grok = {**logs.pipelines[0], "processors": [{"type": "grok-parser"}]}

    with pytest.raises(NotModelled, match="grok-parser"):
        sent(replace(logs, pipelines=(grok,)))


def test_an_index_that_is_not_in_the_order_is_said(tmp_path: Path) -> None:
    (tmp_path / "indexes").mkdir()
    for name in ("a", "b"):
        (tmp_path / "indexes" / f"{name}.json").write_text(json.dumps({"name": name}), encoding="utf-8")
    order = tmp_path / "index-order.json"

    order.write_text('{"index_names": ["a"]}', encoding="utf-8")
    with pytest.raises(ConfigError, match="'b' is not in it"):
        read_logs(tmp_path)
    order.write_text('{"index_names": ["a", "bb"]}', encoding="utf-8")
    with pytest.raises(ConfigError, match="no index 'bb'"):
        read_logs(tmp_path)
