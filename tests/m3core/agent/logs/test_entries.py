from __future__ import annotations

import json
from typing import Any

import pytest

from m3core.agent.logs.entries import Entries, origin_of


def entries(service: str) -> Entries:
    return Entries(origin_of(service, hostname="a-host", tags="env:drill,version:1.2.3"))


def read(logs: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(log) for log in logs]


@pytest.mark.parametrize(
    ("service", "source"),
    [("m3core-api", "python"), ("m3core-database", "postgresql"), ("m3core-cache", "redis"), ("other", "python")],
)
def test_a_log_says_whose_it_is(service: str, source: str) -> None:
    logs = entries(service)
    [log] = read(logs.of(["LOG: it runs"]) + logs.of([]))
    assert log == {
        "ddsource": source,
        "ddtags": "env:drill,version:1.2.3",
        "hostname": "a-host",
        "service": service,
        "message": "LOG: it runs",
    }


def test_our_own_json_leaves_as_it_was_written() -> None:
    line = '{"message": "scrubbed before", "email": "[Filtered]", "note": "caf\u00e9"}'
    assert read(entries("m3core-api").of([line]))[0]["message"] == line


@pytest.mark.parametrize(
    ("service", "line"),
    [
        ("m3core-api", "Traceback: password=hunter2hunter2"),
        ("m3core-api", '{"password": "hunter2hunter2"'),  # cut off, so nobody's JSON
        ("m3core-database", '{"password": "hunter2hunter2"}'),  # a database scrubs nothing
    ],
)
def test_what_nobody_has_scrubbed_is_scrubbed(service: str, line: str) -> None:
    logs = entries(service)
    [log] = read(logs.of([line]) + logs.of([]))
    assert "hunter2" not in log["message"]
    assert "password" in log["message"]


def test_a_databases_statement_of_several_lines_is_one_log() -> None:
    logs = entries("m3core-database")
    assert read(logs.of(["LOG: duration: 300 ms", "\tSELECT", "\t  1", "LOG: next"])) != []
    assert [log["message"] for log in read(logs.of([]))] == ["LOG: next"]


def test_its_last_line_waits_as_long_as_more_comes() -> None:
    logs = entries("m3core-database")
    assert logs.of(["LOG: slow"]) == []
    assert logs.of(["\tSELECT 1"]) == []
    assert [log["message"] for log in read(logs.of([]))] == ["LOG: slow\n\tSELECT 1"]
    assert logs.of([]) == []


def test_a_statement_that_never_ends_is_sent_in_pieces() -> None:
    logs = entries("m3core-database")
    sent = read(logs.of(["LOG: slow", *["\t" + "x" * 1000] * 100]) + logs.of([]))
    assert len(sent) == 2
    assert all(len(log["message"]) < 70_000 for log in sent)
    assert sum(log["message"].count("x") for log in sent) == 100_000
