"""What a journey costs beside the same clicks in bare Playwright: without a trace, and with one kept for failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser, Page
from tests.journeys.conftest import PATIENT, Answer, Site, serving

from alertproof.journeys import BrowserHost, Evidence, Journey, find_browser
from alertproof.journeys.evidence import TraceMode

pytestmark = [pytest.mark.bench, pytest.mark.needs("browser"), pytest.mark.timeout(600)]
ROUNDS = 15
#: What a page takes to be answered, and what its rows do: seconds. Of a slower platform the shares are less.
SERVED, ROWS = 0.04, 0.06
#: The most that a journey may take beyond what bare Playwright takes, as shares of that.
WITHOUT, WITH = 0.10, 0.25

_STYLE = (
    "<style>body { font: 15px sans-serif; margin: 2em } td { padding: 4px 12px; border-bottom: 1px solid #ddd }</style>"
)
LOGIN = f"""<!doctype html><title>Log in</title>{_STYLE}<h1>Log in</h1><form action="/leads">
<label>E-mail <input name="e"></label>
<label>Password <input type="password" name="p"></label><button>Log in</button></form>"""
LEADS = f"""<!doctype html><title>Leads</title>{_STYLE}<h1>Leads</h1>
<form action="/leads"><label>Search <input name="q"></label><button>Search</button></form><table></table><script>
fetch('/rows').then((answer) => answer.json()).then((rows) => {{
  document.querySelector('table').innerHTML = rows.map((row) =>
    `<tr><td><a href="/lead">Lead ${{row}}</a></td></tr>`).join('');
}});
</script>"""
LEAD = f"""<!doctype html><title>Lead</title>{_STYLE}<h1>Lead 7</h1><p role="status"></p><button onclick="
fetch('/rows').then(() => {{ document.querySelector('p').textContent = 'is a customer'; }})">Convert</button>"""

Step: TypeAlias = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        served.serve("/", LOGIN, delay=SERVED)
        served.serve("/leads", LEADS, delay=SERVED)
        served.serve("/lead", LEAD, delay=SERVED)
        served.answers["/rows"] = Answer(body=str([*range(1, 60)]), content_type="application/json", delay=ROWS)
        yield served


def walk(page: Page, step: Step) -> None:
    """Take the journey of `synthetics/journeys/test_convert_a_lead.py`, on a small site."""
    with step("open the login"):
        page.goto("/")
    with step("log in"):
        page.get_by_label("E-mail").fill("agent@acme.example")
        page.get_by_label("Password").fill("no secret at all")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("link", name="Lead 7", exact=True).wait_for()
    with step("search"):
        page.get_by_label("Search").fill("7")
        page.get_by_role("button", name="Search").click()
        page.wait_for_url("**/leads?q=7")
        page.get_by_role("link", name="Lead 7", exact=True).wait_for()
    with step("open"):
        page.get_by_role("link", name="Lead 7", exact=True).click()
        page.get_by_role("heading", name="Lead 7").wait_for()
    with step("convert"):
        page.get_by_role("button", name="Convert").click()
        page.get_by_text("is a customer").wait_for()


def bare(browser: Browser, site: Site, _: Path) -> float:
    inside = 0.0

    @contextmanager
    def timed(_: str) -> Iterator[None]:
        nonlocal inside
        began = time.perf_counter()
        yield
        inside += time.perf_counter() - began

    context = browser.new_context(base_url=site.url)
    walk(context.new_page(), timed)
    context.close()
    return inside


def watched(trace: TraceMode) -> Callable[[Browser, Site, Path], float]:
    def take(browser: Browser, site: Site, folder: Path) -> float:
        journey = Journey(
            browser,
            check="bench",
            target="local",
            base_url=site.url,
            browser_name="chromium",
            budget=PATIENT,
            context_args={},
            evidence=Evidence(folder, "bench", trace=trace, video=False),
        )
        walk(journey.page, journey.step)
        journal = journey.end()
        assert journal.reason == ""
        return sum(step.duration.total_seconds() for step in journal.steps)

    return take


def test_a_journey_costs_little_more_than_bare_playwright(site: Site, tmp_path: Path) -> None:
    """In the median of rounds that take turns: of the five steps, which are measured, and of the whole with its page.

    Between two steps a journey waits until what the user has seen is painted, so that no vital is lost to a robot's
    haste; that is in the whole alone.
    """
    ways = {"bare": bare, "without a trace": watched("off"), "with a trace": watched("on")}
    inside: dict[str, list[float]] = {name: [] for name in ways}
    wall: dict[str, list[float]] = {name: [] for name in ways}
    host = BrowserHost(find_browser())
    try:
        with host.browser() as browser:
            for number in range(ROUNDS + 1):
                for name, way in ways.items():
                    began = time.perf_counter()
                    steps = way(browser, site, tmp_path)
                    if number:  # the first warms up
                        wall[name].append(time.perf_counter() - began)
                        inside[name].append(steps)
    finally:
        host.close()

    more: dict[str, dict[str, float]] = {}
    for what, took in (("steps", inside), ("whole", wall)):
        typical = {name: median(seconds) for name, seconds in took.items()}
        more[what] = {name: typical[name] / typical["bare"] - 1 for name in ways}
        shown = ", ".join(f"{name} {typical[name] * 1000:.0f} ms ({more[what][name]:+.1%})" for name in ways)
        print(f"\n  five steps, {what}: {shown}")  # noqa: T201 - the benchmark's table
    for whole in more.values():
        assert whole["without a trace"] < WITHOUT
        assert whole["with a trace"] < WITH
