"""The journeys turn red when the platform breaks, and say what broke; their evidence holds no password.

M3CoreCRM is broken in a copy, and the very journeys that watch it run in a process of their own. What does not get in
each other's way is broken in one copy, because starting a stack is what takes the time.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

#: Each of two runs starts a stack of its own, beside whatever else the machine is doing.
pytestmark = [pytest.mark.needs("browser"), pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
PLATFORM = "src/m3core"

#: File, the text that must stand in it once (so that none goes stale unseen), and what takes its place.
Edit = tuple[str, str, str]

MISSING_BUTTON: Edit = ("web/templates/lead.html", "<button>Convert to customer</button>", "<button>Convert</button>")
SCRIPT_ERROR: Edit = (
    "web/templates/new.html",
    "<h1>New lead</h1>",
    "<h1>New lead</h1>\n<script>basket.total()</script>",
)
#: The pages' policy lets no such script run.
ANY_SCRIPT: Edit = ("web/rendering.py", "script-src 'self'", "script-src 'self' 'unsafe-inline'")
SLOW_SEARCH: Edit = (
    "web/pages/leads.py",
    "    if words:\n",
    '    if words:\n        await __import__("asyncio").sleep(3.3)\n',
)
FAILING_STYLE: Edit = ("web/assets.py", "return Response(asset.packed,", "return Response(b'', 503,")
BROKEN_LOGIN: Edit = ("logins.py", "        return Principal(known, account.id)\n", "        return None\n")
NOTHING_PAINTED: Edit = ("web/static/m3core.css", "* { box-sizing: border-box; }", "body { opacity: 0; }")
#: The password is made for each stack: the copy notes the one that it is given, so that evidence is searched for it.
NOTED: Edit = (
    "logins.py",
    "def _matches(password_hash: str, password: str) -> bool:\n",
    """\
def _matches(password_hash: str, password: str) -> bool:
    with open("FOLDER/passwords", "a") as noted:
        noted.write(password + "\\n")
""",
)

CONVERT = "test_convert_a_lead.py::test_an_agent_searches_a_lead_opens_it_and_converts_it"
LOG_IN = "test_log_in.py::test_an_agent_logs_in_and_sees_the_leads"
REFUSED = "test_log_in.py::test_a_wrong_password_is_refused"


@dataclass(frozen=True, slots=True)
class Run:
    """What the journeys said of a broken platform."""

    folder: Path
    code: int
    output: str

    def reason(self, test: str) -> tuple[str, str]:
        """Return a journey's verdict and the reason for it."""
        lines = (self.folder / "reports" / "run.jsonl").read_text(encoding="utf-8").splitlines()
        (check,) = [
            record
            for record in map(json.loads, lines)
            if record["type"] == "CheckFinished" and record["check"].endswith(test)
        ]
        return check["verdict"], check["reason"]

    def evidence(self) -> dict[str, bytes]:
        """Return what the journeys left, and what is inside of their traces."""
        found = {str(path): path.read_bytes() for path in (self.folder / "reports").rglob("*") if path.is_file()}
        for path in (self.folder / "reports").rglob("trace.zip"):
            with zipfile.ZipFile(path) as trace:
                found |= {f"{path}/{name}": trace.read(name) for name in trace.namelist()}
        return found


def run(folder: Path, edits: Iterable[Edit], *tests: str) -> Run:
    """Run journeys against a copy of the platform with these edits."""
    shutil.copytree(ROOT / PLATFORM, folder / PLATFORM, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in edits:
        path = folder / PLATFORM / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new.replace("FOLDER", str(folder))), encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *(f"synthetics/journeys/{test}" for test in tests)),
            *("--reports", str(folder / "reports"), "-q", "--no-header", "-p", "no:cacheprovider"),
        ],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "400", "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT / "src")])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return Run(folder, done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def in_use(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The journey through a platform of which some is missing, some is slow, and some is broken unseen."""
    edits = [MISSING_BUTTON, SCRIPT_ERROR, ANY_SCRIPT, SLOW_SEARCH, FAILING_STYLE, NOTED]
    return run(tmp_path_factory.mktemp("in-use"), edits, CONVERT)


@pytest.fixture(scope="module")
def at_the_door(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The journeys to a platform that lets nobody in, and whose pages show nothing."""
    return run(tmp_path_factory.mktemp("at-the-door"), [BROKEN_LOGIN, NOTHING_PAINTED, NOTED], LOG_IN, REFUSED)


CAUSES = {
    "a missing button": (
        "not met: step 'convert' ends within 3 s; last seen: no button 'Convert to customer' on /leads/",
        "buttons there: 'Log out', 'Convert' (lead.py:",
    ),
    "a JavaScript error": (
        "not met: no JavaScript error stays uncaught; last seen: step 'create a lead', /leads/new: ",
        "ReferenceError: basket is not defined (/leads/new:",
    ),
    "a slow page": ("not met: step 'search' ends within 3 s; last seen: it took 3.",),
    "a request that fails": (
        "not met: no request to the site fails; last seen: step 'log in', GET /static/m3core.css was answered 503",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_broken_platform_is_red_and_the_cause_is_named(in_use: Run, cause: str) -> None:
    verdict, reason = in_use.reason(CONVERT)

    assert (in_use.code, verdict) == (1, "failed"), in_use.output
    for words in CAUSES[cause]:
        assert words in reason
    assert reason in in_use.output
    assert "Traceback" not in in_use.output


def test_a_login_that_lets_nobody_in_is_red_with_what_the_page_says(at_the_door: Run) -> None:
    verdict, reason = at_the_door.reason(LOG_IN)

    assert (at_the_door.code, verdict) == (1, "failed"), at_the_door.output
    assert "not met: step 'log in' ends within 3 s; last seen: no heading 'Leads' on /login within " in reason
    assert "the page says: 'Tenant, e-mail or password is wrong.'" in reason


def test_pages_that_show_nothing_are_no_samples_and_could_not_be_judged(at_the_door: Run) -> None:
    verdict, reason = at_the_door.reason(REFUSED)

    assert verdict == "broken", at_the_door.output
    assert "never reached: some page paints something; last seen: no samples: /login, /login" in reason


def test_the_evidence_is_there_and_holds_no_password(in_use: Run, at_the_door: Run) -> None:
    for red, journeys in ((in_use, 1), (at_the_door, 2)):
        kept = red.evidence()
        for name in ("trace.zip", "screenshot.png"):
            assert len([path for path in kept if path.endswith(f"/{name}")]) == journeys
        typed = {*(red.folder / "passwords").read_text(encoding="utf-8").split("\n")}
        passwords = typed - {"", "not the agent's password"}  # which is none, and stands in the test for all to read
        assert passwords
        for password in passwords:
            for form in (password, quote(password), base64.b64encode(password.encode()).decode().rstrip("=")[:-1]):
                assert not [path for path, raw in kept.items() if form.encode() in raw]
                assert form not in red.output
