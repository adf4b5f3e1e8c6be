"""The probes turn red when the platform breaks, and say what broke.

M3CoreCRM is broken in a copy, and the very probes that watch it run in a process of their own. What does not get in
each other's way is broken in one copy, because starting a stack is what takes the time.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEADS = "src/m3core/leads.py"

#: File, the text that must stand in it once (so that none goes stale unseen), and what takes its place.
Edit = tuple[str, str, str]

SEARCHES = '        with span("leads.search") as searching, self._database.reading() as connection:\n'
SLOW_SEARCH: Edit = (LEADS, SEARCHES, f'{SEARCHES}            __import__("time").sleep(2.2)\n')
FAILING_CREATE: Edit = (LEADS, "        self._jobs.score_lead(self.tenant, lead.id)\n", "        1 / 0\n")
TENANT_LEAK: Edit = (LEADS, "_THIS = and_(_MINE, leads.c.id", "_THIS = and_(leads.c.id")
BROKEN_LOGIN: Edit = (
    "src/m3core/logins.py",
    "        return Principal(known, account.id)\n",
    '        return Principal(known, account.id) if known != "initech" else None\n',
)
USER_ROUTES = "src/m3core/api/users.py"
LEAD_ROUTES = "src/m3core/api/leads.py"
NEW_ENDPOINT: Edit = (
    LEAD_ROUTES,
    '@lead_routes.get("/leads/search"',
    '''@lead_routes.get("/leads/export")
def export_leads(leads: MyLeads) -> Response:
    """Give all of them."""
    return answer(leads.page(limit=100, offset=0))


@lead_routes.get("/leads/search"''',
)
NO_LOCK: tuple[Edit, ...] = (
    (
        "src/m3core/api/users.py",
        "async def my_users(request: Request, caller: LoggedIn)",
        "async def my_users(request: Request)",
    ),
    ("src/m3core/api/users.py", "users_of(str(caller.tenant))", 'users_of("acme")'),
)
#: A machine that runs all tests at once is slower than users may be kept waiting: only what is broken shall be red.
PATIENT: Edit = ("monitoring/spec.yaml", "probe: {total: 800ms}", "probe: {total: 2s}")
SCHEMA_CHANGE: Edit = (
    LEADS,
    "    items: list[LeadSummary]\n    total: int\n",
    "    items: list[LeadSummary]\n    count: int\n",
)
SCHEMA_FOLLOWED: tuple[Edit, ...] = (
    (LEADS, "total=self._count(), limit=limit", "count=self._count(), limit=limit"),
    (LEADS, "total=total, limit=limit", "count=total, limit=limit"),
)


def broken(folder: Path, edits: Iterable[Edit]) -> None:
    """Copy the platform with its specification into ``folder``, with these edits."""
    shutil.copytree(ROOT / "monitoring", folder / "monitoring")
    shutil.copytree(ROOT / "src" / "m3core", folder / "src" / "m3core", ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in edits:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")


def run_the_probes(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run probes against the copy in ``folder``."""
    options = ["--monitoring", str(folder / "monitoring"), "--reports", str(folder / "reports")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *options, "-q", "--no-header", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "400", "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{ROOT / 'src'}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


HEALTH = "test_health.py"
LISTED = "test_leads.py::test_leads_are_listed"
FOUND = "test_leads.py::test_a_listed_lead_is_found_by_its_name"
CREATED = "test_leads.py::test_a_created_lead_is_read_back"
READ = "test_isolation.py::test_a_stranger_cannot_reach_it"
LEAD = "GET /api/leads/{id}"
DESCRIBED = "test_isolation.py::test_the_description_is_the_platforms_own"
ANYBODY = "test_isolation.py::test_nobody_is_answered_without_a_login"

#: Test, and how the line begins and goes on that pytest's summary has about it.
CAUSES = {
    "a slow endpoint": (
        f"{FOUND}[acme]",
        "GET /api/leads/search?q=",
        " as acme: expected an answer within 2.00 s, last seen: 2.",
        " s, most of it first byte (2.",
    ),
    "a 500": (
        f"{CREATED}[globex]",
        "POST /api/leads as globex: expected status 201, last seen: 500 Internal Server Error",
    ),
    "a tenant leak": (
        f"{READ}[acme-from-globex-{LEAD}]",
        " as globex: expected nothing of acme with id ",
        ", last seen: 200 OK: {",
    ),
    "a tenant leak the other way": (
        f"{READ}[globex-from-acme-{LEAD}]",
        " as acme: expected nothing of globex with id ",
        ", last seen: 200 OK: {",
    ),
    "an endpoint that nobody has thought of": (
        DESCRIBED,
        "GET /openapi.json: expected the description in openapi.json, last seen: GET /api/leads/export: new",
    ),
    "a door without a lock": (
        f"{ANYBODY}[GET /api/users]",
        "GET /api/users: expected status 401, last seen: 200 OK: {",
    ),
    "a broken login": (
        f"{LISTED}[initech]",
        "login of initech (POST /api/login): expected status 200 or 201, last seen: 401 Unauthorized: ",
        "tenant, e-mail or password is wrong",
    ),
}


@pytest.fixture(scope="module")
def breakages(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Probes of a platform that is slow, fails, leaks, locks a tenant out, lets anybody in and has a new endpoint."""
    folder = tmp_path_factory.mktemp("broken")
    broken(folder, [SLOW_SEARCH, FAILING_CREATE, TENANT_LEAK, BROKEN_LOGIN, NEW_ENDPOINT, *NO_LOCK, PATIENT])
    tests = [HEALTH, READ, DESCRIBED, ANYBODY, LISTED, f"{FOUND}[acme]", f"{CREATED}[globex]"]
    return run_the_probes(folder, *(f"synthetics/probes/{test}" for test in tests))


@pytest.mark.parametrize("cause", CAUSES)
def test_a_broken_platform_is_red_and_the_cause_is_named(
    breakages: subprocess.CompletedProcess[str], cause: str
) -> None:
    test, *texts = CAUSES[cause]

    assert breakages.returncode == 1, breakages.stdout + breakages.stderr
    start = f"FAILED synthetics/probes/{test} - "
    (line,) = [line for line in breakages.stdout.splitlines() if line.startswith(start)]
    assert [text for text in texts if text not in line] == []


def test_what_is_not_broken_stays_green(breakages: subprocess.CompletedProcess[str]) -> None:
    red = [line for line in breakages.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]

    assert not [line for line in red if HEALTH in line or f"{LISTED}[acme]" in line]
    assert breakages.stdout.count("  look up ") >= len(CAUSES)
    assert "Traceback" not in breakages.stdout


def test_a_changed_schema_is_red_and_the_field_is_named(tmp_path: Path) -> None:
    broken(tmp_path, [SCHEMA_CHANGE, *SCHEMA_FOLLOWED])

    done = run_the_probes(tmp_path, "synthetics/probes/test_leads.py", "-k", "listed and acme")

    assert done.returncode == 1, done.stdout + done.stderr
    assert (
        "GET /api/leads?limit=5 as acme: expected the schema 'page of leads', last seen: $: 'count' is unknown\n"
        "  $: 'total' is missing\n"
    ) in done.stdout


def test_no_samples_at_all_are_red(tmp_path: Path) -> None:
    broken(tmp_path, [])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = {"clock": {"real": 0, "stack": 0, "factor": 1}, "endpoints": {"m3core": f"http://127.0.0.1:{port}"}}
    (tmp_path / "stack.json").write_text(json.dumps(line), encoding="utf-8")
    (tmp_path / "test_nothing.py").write_text("def test_nothing(probe): pass\n", encoding="utf-8")

    done = run_the_probes(
        tmp_path,
        "synthetics/probes/test_health.py",
        "synthetics/probes/test_leads.py::test_leads_are_listed[acme]",
        str(tmp_path / "test_nothing.py"),
        "--target",
        str(tmp_path / "stack.json"),
    )

    assert done.returncode == 1, done.stdout + done.stderr
    refused = f"expected an answer, last seen: refused: nothing listens at 127.0.0.1:{port}"
    assert f"GET /healthz: {refused}" in done.stdout
    assert f"GET /readyz: {refused}" in done.stdout
    assert "the test took the fixture 'probe' and sent no request" in done.stdout
    assert "M3CORE_SEED_PASSWORD is not set" in done.stdout
    assert "passed" not in done.stdout.splitlines()[-1]
