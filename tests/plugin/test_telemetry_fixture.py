"""The fixture ``telemetry`` as its users meet it: in a project of their own, with its output and its records."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest_plugins = ["pytester"]

OFF = ("-p", "no:locust", "-p", "no:ddtrace")
URL = "http://127.0.0.1:9"  # nobody asks it
HEAD = """
from datetime import UTC, datetime
from alertproof.verdict import Expectation

SPAN = {"since": datetime(2026, 3, 2, tzinfo=UTC), "until": datetime(2026, 3, 3, tzinfo=UTC)}
MET = Expectation(text="all is emitted", met=True, last_seen="7 metrics")
UNMET = Expectation(text="all is cheap", met=False, last_seen="2 above\\nthe tag user_id")
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    text = f'[targets.local]\nurl = "{URL}"\nallow = ["read"]\n'
    (pytester.path / "alertproof.toml").write_text(text, encoding="utf-8")
    return pytester


def run(project: pytest.Pytester, body: str) -> tuple[pytest.RunResult, list[dict[str, Any]]]:
    project.makepyfile(test_it=f"{HEAD}\ndef test_it(telemetry):\n    {body}\n")
    done = project.runpytest_subprocess("--reports", "out", *OFF)
    lines = (project.path / "out" / "run.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return done, [record["journal"] for record in records if record["type"] == "TelemetryJournal"]


def test_what_is_as_expected_passes_and_is_kept(project: pytest.Pytester) -> None:
    done, (journal,) = run(project, "telemetry.judge(MET, **SPAN, requests=7)")

    done.assert_outcomes(passed=1)
    assert journal["check"] == "test_it.py::test_it"
    assert (journal["verdict"], journal["factor"], journal["requests"]) == ("passed", 1.0, 7)


def test_what_is_not_fails_and_names_all_of_it(project: pytest.Pytester) -> None:
    done, (journal,) = run(project, "telemetry.judge(MET, UNMET, **SPAN)")

    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*not met: all is cheap; last seen: 2 above*", "*the tag user_id*"])
    assert journal["verdict"] == "failed"
    assert len(journal["expectations"]) == 2


@pytest.mark.parametrize(
    "body",
    ["telemetry.judge(**SPAN)", "telemetry.judge(MET, Expectation(text='x', met=None), **SPAN)"],
    ids=["nothing expected", "never reached"],
)
def test_what_could_not_be_told_is_an_error(project: pytest.Pytester, body: str) -> None:
    done, (journal,) = run(project, body)

    assert "1 error" in done.stdout.str() or done.parseoutcomes().get("errors") == 1
    assert journal["verdict"] == "broken"


def test_a_test_that_judges_nothing_is_broken(project: pytest.Pytester) -> None:
    done, journals = run(project, "pass")

    done.stdout.fnmatch_lines(["*took the fixture 'telemetry' and judged nothing*"])
    assert journals == []
