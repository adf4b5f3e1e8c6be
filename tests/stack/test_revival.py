"""A stand-in that is killed goes on where it was; another part that ends takes the stack with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from alertproof.clock import SystemClock, wait_until
from alertproof.stack.standins import StandIns

ROOT = Path(__file__).parents[2]
MONITOR = {"name": "m", "type": "query alert", "query": "max(last_5m):max:q{*} > 1", "message": ""}
BOOT = timedelta(seconds=30)


@pytest.fixture(name="up")
def up_fixture() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "alertproof", "up", "--json", "--empty", "--factor", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
        process.terminate()
        process.wait(timeout=20)


def part(up: subprocess.Popen[str], *words: str) -> psutil.Process:
    for process in psutil.Process(up.pid).children(recursive=True):
        if set(words) <= set(process.cmdline()):
            return process
    parts = [each.cmdline() for each in psutil.Process(up.pid).children(recursive=True)]
    raise AssertionError(f"no part is started with {words}: {parts}")


def test_a_stand_in_that_is_killed_goes_on_where_it_was(up: tuple[subprocess.Popen[str], dict[str, Any]]) -> None:
    process, target = up
    address = target["endpoints"]["datadog"]
    keys = {"DD-API-KEY": target["env"]["DD_API_KEY"], "DD-APPLICATION-KEY": target["env"]["DD_APP_KEY"]}
    made = httpx.post(f"{address}/api/v1/monitor", json=MONITOR, headers=keys).raise_for_status().json()
    os.kill(part(process, "alertproof.standins", "datadog").pid, signal.SIGKILL)

    def found() -> list[int] | None:
        try:
            return [each["id"] for each in httpx.get(f"{address}/api/v1/monitor", headers=keys).json()]
        except httpx.TransportError:
            return None

    clock = SystemClock()
    listed = wait_until(found, clock=clock, deadline=clock.now() + BOOT, every=timedelta(milliseconds=50))
    assert listed == [made["id"]]
    assert process.poll() is None
    # The history that the stack began with is there too.
    door = target["endpoints"]["control"]
    token = {"Authorization": f"Bearer {target['env']['ALERTPROOF_CONTROL_TOKEN']}"}
    assert httpx.get(f"{door}/health", headers=token).json()["history"]["points"] > 1000
    # The platform is no stand-in: what it held is gone, so is the stack.
    part(process, "m3core", "api").kill()
    assert process.wait(timeout=20) != 0
    assert process.stderr is not None
    said = process.stderr.read()
    assert "datadog was killed (SIGKILL); it goes on where it was" in said
    assert "m3core-api ended with code -9" in said


def test_one_that_ends_by_itself_or_is_killed_too_often_is_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StandIns, "MOST", 1)
    standins = StandIns(tmp_path, os.environ)
    first = standins.start("datadog")
    line = first.ready_line(within=BOOT)
    first.signal(signal.SIGKILL)
    while first.running():
        SystemClock().sleep(timedelta(milliseconds=10))
    second = standins.again(first, within=BOOT)
    assert second is not None
    try:
        assert httpx.get(line["endpoints"]["datadog"] + "/api/v1/validate", headers={"DD-API-KEY": "k"}).is_success
        assert standins.again(second, within=BOOT) is None
    finally:
        second.signal(signal.SIGKILL)
        second.end(within=BOOT)
    assert standins.again(second, within=BOOT) is None
    third = standins.start("sentry", "--projects", "[")
    third.end(within=BOOT)
    assert third.exit_code == 2
    assert standins.again(third, within=BOOT) is None
