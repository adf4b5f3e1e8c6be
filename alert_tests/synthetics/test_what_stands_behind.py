"""A step that fails says what the platform's own telemetry knows of that very click: its log, its error, its trace."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alertproof.faults import Error, FaultDoor
from alertproof.redact import Secret

if TYPE_CHECKING:
    from alertproof.requirements import Specification, Target

CHECK = """
import os


def test_the_leads_are_there(journey):
    page = journey.page
    with journey.step("log in"):
        page.goto("/login")
        page.get_by_label("Tenant").fill(os.environ["TENANT"])
        page.get_by_label("E-mail").fill(f"agent@{os.environ['TENANT']}.example")
        page.get_by_label("Password").fill(os.environ["PASSWORD"])
        page.get_by_role("button", name="Log in").click()
        assert page.get_by_role("heading", name="Leads").inner_text(timeout=2000)
"""
FAULT = "behind-a-click"


def test_a_failed_step_shows_the_log_the_error_and_the_trace_of_its_request(
    target: Target, specification: Specification, tmp_path: Path
) -> None:
    tenant, password = specification.tenants[0], target.env["M3CORE_SEED_PASSWORD"]
    (tmp_path / "stack.json").write_bytes(msgspec.json.encode(target))
    (tmp_path / "pytest.ini").write_text("[pytest]\nalertproof_video = false\n", encoding="utf-8")
    (tmp_path / "test_check.py").write_text(CHECK, encoding="utf-8")
    options = ["--target=stack.json", f"--monitoring={specification.folder}", f"--reports={tmp_path / 'reports'}"]
    door = FaultDoor(base_url=target.endpoints.m3core, token=Secret(target.env["M3CORE_FAULT_TOKEN"]))
    fault = Error(text="the list of leads breaks", match={"path": "/api/leads", "tenant": tenant})
    door.inject(fault, fault_id=FAULT, lease=timedelta(seconds=60))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "test_check.py", *options, "-q", "-p", "no:cacheprovider"],
            cwd=tmp_path,
            env={**os.environ, "TENANT": tenant, "PASSWORD": password, "COLUMNS": "300"},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    finally:
        door.revert(FAULT)
        door.close()

    assert done.returncode == 1, done.stdout + done.stderr
    (kept,) = (tmp_path / "reports").rglob("server.txt")
    told = kept.read_text(encoding="utf-8")
    assert re.search(r"^GET /leads was answered 5\d\d, correlation id \S+$", told, re.MULTILINE), told
    assert re.search(r"^  log  \S+ m3core-api error: request failed", told, re.MULTILINE), told
    assert re.search(r"^  Sentry  \w+.* \(error, event \w{32}, issue \d+, trace \w{32}\)$", told, re.MULTILINE), told
    assert told.splitlines()[0] in done.stdout
    assert password not in told + done.stdout
