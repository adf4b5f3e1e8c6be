"""The fixture ``journey`` as its users meet it: in a project of their own, beside pytest-playwright's fixtures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import Any

import pytest

from alertproof.journeys import find_browser

pytestmark = pytest.mark.needs("browser")

PAGES = {
    "/": """<!doctype html><title>Shop</title><h1>Shop</h1><button>Buy</button><a href="/broken">Broken</a>
        <form method="post" action="/"><label>Password <input type="password" name="password"></label></form>""",
    "/broken": "<!doctype html><h1>Broken</h1><script>console.error('the cart is gone')</script>",
}
JOURNEYS = """
import os
from datetime import timedelta
import pytest

def test_passes(journey):
    with journey.step("open"):
        journey.page.goto("/")
    assert journey.page.title() == "Shop"

def test_misses_a_button(journey):
    with journey.step("open"):
        journey.page.goto("/")
    with journey.step("pay", within=timedelta(seconds=1)):
        journey.page.get_by_label("Password").fill(os.environ["SHOP_PASSWORD"])
        journey.page.get_by_role("button", name="Pay").click()

def test_does_not_look_at_the_console(journey):
    with journey.step("open"):
        journey.page.goto("/broken")

def test_takes_no_step(journey):
    journey.page.goto("/")

def test_compares_after_the_steps(journey):
    with journey.step("open"):
        journey.page.goto("/")
    assert journey.page.title() == "Store"

def test_has_a_mistake(journey):
    with journey.step("open"):
        journey.page.goto("/")
    journey.pages

def pay_with(page, password):
    print("paying with", password)
    page.pay(password)

def test_has_a_mistake_where_a_password_is_at_hand(journey):
    journey.keep_secret(os.environ["SHOP_PASSWORD"])
    with journey.step("open"):
        journey.page.goto("/")
    pay_with(journey.page, os.environ["SHOP_PASSWORD"])

def test_gives_up(journey):
    with journey.step("open"):
        journey.page.goto("/")
    pytest.fail("the shop is closed")

@pytest.fixture
def paid(journey):
    with journey.step("pay", within=timedelta(seconds=0.2)):
        journey.page.get_by_role("button", name="Pay").click()

def test_ends_in_a_fixture(journey, paid):
    raise AssertionError("not reached")

def test_is_known_to_fail(journey):
    with journey.step("open"):
        journey.page.goto("/")
    pytest.xfail("the shop is being built")

def test_writes(journey):
    journey.needs("write")
    raise AssertionError("not reached")
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = PAGES.get(self.path, "<h1>Not here</h1>").encode()
            self.send_response(200 if self.path in PAGES else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True, slots=True)
class Run:
    """A run of pytest in a project of its own."""

    folder: Path
    code: int
    output: str

    def records(self, kind: str) -> dict[str, list[dict[str, Any]]]:
        """Return the records of a kind by the name of their test."""
        lines = (self.folder / "out" / "run.jsonl").read_text(encoding="utf-8").splitlines()
        found: dict[str, list[dict[str, Any]]] = {}
        for record in map(json.loads, lines):
            if record["type"] == kind:
                inner = record.get("journal", record)
                found.setdefault(inner["check"].partition("::")[2], []).append(inner)
        return found

    def told(self, test: str) -> str:
        """Return what the run says of a test that did not pass."""
        return self.output.partition(f" {test} ")[2].partition("\n____")[0]


def run(folder: Path, shop: str, files: dict[str, str], *arguments: str, **environment: str) -> Run:
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\nalertproof_target = shop\n", encoding="utf-8")
    (folder / "alertproof.toml").write_text(f'[targets.shop]\nurl = "{shop}"\n', encoding="utf-8")
    for name, text in files.items():
        (folder / name).write_text(dedent(text), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:locust", "-p", "no:ddtrace", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return Run(folder, done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def journeys(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("project")
    options = ("--reports", "out", "-p", "no:playwright")
    return run(folder, shop, {"test_shop.py": JOURNEYS}, *options, SHOP_PASSWORD="hunter2-hunter2")


def test_each_journey_ends_with_its_tests_verdict_and_is_written_down_once(journeys: Run) -> None:
    checks, journals = journeys.records("CheckFinished"), journeys.records("JourneyJournal")
    expected = {
        "test_passes": "passed",
        "test_misses_a_button": "failed",
        "test_does_not_look_at_the_console": "failed",
        "test_takes_no_step": "broken",
        "test_compares_after_the_steps": "failed",
        "test_has_a_mistake": "failed",
        "test_has_a_mistake_where_a_password_is_at_hand": "failed",
        "test_gives_up": "failed",
        "test_ends_in_a_fixture": "failed",
    }
    unjudged = {"test_writes": "skipped", "test_is_known_to_fail": "skipped"}
    # A test whose fixture failed could not tell, to pytest; its journey says what it saw.
    as_tests = expected | unjudged | {"test_ends_in_a_fixture": "broken"}
    assert journeys.code == 1
    assert {name: [one["verdict"] for one in found] for name, found in checks.items()} == {
        name: [verdict] for name, verdict in as_tests.items()
    }
    assert {one["kind"] for found in checks.values() for one in found} == {"journey"}
    assert {name: [one["verdict"] for one in found] for name, found in journals.items()} == {
        name: [verdict] for name, verdict in expected.items()
    }


def test_a_failure_is_told_in_a_few_lines_without_a_traceback(journeys: Run) -> None:
    told = journeys.told("test_misses_a_button").splitlines()

    assert told[1].startswith(
        "not met: step 'pay' ends within 1 s; "
        "last seen: no button 'Pay' on / within 1.5 s; buttons there: 'Buy' (test_shop.py:"
    )
    assert told[2].startswith("kept in out/artifacts/test_shop-test_misses_a_button-")
    assert told[2].endswith(": trace.zip, screenshot.png, requests.har")
    assert told[3].startswith("to see it again: playwright show-trace out/artifacts/")
    assert len(told) == 4


def test_what_a_test_did_not_look_at_fails_it_all_the_same(journeys: Run) -> None:
    told = journeys.told("test_does_not_look_at_the_console")
    assert "not met: no error is in the console; last seen: step 'open', the cart is gone (/broken:1)" in told
    assert "trace.zip, screenshot.png, console.txt" in told


def test_a_journey_without_a_step_is_an_error(journeys: Run) -> None:
    assert "no samples: it took none; write: with journey.step(NAME)" in journeys.told("test_takes_no_step")


def test_an_assertion_after_the_steps_is_told_with_its_line(journeys: Run) -> None:
    told = journeys.told("test_compares_after_the_steps")
    assert "not met: nothing goes wrong between the steps; last seen: assert 'Shop' == 'Store'" in told
    assert "(test_shop.py:" in told
    assert "Traceback" not in told
    assert "the shop is closed" in journeys.told("test_gives_up")


def test_a_journey_that_ends_in_a_fixture_is_told_as_well(journeys: Run) -> None:
    told = journeys.told("ERROR at setup of test_ends_in_a_fixture")
    assert "not met: step 'pay' ends within 200 ms; last seen: no button 'Pay' on about:blank" in told
    assert "trace.zip" in told
    assert "Traceback" not in told


def test_a_mistake_in_the_test_keeps_its_traceback(journeys: Run) -> None:
    told = journeys.told("test_has_a_mistake")
    assert ">       journey.pages\n" in told
    assert "AttributeError: 'Journey' object has no attribute 'pages'" in told


def test_the_traceback_of_a_mistake_shows_no_password_that_was_passed_along_or_printed(journeys: Run) -> None:
    told = journeys.told("test_has_a_mistake_where_a_password_is_at_hand")
    assert "AttributeError: 'Page' object has no attribute 'pay'" in told
    assert "password = '***'" in told
    assert "paying with ***" in told


def test_where_writing_is_not_allowed_the_test_is_skipped_with_the_reason(journeys: Run) -> None:
    assert "target 'shop' does not allow 'write'" in journeys.records("CheckFinished")["test_writes"][0]["reason"]


def test_only_failed_journeys_leave_evidence_and_no_password_is_in_it(journeys: Run) -> None:
    folders = {path.name.rpartition("-")[0] for path in (journeys.folder / "out" / "artifacts").iterdir()}
    assert "test_shop-test_passes" not in folders
    assert "test_shop-test_misses_a_button" in folders
    for trace in (journeys.folder / "out").rglob("trace.zip"):
        with zipfile.ZipFile(trace) as opened:
            assert not [name for name in opened.namelist() if b"hunter2" in opened.read(name)]
    texts = [path.read_bytes() for path in (journeys.folder / "out").rglob("*") if path.is_file()]
    assert not [text for text in texts if b"hunter2" in text]
    assert "hunter2" not in journeys.output


BESIDE = """
import asyncio
import os
import pytest

@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": os.environ["THEIR_BROWSER"]}

def test_1_a_journey(journey):
    with journey.step("open"):
        journey.page.goto("/")

def test_2_asyncio():
    assert asyncio.run(asyncio.sleep(0, 5)) == 5

def test_3_theirs(page):
    page.goto("data:text/html,<h1>theirs</h1>")
    assert page.get_by_role("heading").inner_text() == "theirs"

def test_4_another_journey(journey):
    with journey.step("open"):
        journey.page.goto("/")

def test_5_theirs_again(page):
    page.goto("data:text/html,<h1>theirs</h1>")
    assert page.get_by_role("heading").inner_text() == "theirs"
"""


def test_it_works_beside_the_fixtures_of_pytest_playwright_and_asyncio(shop: str, tmp_path: Path) -> None:
    done = run(tmp_path, shop, {"test_beside.py": BESIDE}, "-v", THEIR_BROWSER=str(find_browser()))

    assert done.code == 0, done.output
    assert "5 passed" in done.output
    assert not (tmp_path / "reports").exists()


CONFIGURED = """
import pytest
from datetime import timedelta
from alertproof.requirements import JourneyBudget, Span

@pytest.fixture(scope="session")
def journey_budget():
    return JourneyBudget(step=Span(timedelta(milliseconds=200)))

@pytest.fixture(scope="session")
def journey_context_args(journey_context_args):
    return {**journey_context_args, "locale": "de-DE"}

@pytest.fixture
def page(journey):
    return journey.page
"""


def test_budget_and_context_are_fixtures_to_override_and_without_reports_nothing_is_kept(
    shop: str, tmp_path: Path
) -> None:
    test = """
    import time

    def test_it(journey, page):
        page.goto("/", timeout=20_000)
        assert page.evaluate("navigator.language") == "de-DE"
        with journey.step("wait"):
            time.sleep(0.25)
    """
    done = run(tmp_path, shop, {"conftest.py": CONFIGURED, "test_it.py": test}, "-p", "no:playwright")

    assert done.code == 1
    assert "not met: step 'wait' ends within 200 ms; last seen: it took " in done.output
    assert "nothing is kept of this journey; for its trace and screenshot: --reports DIR" in done.output
    assert {path.name for path in tmp_path.iterdir()} <= {
        "pytest.ini", "alertproof.toml", "conftest.py", "test_it.py", "__pycache__", ".benchmarks",
    }  # fmt: skip


def test_a_specification_gives_the_budget_and_the_trace_can_be_switched_off(shop: str, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    test = """
    def test_it(journey, journey_budget):
        assert journey_budget.vitals.cls == 0.1
        journey.page.goto("/")
    """
    options = [f"--monitoring={root / 'monitoring'}", "--reports", "out", "-o", "alertproof_trace=off"]
    done = run(tmp_path, shop, {"test_it.py": test}, *options)

    assert "no samples" in done.output
    assert "kept in out/artifacts/test_it-test_it-" in done.output
    assert not list(tmp_path.rglob("trace.zip"))


def test_without_a_browser_it_says_what_to_do(shop: str, tmp_path: Path) -> None:
    test = "def test_it(journey): pass"
    done = run(
        tmp_path, shop, {"test_it.py": test}, "--reports", "out", PATH="", PLAYWRIGHT_BROWSERS_PATH=str(tmp_path)
    )

    assert done.code == 1
    assert "no browser; run: alertproof browser --install" in done.output
    assert "Traceback" not in done.output
    assert done.records("CheckFinished")["test_it"][0]["verdict"] == "broken"


def test_an_engine_that_is_not_installed_is_named_with_what_to_do(shop: str, tmp_path: Path) -> None:
    test = "def test_it(journey): pass"
    none = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), "ALERTPROOF_BROWSER": ""}
    done = run(tmp_path, shop, {"test_it.py": test}, "--reports", "out", "--engine", "firefox", **none)

    assert done.code == 1
    assert "no firefox that Playwright can drive" in done.output
    assert "python -m playwright install --with-deps firefox" in done.output
    assert "Traceback" not in done.output
    assert done.records("CheckFinished")["test_it"][0]["verdict"] == "broken"


def test_what_a_journey_is_taken_with_and_who_it_is_logged_in_as_hold_for_all_of_its_runs(
    shop: str, tmp_path: Path
) -> None:
    test = """
    import pytest
    logins = []

    def log_in(page):
        logins.append(page.viewport_size["width"])
        page.goto("/")
        page.evaluate("localStorage.setItem('user', 'agent-of-the-shop')")

    @pytest.mark.conditions(device="Pixel 7")
    def test_one(journey):
        journey.logged_in("agent", log_in)
        for _ in journey.repeat(2):
            with journey.step("open"):
                journey.page.goto("/")
            assert journey.page.viewport_size["width"] == 412
            assert journey.page.evaluate("localStorage.getItem('user')") == "agent-of-the-shop"
        journey.accessible(part="h1")

    def test_two(journey):
        journey.logged_in("agent", log_in)
        with journey.step("open"):
            journey.page.goto("/")
        assert journey.page.evaluate("localStorage.getItem('user')") == "agent-of-the-shop"
        assert logins == [412]
    """
    done = run(tmp_path, shop, {"test_it.py": test}, "--reports", "out", "-p", "no:playwright")

    assert done.code == 0, done.output
    (first,), (second,) = (done.records("JourneyJournal")[name] for name in ("test_one", "test_two"))
    assert (first["browser"].endswith("(Pixel 7)"), "(" in second["browser"]) == (True, False)
    assert "the page / is accessible" not in str(first["expectations"])  # only its heading was looked at
    assert "'h1' on / is accessible" in str(first["expectations"])
    assert "agent-of-the-shop" not in (tmp_path / "out" / "run.jsonl").read_text(encoding="utf-8")
