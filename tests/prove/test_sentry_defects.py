"""The suite of Sentry events turns red when what the platform reports is broken, and names what it was.

The defects are of different parts of the events, so that one run against one broken copy of the platform
shows them all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.meta.test_breakages import ROOT, Breakage, Edit, break_a_copy

pytestmark = [pytest.mark.prove, pytest.mark.timeout(300)]

SENTRY = "src/m3core/telemetry/sentry.py"
DEFECTS = {
    "another environment": (
        Edit(file=SENTRY, old="        environment=settings.environment,\n", new='        environment="elsewhere",\n'),
        ("expected 'drill'", "found 'elsewhere'"),
    ),
    "more of the user than the id": (
        Edit(file=SENTRY, old='{"id": str(work.user_id)}', new='{"id": str(work.user_id), "email": "ada@example.org"}'),
        ("also email (",),
    ),
    "another sample rate": (
        Edit(file=SENTRY, old="TRACES_SAMPLE_RATE = 0.1", new="TRACES_SAMPLE_RATE = 0.5"),
        ("expected 0.1\n", "found 0.5\n", "the sampling of transactions is not as expected"),
    ),
    "a page that does not hand its trace on": (
        Edit(file="src/m3core/web/api_client.py", old="    sentry.hand_on(headers)\n", new=""),
        ("FAILED alert_tests/sentry/test_browser.py::test_a_page_whose_request_to_the_api_fails",),
    ),
    "jobs without their marks": (
        Edit(file="src/m3core/tasks.py", old="    tag_errors(work)\n", new=""),
        ("0 of 1 event with correlation_id 'sentry-", "SMTPNotSupportedError"),
    ),
}


def run_the_sentry_suite(edits: tuple[Edit, ...], folder: Path) -> str:
    """Return what the suite says of a copy of the platform that is broken in these ways."""
    break_a_copy(Breakage(name="all of them", edits=edits, says=()), folder)
    options = ["--monitoring", str(folder / "monitoring"), "--reports", str(folder / "reports"), "-o", "timeout=200"]
    quick = ["-o", "alertproof_sentry_within=8s", "-q", "--no-header", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "alert_tests/sentry", *options, *quick],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT / "src")])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="said")
def said_fixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the suite says of a platform that is broken in all these ways."""
    return run_the_sentry_suite(tuple(edit for edit, _ in DEFECTS.values()), tmp_path_factory.mktemp("broken"))


@pytest.mark.parametrize("name", DEFECTS)
def test_the_suite_turns_red_and_names_the_defect(said: str, name: str) -> None:
    for text in DEFECTS[name][1]:
        assert text in said, said
