"""A drill turns red when the monitoring is broken, and says which expectation was not met and what was seen.

Each case breaks one thing in a copy of the platform or of its monitoring and runs the firing side of a drill
that ``make demo`` runs, in a process of its own. One of each vendor is run with every change (Sentry's event,
Datadog's monitors of errors and of latency, PagerDuty's route back); the others are run by ``make prove``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

pytestmark = [pytest.mark.alone, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replaces ``old``, which must stand exactly once, so that an edit cannot go stale unseen."""

    file: str
    old: str
    new: str


ERROR_RATE = "test_error_rate.py::test_five_percent_of_failing_requests_page_the_on_call_and_resolve"
LATENCY = "test_latency_p95.py::test_twelve_percent_of_late_requests_tell_operations_and_resolve"
CPU = "test_database_cpu.py::test_a_backend_that_computes_for_fifteen_minutes_tells_operations_and_resolves"
DEPTH = "test_queue_depth.py::test_fifteen_thousand_jobs_and_a_stopped_worker_tell_operations_and_resolve"
DEPTH_QUIET = "test_queue_depth.py::test_nine_thousand_nine_hundred_jobs_for_ten_minutes_tell_nobody"
AVAILABILITY = "test_availability.py::test_a_stopped_api_pages_the_on_call_and_resolves"
SILENCE = "test_queue_no_data.py::test_a_stopped_agent_tells_operations_after_twenty_minutes_and_resolves"
LOGINS = "test_auth_failures.py::test_ten_failed_logins_a_minute_at_one_tenant_tell_security_and_resolve"
SPIKE = "test_sentry_spike.py::test_fifteen_errors_a_minute_of_one_issue_tell_operations_and_sentry_never_resolves_it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """What is broken, and the texts that the drill must then say."""

    name: str
    edits: tuple[Edit, ...]
    says: tuple[str, ...]
    drill: str = ERROR_RATE
    prove: bool = False


QUERY = (
    "not met: by its own query the monitor fires 2 min to 4 min after the fault; last seen: computed from the deployed"
)
ALERT = "not met: the monitor goes to Alert 2 min to 4 min after the fault, never before; last seen: the monitor is"
MONITOR = "monitoring/datadog/monitors/api-error-rate.json"
LATENCY_MONITOR = "monitoring/datadog/monitors/api-latency-p95.json"
CPU_MONITOR = "monitoring/datadog/monitors/database-cpu.json"
DEPTH_MONITOR = "monitoring/datadog/monitors/queue-depth.json"
SILENCE_MONITOR = "monitoring/datadog/monitors/queue-depth-no-data.json"
LOGINS_MONITOR = "monitoring/datadog/monitors/auth-failures.json"
AVAILABILITY_SLO = "monitoring/datadog/slos/api-availability.json"
BREAKERS = "src/m3core/breakers"
METRICS = "src/m3core/telemetry/metrics.py"
SENTRY = "src/m3core/telemetry/sentry.py"

BREAKAGES = (
    Breakage(
        name="threshold ten times too high",
        edits=(
            Edit(file=MONITOR, old="> 0.02", new="> 0.2"),
            Edit(file=MONITOR, old='"critical": 0.02', new='"critical": 0.2'),
        ),
        says=(
            f"{QUERY} query: never",
            ALERT,
        ),
    ),
    Breakage(
        name="window of half an hour",
        prove=True,
        edits=(Edit(file=MONITOR, old="sum(last_5m)", new="sum(last_30m)"),),
        says=(
            f"{QUERY} query: 12 min",
            ALERT,
        ),
    ),
    Breakage(
        name="the PagerDuty handle removed",
        prove=True,
        edits=(
            Edit(
                file=MONITOR,
                old="@pagerduty-m3core-api\\n{{/is_alert}}",
                new="{{/is_alert}}",
            ),
            Edit(file=MONITOR, old="@pagerduty-m3core-api\\n{{/is_recovery}}", new="{{/is_recovery}}"),
        ),
        says=(
            "not met: one high-urgency incident opens on m3core-api, severity critical",
            "last seen: no incident within 1 min of the transition to Alert",
        ),
    ),
    Breakage(
        name="the recovery handle removed",
        edits=(Edit(file=MONITOR, old="@pagerduty-m3core-api\\n{{/is_recovery}}", new="{{/is_recovery}}"),),
        says=(
            "not met: the incident resolves by itself, with the dedup key it was opened with",
            "last seen: the incident is triggered",
        ),
    ),
    Breakage(
        name="before_send removed",
        edits=(Edit(file=SENTRY, old='    "before_send": _before_send,\n', new=""),),
        says=("not met: the planted secret is nowhere in the event; last seen: event", "holds it"),
    ),
    Breakage(
        name="the fault not injected",
        prove=True,
        edits=(Edit(file="src/m3core/faults.py", old="            and known.take()\n", new="            and False\n"),),
        says=("not met: the fault makes requests of the steady traffic fail; last seen: 0 of",),
    ),
    Breakage(
        name="the DogStatsD port wrong",
        prove=True,
        edits=(Edit(file="src/m3core/telemetry/statsd.py", old="port=settings.statsd_port", new="port=9"),),
        says=("no steady state", "no fresh points of the indicator 'error rate' are at Datadog"),
    ),
    Breakage(
        name="the Sentry DSN wrong",
        prove=True,
        edits=(Edit(file=SENTRY, old="dsn=settings.sentry_dsn,", new='dsn="http://public@127.0.0.1:9/1",'),),
        says=("not met: Sentry has the failed request's event", "last seen: 0 of 1 event with correlation_id"),
    ),
    Breakage(
        name="the tenant tag dropped from the metrics",
        prove=True,
        edits=(Edit(file=METRICS, old='            f"tenant:{tenant}",\n', new=""),),
        says=(
            "not met: the metric of error rate is tagged with each tenant",
            "last seen: no points of tenant acme, globex, initech",
        ),
    ),
    Breakage(
        name="the tenant tag dropped from the events",
        prove=True,
        edits=(Edit(file=SENTRY, old='    scope.set_tag("tenant", work.tenant_tag)\n', new=""),),
        says=("not met: the event is tagged with the request's tenant; last seen: tag tenant no such tag",),
    ),
    Breakage(
        name="the latency metric sent in milliseconds",
        prove=True,
        drill=LATENCY,
        edits=(
            Edit(file=METRICS, old='"api.request.duration", seconds,', new='"api.request.duration", seconds * 1000,'),
        ),
        says=("no steady state", "api-latency-p95 * is Alert; p95 latency is", "above its threshold"),
    ),
    Breakage(
        name="the median watched instead of the p95",
        drill=LATENCY,
        edits=(Edit(file=LATENCY_MONITOR, old="p95:api.request.duration", new="p50:api.request.duration"),),
        says=(
            "not met: by its own query the monitor fires 3 min to 6 min after the fault",
            "last seen: computed from the deployed query: never",
            "not met: the monitor goes to Alert 3 min to 6 min after the fault, never before",
            "last seen: the monitor is * OK; p95 latency 9",
        ),
    ),
    Breakage(
        name="a CPU window of five minutes instead of fifteen",
        prove=True,
        drill=CPU,
        edits=(Edit(file=CPU_MONITOR, old="last_15m", new="last_5m"),),
        says=(
            "not met: by its own query the monitor fires 15 min to 17 min after the fault",
            "not met: the monitor goes to Alert 15 min to 17 min after the fault, never before; last seen: Alert 5 min",
        ),
    ),
    Breakage(
        name="the heavy query not run",
        prove=True,
        drill=CPU,
        edits=(
            Edit(
                file=f"{BREAKERS}/database_load.py",
                old="connection.execute(_HEAVY)",
                new='connection.execute("SELECT 1")',
            ),
        ),
        says=(
            "not met: the fault shows: database CPU above 80 %; last seen: database CPU",
            "not met: the monitor goes to Alert 15 min to 17 min after the fault, never before; last seen: the monitor",
        ),
    ),
    Breakage(
        name="a queue threshold of 9,000 jobs",
        prove=True,
        drill=DEPTH_QUIET,
        edits=(
            Edit(file=DEPTH_MONITOR, old="> 10000", new="> 9000"),
            Edit(file=DEPTH_MONITOR, old='"critical": 10000', new='"critical": 9000'),
        ),
        says=(
            "not met: the monitor's own transitions are none; last seen: Alert",
            "not met: nobody is paged; last seen:",
        ),
    ),
    Breakage(
        name="the jobs not put on the queue",
        prove=True,
        drill=DEPTH,
        edits=(
            Edit(
                file=f"{BREAKERS}/backlog.py",
                old="            put(keys=[_QUEUE], args=[_prefix(fault), first, last, lease, *fields])\n",
                new="            pass\n",
            ),
        ),
        says=("not met: the fault shows: queue depth near 15,000 jobs; last seen: queue depth",),
    ),
    Breakage(
        name="the jobs not taken out by the revert",
        prove=True,
        drill=DEPTH,
        edits=(
            Edit(
                file=f"{BREAKERS}/backlog.py",
                old="        self._take(keys=[_QUEUE], args=[_prefix(fault), 0])\n",
                new="",
            ),
        ),
        says=("not met: the monitor is OK again within 3 min of the revert; last seen: the monitor is * Alert",),
    ),
    Breakage(
        name="the lease over after two seconds",
        prove=True,
        drill=DEPTH,
        edits=(
            Edit(
                file=f"{BREAKERS}/holding.py",
                old="time.monotonic() + lease_seconds\n",
                new="time.monotonic() + 2\n",
            ),
        ),
        says=(
            "not met: the monitor goes to Alert 5 min to 7 min after the fault, never before; last seen: the monitor",
        ),
    ),
    Breakage(
        name="an objective of 99 percent",
        prove=True,
        drill=AVAILABILITY,
        edits=(Edit(file=AVAILABILITY_SLO, old='"target": 99.9', new='"target": 99'),),
        says=(
            "not met: by its own query the monitor fires 1 min to 3 min after the fault",
            "not met: the monitor goes to Alert 1 min to 3 min after the fault, never before; last seen: the",
        ),
    ),
    Breakage(
        name="the API not killed",
        prove=True,
        drill=AVAILABILITY,
        edits=(Edit(file="src/m3core/keeper.py", old="        self._kept.want(running=False, within=5)\n", new=""),),
        says=("not met: the fault leaves requests of the steady traffic unanswered; last seen: 0 of",),
    ),
    Breakage(
        name="silence that counts after half an hour",
        prove=True,
        drill=SILENCE,
        edits=(Edit(file=SILENCE_MONITOR, old='"no_data_timeframe": 20', new='"no_data_timeframe": 30'),),
        says=(
            "not met: by its own query the monitor fires 20 min to 22 min after the fault",
            "not met: the monitor goes to No Data 20 min to 22 min after the fault, never before; last seen: the",
        ),
    ),
    Breakage(
        name="nine hundred failed logins instead of fifty",
        prove=True,
        drill=LOGINS,
        edits=(
            Edit(file=LOGINS_MONITOR, old="> 50", new="> 900"),
            Edit(file=LOGINS_MONITOR, old='"critical": 50', new='"critical": 900'),
        ),
        says=(
            "not met: by its own query the monitor fires 5 min to 7 min after the fault",
            "not met: the monitor goes to Alert 5 min to 7 min after the fault, never before; last seen: the monitor",
        ),
    ),
    Breakage(
        name="a spike of nine hundred errors instead of fifty",
        prove=True,
        drill=SPIKE,
        edits=(Edit(file="monitoring/sentry/alerts/error-spike.json", old='"value": 50', new='"value": 900'),),
        says=("nobody was told, and Sentry has",),
    ),
)


def break_a_copy(breakage: Breakage, folder: Path) -> None:
    """Copy the platform and its monitoring into ``folder`` and break the copy."""
    shutil.copytree(ROOT / "monitoring", folder / "monitoring")
    shutil.copytree(ROOT / "src" / "m3core", folder / "src" / "m3core", ignore=shutil.ignore_patterns("__pycache__"))
    for edit in breakage.edits:
        path = folder / edit.file
        text = path.read_text(encoding="utf-8")
        assert text.count(edit.old) == 1, f"{edit.file} holds {edit.old!r} {text.count(edit.old)} times"
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def run_the_drill(folder: Path, drill: str) -> subprocess.CompletedProcess[str]:
    """Run a drill against the copy in ``folder``."""
    test = f"alert_tests/drills/{drill}"
    options = ["--monitoring", str(folder / "monitoring"), "--reports", str(folder / "reports")]
    return subprocess.run(
        # What is named is run, whatever its mark.
        [sys.executable, "-m", "pytest", test, *options, "-m", "", "-q", "--no-header", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder / "src"), str(ROOT / "src")))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def as_case(breakage: Breakage) -> ParameterSet:
    marks = [pytest.mark.prove] if breakage.prove else []
    return pytest.param(breakage, id=breakage.name.replace(" ", "-"), marks=marks)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name.replace(" ", "-"))
def test_each_breakage_still_finds_what_it_breaks(breakage: Breakage, tmp_path: Path) -> None:
    break_a_copy(breakage, tmp_path)

    assert all(edit.old not in (tmp_path / edit.file).read_text(encoding="utf-8") for edit in breakage.edits)


@pytest.mark.parametrize("breakage", [as_case(each) for each in BREAKAGES])
def test_the_drill_turns_red_and_says_why(breakage: Breakage, tmp_path: Path) -> None:
    break_a_copy(breakage, tmp_path)

    done = run_the_drill(tmp_path, breakage.drill)

    assert done.returncode == 1, done.stdout + done.stderr
    for text in breakage.says:
        assert text in done.stdout, done.stdout + done.stderr
