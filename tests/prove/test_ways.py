"""Faults of platforms that have no fault door, by a header and by a feature flag: one whole drill each, on both sides.

The stack is told as another platform is, with limits and with the ways in which its requests fail; its own fault door
is used by neither drill, but for the flag, which stands at that address as it might at any.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.prove, pytest.mark.timeout(600)]

LIMITS = {"hosts": ["127.0.0.1"], "share": 0.15, "monitors": "pushed"}
UP = ("up", "--json", "--until-eof", "--factor", "20", "--monitoring")


@pytest.fixture(name="monitoring")
def monitoring_fixture(tmp_path: Path) -> Path:
    """The monitoring without Sentry's own alerts: on a fast clock a share of errors is soon a spike."""
    folder = tmp_path / "monitoring"
    shutil.copytree(ROOT / "monitoring", folder)
    shutil.rmtree(folder / "sentry" / "alerts")
    spec = yaml.safe_load((folder / "spec.yaml").read_text(encoding="utf-8"))
    of_sentry = [name for name, alert in spec["supporting"].items() if alert["monitor"].startswith("sentry/")]
    for name in of_sentry:
        del spec["supporting"][name]
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    return folder


@pytest.fixture(name="line")
def line_fixture(monitoring: Path) -> Iterator[dict[str, Any]]:
    """A stack, by the line that it says."""
    command = [sys.executable, "-m", "alertproof", *UP, str(monitoring)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()
        process.wait(timeout=60)


def drilled(file: str, line: dict[str, Any], limits: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Run both sides of a drill under limits; return the journals."""
    target, reports = folder / "stack.json", folder / "reports"
    target.write_text(json.dumps(line | {"drills": LIMITS | limits}), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"alert_tests/drills/{file}", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--target", str(target), "--monitoring", str(folder / "monitoring"), "--reports", str(reports)],
        cwd=ROOT,
        env={**os.environ, "FAIL_TOKEN": line["env"]["M3CORE_FAULT_TOKEN"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = (reports / "run.jsonl").read_text(encoding="utf-8")
    return [each["journal"] for each in map(json.loads, text.splitlines()) if each["type"] == "DrillJournal"]


def test_the_error_rate_s_drill_passes_by_a_header(line: dict[str, Any], tmp_path: Path) -> None:
    way = {"by": "header", "kind": "error", "name": "X-Fail", "value": "$FAIL_TOKEN"}

    journals = drilled("test_error_rate.py", line, {"faults": ["header"], "ways": [way]}, tmp_path)

    assert [(each["side"], each["verdict"]) for each in journals] == [("fires", "passed"), ("quiet", "passed")]


def test_the_latency_s_drill_passes_by_a_flag_which_is_put_back(line: dict[str, Any], tmp_path: Path) -> None:
    door = f"{line['endpoints']['m3core']}/_faults"
    token = {"X-Fault-Token": "$FAIL_TOKEN"}

    def way(share: float) -> dict[str, Any]:
        late = {"id": "api-is-late", "kind": "delay", "share": share, "seconds": 0.9, "lease_seconds": 600}
        late["match"] = {"path": "/api/*"}
        undo = {"url": f"{door}/api-is-late", "method": "DELETE", "headers": token}
        change = {"url": door, "method": "POST", "json": late, "headers": token}
        return {"by": "flag", "kind": "delay", "share": share, "seconds": 0.9, "set": change, "undo": undo}

    journals = drilled("test_latency_p95.py", line, {"faults": ["flag"], "ways": [way(0.12), way(0.025)]}, tmp_path)

    assert [(each["side"], each["verdict"]) for each in journals] == [("fires", "passed"), ("quiet", "passed")]
    asked = httpx.get(door, headers={"X-Fault-Token": line["env"]["M3CORE_FAULT_TOKEN"]}, trust_env=False)
    assert asked.json() == []
