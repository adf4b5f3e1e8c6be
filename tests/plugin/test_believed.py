"""Verdicts that can be believed: one more attempt for the runner's own trouble alone, and quarantines that end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.plugin.test_probe_fixture import platform_url, project, records, run, verdicts

from alertproof.clock import SystemClock

__all__ = ["platform_url", "project"]
pytest_plugins = ["pytester"]

TODAY = SystemClock().now().date()
FLAKY = """
from alertproof.errors import Broken, RunnerTrouble
ATTEMPTS = []

def test_it(probe):
    ATTEMPTS.append(1)
    probe.get("/who").expect(status(200))
    if len(ATTEMPTS) <= {troubles}:
        raise {error}("the browser was lost: it died\\nmore")
    assert {holds}

def test_another(probe):
    probe.get("/who").expect(status(200))
"""


def test_a_check_that_the_runner_was_at_fault_for_is_attempted_once_more_and_is_flaky(
    project: pytest.Pytester,
) -> None:
    result = run(project, FLAKY.format(troubles=1, error="RunnerTrouble", holds=True))

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*1 passed, 1 flaky*"])
    (first, second) = records(project, "CheckFinished")
    assert (first["verdict"], first["earlier"]) == ("passed", ["the browser was lost: it died"])
    assert second.get("earlier", []) == []


def test_a_probe_that_was_late_and_not_too_late_passes_and_is_counted_as_degraded(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
from alertproof.probes import size

def test_it(probe):
    probe.get("/who").expect(status(200), size(1000, degraded=3))

def test_another(probe):
    probe.get("/who").expect(status(200), size(1000, degraded=999))
""",
    )

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*Degraded: GET /who: 16 bytes, more than 3.*", "*1 passed, 1 degraded*"])
    first, second = records(project, "CheckFinished")
    assert (first["verdict"], first["degraded"]) == ("passed", ["GET /who: 16 bytes, more than 3"])
    assert second.get("degraded", []) == []
    page = (project.path / "out" / "report.html").read_text()
    assert "▲ degraded: GET /who: 16 bytes, more than 3" in page


def test_two_attempts_are_all(project: pytest.Pytester) -> None:
    result = run(project, FLAKY.format(troubles=2, error="RunnerTrouble", holds=True))

    assert result.ret == 1
    assert verdicts(project) == ["broken", "passed"]
    assert records(project, "CheckFinished")[0]["earlier"] == ["the browser was lost: it died"]


@pytest.mark.parametrize(
    ("error", "holds", "verdict"), [("Broken", True, "broken"), ("AssertionError", True, "failed")]
)
def test_nothing_else_is_attempted_again(project: pytest.Pytester, error: str, holds: bool, verdict: str) -> None:
    result = run(project, FLAKY.format(troubles=1, error=error, holds=holds))

    assert result.ret == 1
    assert verdicts(project) == [verdict, "passed"]
    assert "earlier" not in records(project, "CheckFinished")[0] or not records(project, "CheckFinished")[0]["earlier"]


def test_a_second_attempt_that_fails_is_a_failure(project: pytest.Pytester) -> None:
    run(project, FLAKY.format(troubles=1, error="RunnerTrouble", holds=False))

    assert verdicts(project) == ["failed", "passed"]


def in_quarantine(until: date, *, path: str) -> str:
    return f"""
@pytest.mark.quarantine(owner="team-web", until="{until}", why="the search is rebuilt")
def test_it(probe):
    probe.get("{path}").expect(status(200))
"""


@pytest.mark.parametrize(("days", "path", "verdict"), [(1, "/fails", "skipped"), (1, "/who", "passed")])
def test_a_known_failure_is_skipped_with_its_owner_and_its_end(
    project: pytest.Pytester, days: int, path: str, verdict: str
) -> None:
    until = TODAY + timedelta(days=days)
    result = run(project, in_quarantine(until, path=path))

    assert result.ret == 0
    (finished,) = records(project, "CheckFinished")
    assert finished["verdict"] == verdict
    if verdict == "skipped":
        result.assert_outcomes(xfailed=1)
        assert finished["reason"].startswith(
            f"quarantined until {until} by team-web: the search is rebuilt; it failed:"
        )
        assert "last seen: 500" in finished["reason"]


@pytest.mark.parametrize("path", ["/fails", "/who"])
def test_a_quarantine_that_has_ended_is_red_whether_the_check_passes_or_not(
    project: pytest.Pytester, path: str
) -> None:
    until = TODAY - timedelta(days=2)
    result = run(project, in_quarantine(until, path=path))

    assert result.ret == 1
    assert verdicts(project) == ["failed"]
    result.stdout.fnmatch_lines([f"*the quarantine of team-web ended on {until} (the search is rebuilt)*"])


@pytest.mark.parametrize(
    "mark", ['owner="me"', 'owner="me", until="soon", why="x"', '"me"', 'owner="", until="2030-01-01", why="x"']
)
def test_a_quarantine_without_owner_end_or_reason_is_refused(project: pytest.Pytester, mark: str) -> None:
    body = f"""
@pytest.mark.quarantine({mark})
def test_it(probe):
    probe.get("/who").expect(status(200))
"""
    result = run(project, body)

    assert result.ret == 1
    text = result.stdout.str() + result.stderr.str()
    assert "until='soon' is no day" in text if "soon" in mark else "all three" in text
