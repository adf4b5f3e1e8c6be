"""The telemetry suite turns red when the platform or what watches it is broken, and names what it was.

Each case breaks one thing in a copy of the platform and its monitoring and runs ``alert_tests/telemetry`` against it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.meta.test_breakages import ROOT, Breakage, Edit, break_a_copy

pytestmark = [pytest.mark.prove, pytest.mark.timeout(400)]

METRICS = "src/m3core/telemetry/metrics.py"
SECURITY = "monitoring/datadog/dashboards/security.json"
LOCKOUTS = '"query": "sum:auth.lockouts{$env,$tenant}.as_count()"'

DEFECTS = (
    Breakage(
        name="a metric renamed in the platform",
        edits=(Edit(file="src/m3core/leads.py", old='"leads.converted"', new='"leads.convert"'),),
        says=("dashboards/executive.json", "leads.converted was not emitted (did you mean 'leads.convert'?)"),
    ),
    Breakage(
        name="the tag tenant dropped from the requests",
        edits=(Edit(file=METRICS, old='            f"tenant:{tenant}",\n', new=""),),
        # Not of the requests: the written history of theirs has the tag for as long as it is looked back on.
        says=("dashboards/support.json: Errors by tenant", "the metric api.errors has no tag 'tenant'"),
    ),
    Breakage(
        name="a dashboard's query renamed",
        edits=(Edit(file=SECURITY, old=LOCKOUTS, new=LOCKOUTS.replace("lockouts", "lockout")),),
        says=(
            "dashboards/security.json: Accounts locked",
            "auth.lockout was not emitted (did you mean 'auth.lockouts'?)",
        ),
    ),
    Breakage(
        name="a user id added as a metric tag",
        edits=(
            Edit(
                file=METRICS,
                old='            f"tenant:{tenant}",\n',
                new='            f"tenant:{tenant}",\n            f"user_id:{current_work().user_id}",\n',
            ),
            Edit(
                file=METRICS,
                old="from m3core.settings import Settings\n",
                new="from m3core.context import current_work\nfrom m3core.settings import Settings\n",
            ),
        ),
        says=("no tag of a metric says who somebody is", "the metric api.requests is tagged user_id:"),
    ),
    Breakage(
        name="lines of the log that are too long",
        edits=(
            Edit(
                file="src/m3core/telemetry/logs.py",
                old="self.format(record) + self.terminator",
                new='self.format(record) + " " * 9000 + self.terminator',
            ),
        ),
        says=("telemetry stays within its budgets", "log bytes per thousand requests, budget"),
    ),
    Breakage(
        name="trace propagation broken in the worker",
        edits=(Edit(file="src/m3core/jobs.py", old='"trace": trace}', new='"trace": {}}'),),
        says=("jobs are in a trace without the request that queued them",),
    ),
    Breakage(
        name="an issue alert that is deaf to errors",
        edits=(Edit(file="monitoring/sentry/alerts/new-issue.json", old='"level": "40"', new='"level": "50"'),),
        says=(
            "not met: one incident at PagerDuty carries the broken request's id and event as evidence",
            "nothing was told",
        ),
    ),
)


def run_the_suite(folder: Path) -> subprocess.CompletedProcess[str]:
    options = ["--monitoring", str(folder / "monitoring"), "--reports", str(folder / "reports"), "-o", "timeout=300"]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "alert_tests/telemetry",
            *options,
            "-q",
            "--no-header",
            "-p",
            "no:cacheprovider",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT / "src")])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name.replace(" ", "-"))
def test_the_suite_turns_red_and_names_the_defect(defect: Breakage, tmp_path: Path) -> None:
    break_a_copy(defect, tmp_path)

    done = run_the_suite(tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    for text in defect.says:
        assert text in done.stdout, done.stdout + done.stderr


def test_a_monitor_that_is_pointed_to_a_missing_runbook_is_named(tmp_path: Path) -> None:
    for folder in ("monitoring", "docs/runbooks", "alert_tests/offline"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "tests" / "monitoring").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "monitoring" / "test_alerts.py", tmp_path / "tests" / "monitoring")
    path = tmp_path / "monitoring" / "datadog" / "monitors" / "queue-depth.json"
    text = path.read_text(encoding="utf-8")
    assert text.count("runbooks/queue-depth.md") >= 1
    path.write_text(text.replace("runbooks/queue-depth.md", "runbooks/queue-depht.md"), encoding="utf-8")

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "tests/monitoring/test_alerts.py",
            "-q",
            "--rootdir",
            str(tmp_path),
            "-c",
            os.devnull,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_an_alert_has_a_runbook_that_its_message_names[queue-depth]" in done.stdout
