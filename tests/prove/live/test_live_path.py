"""The live rung in full: a platform and accounts that another installation runs, as if they were elsewhere.

HTTPS with keys, real time, twenty seconds between what is sent and what is seen, requests that are refused for their
rate, and connections that break. The drills are the files that run on the embedded stack; nothing in them knows.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.drills.preflight.conftest import ALERT, only_the_error_rate
from tests.prove.live.wheel import ROOT, clean, installed, place_of
from tests.standins.conftest import authority

from alertproof.clock import SystemClock, wait_until
from alertproof.loadgen import Traffic, TrafficPlan
from alertproof.requirements import Target, load_specification, read_stack_line

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1800)]

SECRETS = {
    "DD_API_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "DD_APP_KEY": "app0f1e2d3c4b5a69788796a5b4c3d2e1f0c0ffee",
    "PAGERDUTY_API_TOKEN": "u+PaGeRdUtYtOkEn0123",
    "SENTRY_AUTH_TOKEN": "sntryu_8c1e6d0f2b7a4953",
}
#: The control door of each vendor, what is refused there now and then, and every how manieth: Sentry is asked seldom.
DOORS = {"control": ("/api/", 9), "sentry_control": ("/api/0/", 3), "pagerduty_control": ("/incidents", 9)}
DRILLS = {
    "fires": "test_five_percent_of_failing_requests_page_the_on_call_and_resolve",
    "quiet": "test_one_percent_of_failing_requests_for_ten_minutes_pages_nobody",
}
TOML = """
[targets.live]
url = "{url}"
keeper_url = "{keeper}"
environment = "drill"
release = "{release}"
dogstatsd = "{dogstatsd}"
datadog_site = "{datadog}"
sentry_url = "{sentry}"
pagerduty_host = "{pagerduty}"
ca_file = "{ca_file}"
allow = ["read", "write", "faults", "monitors"]

[targets.live.drills]
faults = ["error", "scrubbing_off"]
hosts = ["127.0.0.1"]
share = 0.15
monitors = "pushed"
rate = 10
guard = "{guard}"
"""
INI = """
[pytest]
addopts = -p no:locust -p no:ddtrace -p no:playwright -p no:anyio -p no:cacheprovider --import-mode=importlib
timeout = 900
"""


@dataclass
class Elsewhere:
    """A project whose target is somewhere else."""

    folder: Path
    stack: Target
    env: Mapping[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a module of this installation in the project; what it said is kept there."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env={**clean(PYTHONPATH=str(ROOT / "src")), **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=1500,
        )
        with (self.folder / "said.txt").open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done

    def control(self, method: str, door: str, path: str, body: Any = None) -> Any:
        """Ask the control door of a stand-in."""
        address = f"{getattr(self.stack.endpoints, door)}/{path}"
        answer = httpx.request(method, address, json=body, headers=self.stack.control_headers(), trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()


def one_minute(folder: Path) -> None:
    """Let the error rate's alert look at one minute that is a minute old, and the specification say so."""
    monitor = folder / "datadog" / "monitors" / f"{ALERT}.json"
    text = monitor.read_text(encoding="utf-8")
    assert "last_5m" in text
    # What is sent is seen up to forty seconds later: without the delay most of that minute would be empty.
    payload = json.loads(text.replace("last_5m", "last_1m"))
    payload["options"]["evaluation_delay"] = 60
    monitor.write_text(json.dumps(payload, indent=2), encoding="utf-8")
    spec = yaml.safe_load((folder / "spec.yaml").read_text(encoding="utf-8"))
    del spec["supporting"]
    alert = spec["alerts"][ALERT]
    alert["indicator"]["window"] = "1m"
    alert["fires"] |= {"after": {"from": "1m", "to": "4m"}, "recovers_within": "4m"}
    alert["quiet"]["for"] = "1m"
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")


@contextmanager
def started(command: list[str], **env: str) -> Iterator[str]:
    """Run a process that says a line when it answers, and ends when its standard input closes."""
    process = subprocess.Popen(
        command, cwd="/", env=clean(**env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "it ended before it answered"
        yield line
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def front(stack: ExitStack, behind: str, keys: dict[str, str], folder: Path, trusted: str) -> str:
    """Start a front; the thirteenth request that reads loses its connection, the twenty-sixth, and so on."""
    said = {"behind": behind, "keys": keys, "authority": trusted, "every": 13}
    said |= {"chain": str(folder / "chain.pem"), "key": str(folder / "key.pem")}
    command = [sys.executable, str(Path(__file__).with_name("front.py"))]
    return stack.enter_context(started(command, FRONT=json.dumps(said))).strip()


@dataclass
class _Copied:
    folder: Path


@pytest.fixture(scope="module", name="elsewhere")
def elsewhere_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Another installation's stack, and a project that has its addresses."""
    folder = tmp_path_factory.mktemp("live")
    python, project = installed(folder), folder / "project"
    assert place_of(python, "alertproof").is_relative_to(folder)
    shutil.copytree(ROOT / "monitoring", project / "monitoring")
    shutil.copytree(ROOT / "alert_tests" / "drills", project / "alert_tests" / "drills")
    (project / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "drill-journal.schema.json", project / "docs")  # what its drills write is held to
    only_the_error_rate(_Copied(project))  # type: ignore[arg-type]
    shutil.rmtree(project / "monitoring" / "sentry")
    for part in ("rules", "downtimes", "logs"):
        shutil.rmtree(project / "monitoring" / "datadog" / part)
    one_minute(project / "monitoring")
    up = ["-m", "alertproof", "up", "--json", "--empty", "--until-eof", "--factor", "1"]
    with ExitStack() as stack:
        line = stack.enter_context(started([str(python), *up, "--monitoring", str(project / "monitoring")]))
        target = read_stack_line(line, source="another installation")
        made = Elsewhere(project, target, _settings(target))
        _write_project(made, _fronts(stack, target, folder))
        users = Traffic(TrafficPlan.for_target(target, load_specification(project / "monitoring"), rate=5.0))
        stack.callback(users.stop)
        users.wait_ready()
        yield made


def _settings(target: Target) -> dict[str, str]:
    kept = ("M3CORE_FAULT_TOKEN", "M3CORE_SEED_PASSWORD", "SENTRY_ORG", "SENTRY_PROJECT")
    return SECRETS | {name: target.env[name] for name in kept}


def _fronts(stack: ExitStack, target: Target, folder: Path) -> dict[str, str]:
    authority(folder)
    datadog = {"DD-API-KEY": SECRETS["DD_API_KEY"], "DD-APPLICATION-KEY": SECRETS["DD_APP_KEY"]}
    sentry = {"Authorization": f"Bearer {SECRETS['SENTRY_AUTH_TOKEN']}"}
    pagerduty = {"Authorization": f"Token token={SECRETS['PAGERDUTY_API_TOKEN']}"}
    keys = {"datadog": datadog, "sentry_api": sentry, "pagerduty": pagerduty}
    return {
        part: front(stack, getattr(target.endpoints, part), wanted, folder, target.ca_file)
        for part, wanted in keys.items()
    }


def _write_project(made: Elsewhere, fronts: Mapping[str, str]) -> None:
    ends = made.stack.endpoints
    text = TOML.format(
        url=ends.m3core,
        keeper=ends.m3core_keeper,
        release=made.stack.env["M3CORE_RELEASE"],
        dogstatsd=ends.dogstatsd,
        datadog=fronts["datadog"],
        sentry=fronts["sentry_api"],
        pagerduty=fronts["pagerduty"],
        ca_file=made.folder.parent / "authority.pem",
        guard=f"{ends.m3core_web}/",
    )
    (made.folder / "alertproof.toml").write_text(text, encoding="utf-8")
    (made.folder / "pytest.ini").write_text(INI, encoding="utf-8")


def _make_difficult(elsewhere: Elsewhere) -> None:
    """Let the accounts show what they are sent twenty seconds later, and refuse some questions for their rate."""
    for door, (path, every) in DOORS.items():
        elsewhere.control("DELETE", door, "knobs")
        elsewhere.control("PUT", door, "visibility", {"after_s": 20})
        knob = {"path": path, "method": "GET", "status": 429, "retry_after_s": 1, "every": every}
        elsewhere.control("POST", door, "knobs", knob)


def _push(elsewhere: Elsewhere) -> None:
    """Push; what a broken connection has ended is gone on with by pushing again, as it says."""
    for _ in range(8):
        done = elsewhere.run("alertproof", "monitors", "push", "--target", "live", "--yes")
        if done.returncode == 0:
            return
        assert "did not answer" in done.stderr, done.stderr
    raise AssertionError("eight pushes were not enough")


def _await_ready(elsewhere: Elsewhere) -> None:
    """Wait until the monitor that was pushed has been evaluated and all else is right."""
    clock, said = SystemClock(), [""]

    def look() -> bool | None:
        done = elsewhere.run("alertproof", "preflight", "--target", "live")
        said[0] = done.stdout + done.stderr
        return done.returncode == 0 or None

    deadline = clock.now() + timedelta(seconds=180)
    assert wait_until(look, clock=clock, deadline=deadline, every=timedelta(seconds=10)), said[0]


@pytest.mark.parametrize(("side", "drill"), DRILLS.items())
def test_the_drills_of_the_embedded_stack_pass_on_accounts_that_are_elsewhere(
    elsewhere: Elsewhere, side: str, drill: str
) -> None:
    _push(elsewhere)
    _make_difficult(elsewhere)
    _await_ready(elsewhere)

    where = ("--target", "live", "--monitoring", "monitoring", "--reports", f"reports/{side}")
    done = elsewhere.run("pytest", f"alert_tests/drills/test_error_rate.py::{drill}", *where)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    text = (elsewhere.folder / f"reports/{side}/run.jsonl").read_text(encoding="utf-8")
    journals = [line["journal"] for line in map(json.loads, text.splitlines()) if line["type"] == "DrillJournal"]
    assert [(each["side"], each["verdict"], each["factor"]) for each in journals] == [(side, "passed", 1.0)]
    for door in DOORS:
        (knob,) = elsewhere.control("GET", door, "knobs")["knobs"]
        assert knob["taken"] > 0, f"{door} refused nothing"
    assert elsewhere.control("GET", "control", "unknown")["count"] == 0


def test_a_wrong_key_is_refused_by_the_preflight(elsewhere: Elsewhere) -> None:
    wrong = Elsewhere(elsewhere.folder, elsewhere.stack, {**elsewhere.env, "DD_API_KEY": "wrong"})

    done = wrong.run("alertproof", "preflight", "--target", "live")

    assert done.returncode == 1
    assert "Datadog: Datadog refused the API key: 403" in done.stdout


def test_no_secret_is_in_anything_that_was_written(elsewhere: Elsewhere) -> None:
    elsewhere.run("alertproof", "preflight", "--target", "live", "--json")
    written = [path for path in elsewhere.folder.rglob("*") if path.is_file()]
    assert (elsewhere.folder / "said.txt") in written

    leaks = [
        f"{name} in {path.relative_to(elsewhere.folder)}"
        for path in written
        for name, secret in elsewhere.env.items()
        if name not in ("SENTRY_ORG", "SENTRY_PROJECT") and secret.encode() in path.read_bytes()
    ]

    assert leaks == []
