"""A page is asked with a deadline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Error, Page
from playwright.sync_api import TimeoutError as NotInTime
from tests.journeys.conftest import Site

from alertproof.journeys import BrowserHost
from alertproof.journeys.asking import ask

pytestmark = pytest.mark.needs("browser")
LONG = timedelta(seconds=15)
BUSY = "() => { setTimeout(() => { const until = Date.now() + 2000; while (Date.now() < until); }, 0); }"


@pytest.fixture
def page(host: BrowserHost) -> Iterator[Page]:
    with host.browser() as browser:
        context = browser.new_context()
        yield context.new_page()
        context.close()


def test_what_a_page_promises_is_awaited_and_what_it_gets_is_given(page: Page) -> None:
    promised = "async ([one, two]) => { await new Promise((done) => setTimeout(done, 20)); return {sum: one + two}; }"

    assert ask(page, promised, arg=[1, 2], within=LONG) == {"sum": 3}


def test_a_busy_page_is_left_at_the_deadline_and_answers_later_as_if_nothing_had_been(page: Page) -> None:
    page.evaluate(BUSY)

    with pytest.raises(NotInTime, match=r"did not answer within 0\.3 s"):
        ask(page, "() => 'too late'", within=timedelta(seconds=0.3))

    assert ask(page, "() => 'now'", within=LONG) == "now"


def test_a_promise_that_is_never_kept_is_left_too(page: Page) -> None:
    with pytest.raises(NotInTime):
        ask(page, "() => new Promise(() => {})", within=timedelta(seconds=0.1))


def test_what_the_page_throws_and_a_page_that_is_gone_are_errors_of_playwrights(page: Page) -> None:
    with pytest.raises(Error, match="no such lead"):
        ask(page, "() => { throw new Error('no such lead'); }", within=LONG)
    page.close()
    with pytest.raises(Error, match="closed"):
        ask(page, "() => 1", within=LONG)


def test_a_page_that_is_left_meanwhile_leaves_the_answer_to_the_next(page: Page, site: Site) -> None:
    site.serve("/a", "<h1>A</h1><script>setTimeout(() => { location = '/b' }, 60)</script>")
    site.serve("/b", "<h1>B</h1>")
    page.goto(f"{site.url}/a", wait_until="commit")

    slow = "async () => { await new Promise((done) => setTimeout(done, 300)); return location.pathname; }"

    assert ask(page, slow, within=LONG) == "/b"
