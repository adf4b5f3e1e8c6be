"""The fixture ``sentry`` as its users meet it: in a project of their own, with its output; one run for all tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.sentrywatch.conftest import Running, running

__all__ = ["running"]  # a fixture

CONFTEST = """
import pytest
from alertproof.plugin.sentry import SentryContract

@pytest.fixture(scope="session")
def sentry_contract():
    return SentryContract(environment="drill", release="r1", tags=("correlation_id", "tenant"))
"""
TESTS = """
from datetime import timedelta
import pytest
import sentry_sdk
from alertproof.sentry.verify import environment, level, same_issue_as, other_issue_than, user
from alertproof.sentrywatch import send_check_event

def send(target):
    return send_check_event(target.endpoints.sentry_dsn, environment="drill", release="r1", within=timedelta(seconds=5))

def test_good(sentry):
    good = sentry.wait_for_event(correlation_id="good").expect(*sentry.as_agreed(tenant="acme"), user("12"))
    sentry.wait_for_event(correlation_id="again").expect(same_issue_as(good))
    sentry.wait_for_event(correlation_id="other").expect(other_issue_than(good))
    sentry.expect_crash_free(0.95)
    sentry.expect_check_in("nightly", took="10s", age="1h")
    sentry.expect_nothing_dropped()

def test_dsn(sentry, target):
    sentry.expect_dsn(target.endpoints.sentry_dsn)

def test_not_as_expected(sentry):
    sentry.wait_for_event(correlation_id="good").expect(environment("prod"), level("fatal"))

def test_missing(sentry):
    sentry.wait_for_event(correlation_id="nobody", within="200ms")

def test_nothing_asked(sentry):
    pass

def test_nothing_expected(sentry):
    sentry.wait_for_event(correlation_id="good")

def test_no_tag(sentry):
    sentry.wait_for_event()

@pytest.mark.sentry_strict
def test_strict_and_silent(sentry):
    pass

@pytest.mark.sentry_strict
def test_strict_and_quiet(sentry, target):
    sentry_sdk.init(dsn=target.endpoints.sentry_dsn, traces_sample_rate=1.0, default_integrations=False)
    with sentry_sdk.start_transaction(name="all is well"):
        pass
    sentry_sdk.get_client().close(timeout=5)

@pytest.mark.sentry_strict
def test_strict_and_not_claimed(sentry, target):
    send(target)

def test_not_strict_and_not_claimed(sentry, target):
    send(target)
    sentry.outcomes()

@pytest.mark.sentry_strict
def test_strict_and_claimed(sentry, target):
    sentry.wait_for_event(**send(target)).expect(level("info"))

@pytest.mark.sentry_strict
@pytest.mark.sentry_allows("alertproof: *", why="our own check")
def test_strict_and_allowed(sentry, target):
    send(target)

@pytest.mark.sentry_strict
def test_strict_and_failed_already(sentry, target):
    send(target)
    assert 1 == 2

@pytest.mark.sentry_strict
def test_strict_without_the_fixture():
    pass

def test_wrong_dsn(sentry, target):
    sentry.expect_dsn(target.endpoints.sentry_dsn.replace("a" * 32, "f" * 32))

def test_crashes(sentry):
    sentry.expect_crash_free(0.99, within="200ms")

def test_no_sessions(sentry):
    sentry.expect_crash_free(0.95, release="r9", within="200ms")

def test_job_failed(sentry):
    sentry.expect_check_in("weekly", within="200ms")

def test_job_stopped(sentry):
    sentry.expect_check_in("nightly", age="1ms", within="200ms")

def test_no_report(sentry):
    sentry.expect_discarded("before_send", within="200ms")

def test_nothing_sampled(sentry):
    sentry.expect_sampled(0.25, within="200ms")
"""


@dataclass(frozen=True)
class Ran:
    """What became of each test, and the whole output."""

    said: Mapping[str, tuple[str, str]]
    output: str

    def of(self, name: str) -> tuple[str, str]:
        return self.said[f"test_{name}"]


@pytest.fixture(scope="module", name="ran")
def ran_fixture(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    running.send()
    return run(tmp_path_factory.mktemp("project"), stack_line(running))


def stack_line(running: Running) -> str:
    """Return the line of a stack that has a Sentry and nothing else."""
    env = {"SENTRY_AUTH_TOKEN": "token", "SENTRY_ORG": "acme", "SENTRY_PROJECT": "api"}
    found = running.standin.endpoints
    endpoints = {"m3core": "http://127.0.0.1:9", "sentry_api": found["sentry_api"], "sentry_dsn": found["sentry_dsn"]}
    return json.dumps({"clock": running.anchor.encode(), "endpoints": endpoints, "env": env})


def run(folder: Path, line: str, *options: str) -> Ran:
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_own.py").write_text(TESTS, encoding="utf-8")
    (folder / "stack.json").write_text(line, encoding="utf-8")
    plain = ("-p", "no:locust", "-p", "no:ddtrace", "-p", "no:cacheprovider", "--junitxml", "junit.xml", "-rE")
    strict = ("--strict-markers", "-W", "error", "-o", "alertproof_sentry_settle=200ms")
    patience = ("-o", "alertproof_sentry_within=5s")
    command = [sys.executable, "-m", "pytest", *plain, *strict, *patience, "--target", "stack.json", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    said = {}
    for case in ET.parse(folder / "junit.xml").iter("testcase"):  # noqa: S314 - written by the line above
        part = next((each for each in case if each.tag in {"failure", "error", "skipped"}), None)
        text = "" if part is None else f"{part.get('message')}\n{part.text}"
        said[case.attrib["name"]] = ("passed" if part is None else part.tag, text)
    return Ran(said, done.stdout)


@pytest.mark.parametrize(
    "name",
    [
        "good",
        "dsn",
        "strict_and_quiet",
        "not_strict_and_not_claimed",
        "strict_and_claimed",
        "strict_and_allowed",
    ],
)
def test_what_is_as_expected_passes(ran: Ran, name: str) -> None:
    assert ran.of(name) == ("passed", "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("not_as_expected", "  environment  expected 'prod'\n               found 'drill'\n"),
        ("not_as_expected", "  look up http://127.0.0.1"),
        ("missing", "0 of 1 event with correlation_id 'nobody' within 0.2 s"),
        ("strict_and_not_claimed", "1 unexpected event came while the test ran"),
        ("strict_and_not_claimed", "alertproof: a check of the DSN"),
        ("wrong_dsn", "key  expected one of api: ..aaaa\n       found ..ffff"),
        ("crashes", "crash-free sessions  expected at least 0.99"),
        ("job_failed", "check-in of weekly  expected 'ok'"),
        ("job_stopped", "the newest  expected at "),
        ("no_report", "expected 1 by before_send"),
    ],
)
def test_a_defect_fails_its_test_and_is_said(ran: Ran, name: str, said: str) -> None:
    outcome, text = ran.of(name)
    assert outcome == "failure"
    assert said in text
    assert "Traceback" not in text
    assert "alertproof/plugin" not in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing_asked", "took the fixture 'sentry' and asked for nothing"),
        ("nothing_expected", "nothing was expected of event"),
        ("no_tag", "needs a tag to look for"),
        ("no_sessions", "no session was counted"),
        ("nothing_sampled", "nothing was there to be sampled"),
        ("strict_without_the_fixture", "is marked sentry_strict and does not take the fixture 'sentry'"),
        ("strict_and_silent", "Sentry has heard nothing of the platform since"),
    ],
)
def test_a_test_that_could_not_tell_is_broken(ran: Ran, name: str, said: str) -> None:
    assert said in ran.of(name)[1]
    assert f"BROKEN test_own.py::test_{name} " in ran.output


def test_a_test_that_failed_already_says_only_that(ran: Ran) -> None:
    outcome, text = ran.of("strict_and_failed_already")
    assert outcome == "failure"
    assert "assert 1 == 2" in text
    assert "unexpected" not in text


def test_a_target_without_a_sentry_says_what_to_set(tmp_path: Path, running: Running) -> None:
    line = json.dumps({"clock": running.anchor.encode(), "endpoints": {"m3core": "http://127.0.0.1:9"}})
    outcome, text = run(tmp_path, line, "-k", "test_good").of("good")
    assert outcome == "error"
    assert "does not say SENTRY_AUTH_TOKEN, SENTRY_ORG, SENTRY_PROJECT" in text


@pytest.mark.parametrize(
    ("option", "outcome", "said"),
    [
        ("alertproof_sentry_strict=true", "failure", "1 unexpected event came while the test ran"),
        ("alertproof_sentry_within=soon", "error", "the ini option alertproof_sentry_within: not a duration: 'soon'"),
    ],
)
def test_the_ini_file_says_how_strict_and_how_patient(
    tmp_path: Path, running: Running, option: str, outcome: str, said: str
) -> None:
    found = run(tmp_path, stack_line(running), "-o", option, "-k", "test_not_strict_and_not_claimed")
    assert found.of("not_strict_and_not_claimed")[0] == outcome
    assert said in found.of("not_strict_and_not_claimed")[1]
