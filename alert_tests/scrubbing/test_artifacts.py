"""What the suite itself writes down of checks that failed holds no secret that they used: reports, traces, journals."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alertproof.canaries import places_in
from alertproof.scrubbing import left_in

if TYPE_CHECKING:
    from alertproof.requirements import Specification, Target

CHECKS = """
import os

from alertproof.probes import status
from alertproof.redact import Secret

SHOWN, TYPED, SENT = (os.environ[name] for name in ("SHOWN", "TYPED", "SENT"))


def test_a_journey_that_fails(journey):
    page = journey.page
    with journey.step("log in"):
        page.goto("/login")
        page.get_by_label("Tenant").fill(SHOWN)
        page.get_by_label("E-mail").fill("nobody@acme.example")
        page.get_by_label("Password").fill(TYPED)
        page.get_by_role("button", name="Log in").click()
        assert page.get_by_role("alert").inner_text() == f"welcome {SHOWN} {TYPED}"


def test_a_probe_that_fails(probe):
    body = {"tenant": SHOWN, "email": "nobody@acme.example", "password": Secret(SENT)}
    probe.post("/api/login", json=body, reads=True, name=f"login at {SHOWN}").expect(status(200))
"""
#: Plugins that this repository does not use; some of them clash with its own.
UNUSED = ("cacheprovider", "locust", "ddtrace", "valkey", "anyio", "playwright", "xdist")


def test_no_secret_of_a_failed_check_is_in_what_is_kept_of_it(
    target: Target, specification: Specification, tmp_path: Path
) -> None:
    shown, typed, sent = (f"{name}{secrets.token_hex(8)}" for name in ("shown", "typed", "sent"))
    (tmp_path / "stack.json").write_bytes(msgspec.json.encode(target))
    (tmp_path / "pytest.ini").write_text("[pytest]\nalertproof_video = false\n", encoding="utf-8")
    (tmp_path / "test_checks.py").write_text(CHECKS, encoding="utf-8")
    reports = tmp_path / "reports"
    options = ["--target", "stack.json", "--monitoring", str(specification.folder), "--reports", str(reports)]
    off = [part for name in UNUSED for part in ("-p", f"no:{name}")]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "test_checks.py", *options, *off, "-q"],
        cwd=tmp_path,
        env={**os.environ, "SHOWN": shown, "TYPED": typed, "SENT": sent},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed" in done.stdout, done.stdout
    kept = list(left_in(reports))
    found = places_in(kept, [shown, typed, sent]).of
    assert {place.source for place in found.get(shown, ())} >= {"junit.xml", "report.html", "run.jsonl", "trace.zip"}
    for secret in (typed, sent):
        assert secret not in found, f"a secret is in {', '.join(map(str, found[secret]))}"
        assert secret not in done.stdout
