"""What runbooks and the logs' configuration search for is there: fields of the platform's lines, metrics we watch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.monitoring.log_fields import log_fields

from alertproof.quality.contract import Fields, asked_of_search, field_gap, read_runbooks, read_watched

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "monitoring" / "datadog" / "logs"


@pytest.fixture(scope="module")
def fields() -> Fields:
    return log_fields(ROOT / "src" / "m3core")


def test_the_source_is_read_as_it_is_written(fields: Fields) -> None:
    assert {"correlation_id", "tenant", "level", "duration_ms", "attempted_tenant"} <= fields.keys()
    assert fields["event"] == {"login", "locked", "suspicious"}
    assert fields["job"] == {"score_lead", "send_follow_up", "import_leads", "annotate_incident", "tidy_up"}
    assert fields["tenant"] == frozenset()


def test_every_field_that_a_runbook_searches_the_logs_for_is_written(fields: Fields) -> None:
    asked = read_runbooks(ROOT / "docs" / "runbooks", origin="prod", environment="prod")
    searches = [each for each in asked if each.kind == "logs"]

    assert searches
    assert [gap for each in searches if (gap := field_gap(each, fields))] == []


def test_every_metric_that_a_runbook_looks_at_is_one_that_monitoring_looks_at(fields: Fields) -> None:
    """Of those the telemetry suite proves that they are emitted; in a runbook of others nobody would notice."""
    watched = read_watched(ROOT / "monitoring", origin="prod", environment="prod").metrics
    asked = read_runbooks(ROOT / "docs" / "runbooks", origin="prod", environment="prod")

    alone = [f"{each.where}: {each.name}" for each in asked if each.kind == "metric" and each.name not in watched]
    assert alone == []


def test_every_field_that_the_logs_are_sorted_by_is_written_or_made_by_a_processor(fields: Fields) -> None:
    made = {"topic": frozenset(_topics())}
    asked = [asked_of_search("logs", query, file=name, place="") for name, query in _filters()]

    assert len(asked) > 5
    assert [gap for each in asked if (gap := field_gap(each, {**fields, **made}))] == []


def _filters() -> Iterator[tuple[str, str]]:
    """Yield every query of the pipelines and indexes with the file that it stands in."""
    for path in sorted([*(LOGS / "pipelines").glob("*.json"), *(LOGS / "indexes").glob("*.json")]):
        for query in _queries(json.loads(path.read_text(encoding="utf-8"))):
            yield path.name, query


def _queries(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("query"), str):
            yield value["query"]
        for inner in value.values():
            yield from _queries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _queries(inner)


def _topics() -> Iterator[str]:
    for path in (LOGS / "pipelines").glob("*.json"):
        for processor in json.loads(path.read_text(encoding="utf-8"))["processors"]:
            if processor.get("target") == "topic":
                yield from (category["name"] for category in processor["categories"])
