"""``alertproof sentry check``: its words and exit codes, with the official SDK and the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.sentrywatch.conftest import Running, running

__all__ = ["running"]  # a fixture


def check(running: Running, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    own = {
        "SENTRY_URL": running.standin.endpoints["sentry_api"],
        "SENTRY_AUTH_TOKEN": "token",
        "SENTRY_ORG": "acme",
        "SENTRY_PROJECT": "api",
        "SENTRY_DSN": running.dsn,
        "SENTRY_ENVIRONMENT": "drill",
        "SENTRY_RELEASE": "r1",
    }
    command = [sys.executable, "-m", "alertproof", "sentry", "check", "--within", "5s", *options]
    environment = os.environ | own | more
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_right_dsn_passes_and_says_how_long_it_took(running: Running) -> None:
    done = check(running)
    assert (done.returncode, done.stderr) == (0, "")
    assert "key, key's state, place, environment, release as expected\n  readable " in done.stdout
    assert "a" * 32 not in done.stdout


def test_machines_get_what_was_judged(running: Running) -> None:
    said = json.loads(check(running, "--json").stdout)
    assert said["met"] is True
    assert {one["what"]: one["found"] for one in said["judged"]}["environment"] == "'drill'"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"SENTRY_PROJECT": "web"}, "key  expected one of web: ..bbbb\n       found ..aaaa\n  nothing was sent"),
        # Sentry keeps no environment with a slash in it.
        ({"SENTRY_ENVIRONMENT": "drill/eu"}, "environment  expected 'drill/eu'\n               found nothing"),
    ],
)
def test_what_would_not_arrive_as_meant_fails(running: Running, more: dict[str, str], said: str) -> None:
    done = check(running, **more)
    assert done.returncode == 1
    assert said in done.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"SENTRY_DSN": ""}, "no DSN is given: --dsn, SENTRY_DSN"),
        ({"SENTRY_DSN": "https://host/1"}, "this is no DSN, it lacks a public key before the @"),
        ({"SENTRY_RELEASE": ""}, "SENTRY_RELEASE not set"),
        ({"SENTRY_AUTH_TOKEN": ""}, "the environment does not say SENTRY_AUTH_TOKEN"),
    ],
)
def test_what_is_missing_is_named(running: Running, more: dict[str, str], said: str) -> None:
    done = check(running, **more)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_sentry_that_does_not_answer_could_not_tell(running: Running) -> None:
    done = check(running, SENTRY_URL="http://127.0.0.1:9")
    assert done.returncode == 3
    assert "Sentry did not answer" in done.stderr
