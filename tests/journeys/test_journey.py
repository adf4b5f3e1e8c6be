"""Journeys through a small site in a real browser: what they measure, notice and conclude."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from alertproof.errors import Broken, ConfigError
from alertproof.requirements import JourneyBudget, Span
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.journeys.conftest import JourneyTo, Site

    from alertproof.journal import JourneyJournal
    from alertproof.journeys import Journey

pytestmark = pytest.mark.needs("browser")

HOME = """<!doctype html><title>Home</title><h1>Home</h1>
<a href="/next">Next</a><a href="/next" target="_blank">New tab</a>
<button>Save</button><button disabled>Send</button>"""
NEXT = "<!doctype html><title>Next</title><h1>Next</h1>"


@pytest.fixture
def quick() -> JourneyBudget:
    """A step's budget so short that what is missing is missed soon."""
    return JourneyBudget(step=Span(timedelta(milliseconds=400)))


@pytest.fixture(autouse=True)
def pages(site: Site) -> None:
    site.serve("/", HOME)
    site.serve("/next", NEXT, delay=0.1)
    site.serve("/blank", "<!doctype html><title>Blank</title>")


def patiently(page: Page, path: str = "/") -> None:
    """Go to a page however busy the machine is, where it is not the way there that is tested."""
    page.goto(path, timeout=20_000)


def take(journey: Journey, name: str, *actions: Callable[[], object]) -> None:
    with journey.step(name):
        for act in actions:
            act()


def opened(journey: Journey, path: str = "/") -> JourneyJournal:
    with journey.step("open"):
        journey.page.goto(path)
    return journey.end()


def test_a_journey_that_went_well(journey_to: JourneyTo) -> None:
    journey = journey_to()
    journey.tenant = "acme"
    with journey.step("open"):
        journey.page.goto("/")
    with journey.step("go on", within=timedelta(seconds=12)):
        journey.page.get_by_role("link", name="Next").click()
        journey.page.get_by_role("heading", name="Next").wait_for()

    journal = journey.end()

    assert (journal.verdict, journal.reason, journal.artifacts) == (Verdict.PASSED, "", ())
    assert (journal.check, journal.target, journal.tenant) == ("tests/test_it.py::test_it", "local", "acme")
    assert journal.browser.startswith("chromium 1")
    assert [(step.name, step.budget, step.trouble) for step in journal.steps] == [
        ("open", timedelta(seconds=15), ""),
        ("go on", timedelta(seconds=12), ""),
    ]
    first, second = journal.steps
    assert second.duration >= timedelta(milliseconds=100)
    assert first.began + first.duration <= second.began
    assert second.began + second.duration <= journal.wall
    assert [(page.path, page.step) for page in journal.pages] == [("/", "open"), ("/next", "go on")]
    home, following = journal.pages
    assert first.began - timedelta(milliseconds=5) <= home.began <= first.began + first.duration
    assert second.began - timedelta(milliseconds=5) <= following.began <= second.began + second.duration
    assert following.ttfb is not None
    assert following.ttfb >= timedelta(milliseconds=100)
    assert all(page.fcp and page.lcp and page.cls == 0 and page.load_event for page in journal.pages)


def test_a_click_that_leaves_the_page_is_measured_though_its_page_is_gone(journey_to: JourneyTo, site: Site) -> None:
    work = "const until = performance.now() + 150; while (performance.now() < until);"
    site.serve("/", f"""<!doctype html><h1>Home</h1><a href="/next" onclick="{work}">Next</a>""")
    site.serve("/next", NEXT, delay=1.2)  # the click's paint must come before it
    journey = journey_to()
    with journey.step("go on"):
        journey.page.goto("/")
        journey.page.get_by_role("link", name="Next").click()
        journey.page.get_by_role("heading", name="Next").wait_for()

    home, following = journey.end().pages

    assert home.inp is not None
    assert home.inp >= timedelta(milliseconds=144)  # in steps of 8 ms
    assert (home.inp_below, home.unmeasured) == (None, 0)
    assert (following.inp, following.inp_below) == (None, None)


def test_a_click_whose_page_is_gone_at_once_is_measured_or_said_to_be_unmeasured(
    journey_to: JourneyTo, site: Site
) -> None:
    site.serve("/next", NEXT)
    journey = journey_to()
    with journey.step("go on"):
        journey.page.goto("/")
        journey.page.get_by_role("link", name="Next").click()
        journey.page.get_by_role("heading", name="Next").wait_for()

    home, _ = journey.end().pages

    assert (home.inp is not None) != (home.unmeasured == 1)
    assert home.inp_below is None


def test_a_missing_button_ends_the_step_and_is_told_with_those_that_are_there(
    journey_to: JourneyTo, quick: JourneyBudget
) -> None:
    journey = journey_to(budget=quick)
    page = journey.page
    with pytest.raises(PlaywrightTimeoutError) as raised:
        take(journey, "delete", lambda: patiently(page), page.get_by_role("button", name="Delete").click)

    journal = journey.end(raised.value)

    assert journal.verdict is Verdict.FAILED
    assert journal.steps[0].trouble.startswith(
        "no button 'Delete' on / within 0.6 s; buttons there: 'Save', 'Send' (test_journey.py:"
    )
    assert journal.reason == f"not met: step 'delete' ends within 400 ms; last seen: {journal.steps[0].trouble}"


def test_a_step_that_failed_inside_of_pytest_raises_fails_the_journey_all_the_same(journey_to: JourneyTo) -> None:
    journey = journey_to()
    page = journey.page

    def compare() -> None:
        assert page.title() == "House"

    with pytest.raises(AssertionError):
        take(journey, "compare", lambda: page.goto("/"), compare)

    journal = journey.end()

    assert journal.verdict is Verdict.FAILED
    assert "assert 'Home' == 'House'" in journal.steps[0].trouble


def test_an_expectation_of_playwright_says_what_it_saw(journey_to: JourneyTo) -> None:
    journey = journey_to()
    page = journey.page
    heading = expect(page.get_by_role("heading"))
    with pytest.raises(AssertionError) as raised:
        take(journey, "compare", lambda: page.goto("/"), lambda: heading.to_have_text("House", timeout=200))

    assert "heading on / was expected to have text 'House', but it is 'Home'" in journey.end(raised.value).reason


def test_what_goes_wrong_between_two_steps_counts(journey_to: JourneyTo) -> None:
    journey = journey_to()
    with journey.step("open"):
        journey.page.goto("/")

    journal = journey.end(AssertionError("assert 3 == 4"))

    assert journal.verdict is Verdict.FAILED
    assert journal.reason == "not met: nothing goes wrong between the steps; last seen: assert 3 == 4"


def test_a_mistake_in_the_test_is_named_and_not_explained(journey_to: JourneyTo) -> None:
    journey = journey_to()
    with pytest.raises(KeyError) as raised:
        take(journey, "open", lambda: journey.page.goto("/"), lambda: dict[str, str]()["name"])

    assert not journey.explains(raised.value)
    assert "KeyError: 'name'" in journey.end(raised.value).reason


def test_steps_follow_one_another(journey_to: JourneyTo) -> None:
    journey = journey_to()
    with pytest.raises(ConfigError, match="step 'inner' began inside of step 'outer'"):
        take(journey, "outer", lambda: take(journey, "inner"))
    with journey.step("next"):
        pass


def test_an_error_of_our_own_makes_it_broken(journey_to: JourneyTo) -> None:
    journey = journey_to()

    def give_up() -> None:
        raise Broken("the data is not there")

    with pytest.raises(Broken) as raised:
        take(journey, "open", lambda: journey.page.goto("/"), give_up)

    journal = journey.end(raised.value)

    assert (journal.verdict, journal.reason) == (Verdict.BROKEN, "the data is not there")


def test_a_slow_step_is_told_with_what_it_took_and_a_slow_page_is_recorded(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/slow", NEXT, delay=0.9)
    journey = journey_to(budget=JourneyBudget())
    with journey.step("open", within=timedelta(milliseconds=700)):
        patiently(journey.page, "/slow")

    journal = journey.end()

    assert journal.verdict is Verdict.FAILED
    assert "not met: step 'open' ends within 700 ms; last seen: it took " in journal.reason
    (page,) = journal.pages
    assert page.ttfb is not None
    assert page.ttfb > timedelta(milliseconds=800)
    assert "TTFB" not in journal.reason  # one run is no sample of it
    assert journal.unjudged == (
        "p75 of the vitals is not judged: 1 run, and it takes 13 (for _ in journey.repeat(13):)",
    )


def test_a_page_that_does_not_come_in_time_says_what_is_awaited(
    journey_to: JourneyTo, site: Site, quick: JourneyBudget
) -> None:
    site.serve("/slow", NEXT, delay=10)
    journey = journey_to(budget=quick)
    with pytest.raises(Error) as raised, journey.step("open"):
        journey.page.goto("/slow")

    reason = journey.end(raised.value).reason

    assert f"{site.url}/slow was not there within 0.6 s" in reason
    assert re.search(r"GET /slow has had no answer for \d\.\d s", reason)


def test_a_platform_that_is_down_fails_the_journey(journey_to: JourneyTo) -> None:
    journey = journey_to(base_url="http://127.0.0.1:1025")
    with pytest.raises(Error) as raised, journey.step("open"):
        journey.page.goto("/")

    journal = journey.end(raised.value)

    assert journal.verdict is Verdict.FAILED
    assert "http://127.0.0.1:1025/ was not answered: ERR_CONNECTION_REFUSED" in journal.reason


def test_without_a_step_it_could_not_tell(journey_to: JourneyTo) -> None:
    journey = journey_to()
    journey.page.goto("/")

    journal = journey.end()

    assert journal.verdict is Verdict.BROKEN
    assert "no samples: it took none" in journal.reason


def test_a_page_that_paints_nothing_is_no_sample(journey_to: JourneyTo) -> None:
    journal = opened(journey_to(), "/blank")

    assert journal.verdict is Verdict.BROKEN
    assert journal.reason == "never reached: some page paints something; last seen: no samples: /blank"


UNCAUGHT = "no JavaScript error stays uncaught"
SCRIPTED = """<!doctype html><h1>Scripted</h1><script>%s</script>"""


@pytest.mark.parametrize(
    ("script", "expected", "seen"),
    [
        ("nosuchthing.run()", UNCAUGHT, "/: ReferenceError: nosuchthing is not defined (/:1)"),
        ("Promise.reject(new Error('forgotten'))", UNCAUGHT, "/: Error: forgotten (/:1)"),
        ("throw 'a word'", UNCAUGHT, "/: a word"),
        ("console.error('the cart is empty')", "no error is in the console", "the cart is empty (/:1)"),
        ("fetch('/api?token=t')", "no request to the site fails", "GET /api was answered 503"),
        ("fetch('/cut')", "no request to the site fails", "GET /cut was not answered: ERR_"),
    ],
    ids=["uncaught", "rejected", "thrown", "console", "answered-503", "cut-off"],
)  # fmt: skip
def test_what_goes_wrong_unseen_is_told(
    journey_to: JourneyTo, site: Site, script: str, expected: str, seen: str
) -> None:
    site.serve("/", SCRIPTED % script)
    site.serve("/api", "busy", status=503)
    site.serve("/cut", "", headers=(("Content-Encoding", "gzip\x00"),))
    journey = journey_to()
    with journey.step("open"):
        journey.page.goto("/")
        for _ in range(200):
            journey.page.wait_for_timeout(50)
            if journey._heard.errors or journey._heard.uncaught or journey._heard.failed:
                break

    journal = journey.end()

    assert journal.verdict is Verdict.FAILED
    assert f"not met: {expected}; last seen: step 'open', {seen}" in journal.reason


@pytest.mark.parametrize(
    "script",
    [
        "console.warn('old')",
        "fetch('/gone')",  # 404: what it means only the page knows
        "fetch('http://127.0.0.1:1025/tracker', {mode: 'no-cors'}).catch(() => 0)",  # not the site's
        "fetch('/long').catch(() => 0); location.href = '/next'",  # left by a navigation
        "try { nosuchthing.run() } catch { }",
    ],
)
def test_what_is_nobodys_trouble_passes(journey_to: JourneyTo, site: Site, script: str) -> None:
    site.serve("/", SCRIPTED % script)
    site.serve("/long", "late", delay=1)
    journey = journey_to()
    with journey.step("open"):
        journey.page.goto("/")
        journey.page.wait_for_timeout(300)

    journal = journey.end()

    assert journal.verdict is Verdict.PASSED, journal.reason


def test_an_error_that_is_known_can_be_let_pass(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/", SCRIPTED % "console.error('known: the map is old'); nosuchthing.run()")
    journey = journey_to()
    journey.ignore("known:")

    reason = opened(journey).reason

    assert "the map is old" not in reason
    assert "nosuchthing" in reason


def test_a_page_in_another_tab_is_seen_too(journey_to: JourneyTo) -> None:
    journey = journey_to()
    with journey.step("open"):
        journey.page.goto("/")
    with journey.step("look"), journey.context.expect_page() as tab:
        journey.page.get_by_role("link", name="New tab").click()
    tab.value.wait_for_load_state()

    assert [page.path for page in journey.end().pages] == ["/", "/next"]


def test_a_page_that_allows_no_scripts_but_its_own_is_measured(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/", HOME, headers=(("Content-Security-Policy", "default-src 'none'"),))

    journal = opened(journey_to())

    assert journal.verdict is Verdict.PASSED, journal.reason
    assert journal.pages[0].fcp is not None


def test_a_page_whose_own_scripts_spoil_what_is_read_of_it_is_no_sample(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/", "<!doctype html><h1>Old</h1><script>Array.prototype.toJSON = () => 'an array';</script>")

    journal = opened(journey_to())

    assert journal.verdict is Verdict.BROKEN
    assert "some page paints something; last seen: no samples" in journal.reason


def test_the_context_is_as_its_arguments_say(journey_to: JourneyTo) -> None:
    journey = journey_to(
        context_args={"viewport": {"width": 400, "height": 700}, "locale": "de-DE", "timezone_id": "UTC"}
    )
    journey.page.goto("/")
    seen = journey.page.evaluate("[innerWidth, navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]")
    assert seen == [400, "de-DE", "UTC"]


def test_a_page_that_crashed_is_no_word_about_the_platform(journey_to: JourneyTo) -> None:
    journey = journey_to()
    page = journey.page
    page.goto("/")
    with pytest.raises(Error, match="ERR_ABORTED"):
        page.goto("chrome://crash")
    with pytest.raises(Error) as raised:
        take(journey, "use", page.get_by_role("button", name="Save").click)

    journal = journey.end(raised.value)

    assert journal.verdict is Verdict.BROKEN
    assert journal.reason.startswith("the browser was lost in step 'use': the page's process crashed (chromium 1")


def test_a_page_that_hangs_fails_its_step_and_ends(journey_to: JourneyTo, site: Site, quick: JourneyBudget) -> None:
    site.serve(
        "/", """<!doctype html><h1>Home</h1><button onclick="setTimeout(() => { while (true); }, 50)">Go</button>"""
    )
    journey = journey_to(budget=quick)
    page = journey.page
    with journey.step("open"):
        patiently(page)
    go, done = page.get_by_role("button", name="Go"), page.get_by_role("heading", name="Done")
    with pytest.raises(Error) as raised:
        take(journey, "go", go.click, lambda: page.wait_for_timeout(100), done.wait_for)

    journal = journey.end(raised.value)

    assert journal.verdict is Verdict.FAILED
    assert "step 'go' ends within 400 ms; last seen: no heading 'Done' on / within 0.6 s" in journal.reason
    assert journal.pages[0].fcp is not None  # read before it hung


def test_what_the_target_does_not_allow_is_asked_for(journey_to: JourneyTo) -> None:
    asked: list[str] = []
    journey_to(demand=asked.append).needs("write")
    assert asked == ["write"]
