"""Nothing outlives a killed run: no process, no port, and no fault beyond its lease."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from alertproof.clock import SystemClock, wait_until
from alertproof.faults import Ledger

ROOT = Path(__file__).parents[2]
CLOCK = SystemClock()
DRILL = "alert_tests/drills/test_error_rate.py::test_five_percent_of_failing_requests_page_the_on_call_and_resolve"
OFFLINE = "alert_tests/offline/api-error-rate.alert.yaml"


def run_pytest(*arguments: str, reports: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pytest", *arguments, "--reports", str(reports), "-q", "-p", "no:cacheprovider"]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def until(look: Any, *, seconds: float, what: str) -> Any:
    found = wait_until(
        look, clock=CLOCK, deadline=CLOCK.now() + timedelta(seconds=seconds), every=timedelta(milliseconds=20)
    )
    assert found is not None, f"not within {seconds} s: {what}"
    return found


def ledger_entry(reports: Path) -> Any:
    """Wait until the drill has opened its fault."""
    return until(lambda: next(iter(Ledger(reports / "ledger").pending()), None), seconds=60, what="an open fault")


def listening(processes: list[psutil.Process]) -> set[int]:
    ports = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a child of the set-up may end at any time
            for connection in process.net_connections(kind="inet"):
                if connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE} and connection.laddr:
                    ports.add(connection.laddr.port)
    return ports


def stack_folders(processes: list[psutil.Process]) -> set[Path]:
    """Return the folders of stacks, as the working folders of their parts tell."""
    found = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.add(Path(process.cwd()))
    return {folder for folder in found if folder.name.startswith("ap-")}


def still_bound(ports: set[int]) -> set[int]:
    return {
        connection.laddr.port
        for connection in psutil.net_connections(kind="inet")
        if connection.laddr and connection.laddr.port in ports and connection.status != psutil.CONN_TIME_WAIT
    }


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found += [process] if process.is_running() and process.status() != psutil.STATUS_ZOMBIE else []
    return found


def test_a_killed_run_that_owns_its_stack_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    with run_pytest(DRILL, reports=tmp_path) as run:
        try:
            ledger_entry(tmp_path)
            family = psutil.Process(run.pid).children(recursive=True)
            ports, folders = listening(family), stack_folders(family)
            assert len(family) >= 10, "the stack's processes were not seen: this test would look at nothing"
            assert len(ports) >= 6, "the stack's ports were not seen: this test would look at nothing"
            assert len(folders) == 1
        finally:
            os.kill(run.pid, signal.SIGKILL)
            run.wait()

        until(lambda: True if not alive(family) else None, seconds=5, what=f"all ended; alive: {alive(family)}")
        until(lambda: True if not still_bound(ports) else None, seconds=1, what="all ports free")
        assert not any(folder.exists() for folder in folders)


def test_a_killed_supervisor_takes_its_parts_with_it() -> None:
    command = [sys.executable, "-m", "alertproof", "up", "--json", "--factor", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as up:
        assert up.stdout is not None
        folder = Path(json.loads(up.stdout.readline())["ca_file"]).parent
        try:
            family = psutil.Process(up.pid).children(recursive=True)
            assert len(family) >= 8
        finally:
            up.kill()
            up.wait()

        until(lambda: True if not alive(family) else None, seconds=5, what="all parts ended")
    shutil.rmtree(folder)  # a kill leaves no one to remove it


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Path]:
    """Keep a stack up for several runs; yield the file that holds its line."""
    line = tmp_path / "stack.json"
    command = [sys.executable, "-m", "alertproof", "up", "--json", "--empty", "--factor", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        line.write_text(up.stdout.readline(), encoding="utf-8")
        yield line
        up.terminate()
        assert up.wait(timeout=10) == 0


def faults_at(line: Path) -> list[dict[str, Any]]:
    target = json.loads(line.read_text(encoding="utf-8"))
    answer = httpx.get(
        target["endpoints"]["m3core"] + "/_faults", headers={"X-Fault-Token": target["env"]["M3CORE_FAULT_TOKEN"]}
    )
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found


def killed_in_the_fault(line: Path, reports: Path) -> None:
    with run_pytest(DRILL, "--target", str(line), reports=reports) as run:
        ledger_entry(reports)
        until(lambda: faults_at(line) or None, seconds=5, what="the fault at the platform's door")
        os.kill(run.pid, signal.SIGKILL)
        run.wait()


def test_a_fault_whose_run_was_killed_is_reverted_and_reported_by_the_next_run(stack: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    killed_in_the_fault(stack, reports)
    assert len(faults_at(stack)) == 1

    with run_pytest(OFFLINE, "--target", str(stack), reports=reports) as second:
        said, _ = second.communicate(timeout=60)

    assert second.returncode == 0, said
    assert "closed the fault '5 % of API requests fail, all of them of tenant acme' that a dead run left" in said
    assert "it still stood" in said
    assert faults_at(stack) == []
    assert Ledger(reports / "ledger").pending() == []


@pytest.mark.prove  # beside other tests the platform gets too slow for a drill, which then rightly says so
def test_a_drill_does_not_take_the_pages_of_a_killed_run_for_its_own(stack: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    killed_in_the_fault(stack, reports)
    with run_pytest(DRILL, "--target", str(stack), reports=reports) as second:
        said, _ = second.communicate(timeout=90)
    assert second.returncode == 0, said


@pytest.mark.prove  # a lease is half a minute of real time
def test_a_fault_whose_run_was_killed_ends_by_its_lease_in_real_seconds(stack: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    killed_in_the_fault(stack, reports)
    (state,) = faults_at(stack)
    left = float(state["lease_left_seconds"])
    assert 0 < left <= 30, "a lease is real time, short beside a drill of real minutes"

    until(lambda: True if not faults_at(stack) else None, seconds=left + 2, what="the lease ended the fault")

    revert = [sys.executable, "-m", "alertproof", "faults", "revert", "--target", str(stack), "--reports", str(reports)]
    done = subprocess.run(revert, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert "its lease had ended it" in done.stdout
    assert Ledger(reports / "ledger").pending() == []
