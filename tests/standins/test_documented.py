"""What the documents say of the stand-ins is so: their witnesses are there, and so are the options."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from alertproof.pagerduty import Assumptions

ROOT = Path(__file__).parents[2]
STAND_INS = (ROOT / "docs" / "stand-ins.md").read_text(encoding="utf-8")
DIFFERENCES = (ROOT / "docs" / "known-differences.md").read_text(encoding="utf-8")
#: What a test has of a client whose name in the documents is another.
CALLED = {"sentry-sdk": "sentry_sdk", "datadog-api-client": "datadog_api_client", "sentry-relay": "sentry_relay"}
#: The clients that have to work, unmodified.
WANTED = {
    *("sentry-sdk", "datadog", "datadog-api-client", "AsyncApiClient", "ddtrace", "opentelemetry", "pagerduty"),
    *("@sentry/node", "@sentry/browser", "@datadog/browser-rum", "dd-trace", "hot-shots", "sentry-cli"),
}


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = [line for line in section.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[2:]]


PROVEN = rows(STAND_INS, "Proven with")


def test_every_client_that_has_to_work_is_named() -> None:
    named = {name for client, *_ in PROVEN for name in re.findall(r"`([^`]+)`", client)}
    assert named >= WANTED


@pytest.mark.parametrize("row", PROVEN, ids=lambda row: row[0][:40])
def test_a_client_has_a_test_that_runs_it(row: list[str]) -> None:
    client, _, tests = row
    texts = [
        (ROOT / "docs" / path).resolve().read_text(encoding="utf-8") for path in re.findall(r"\]\(([^)]+)\)", tests)
    ]
    assert texts
    for name in re.findall(r"`([^`]+)`", client):
        assert any(CALLED.get(name, name) in text for text in texts), f"{name} is in none of {tests}"


def test_every_option_of_pagerduty_is_documented_with_its_default() -> None:
    documented = {row[1].strip("`"): row[2].strip("`") for row in rows(DIFFERENCES, "What PagerDuty does not document")}
    assert documented == {each.name: repr(each.default) for each in fields(Assumptions)}
