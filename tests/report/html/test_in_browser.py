"""The page in a real browser: whole, silent, without a request, at any width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from alertproof.journeys import find_browser
from alertproof.report import Report, write_report

pytestmark = pytest.mark.needs("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_browser())
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def opened(page: Page, report: Report, folder: Path) -> tuple[list[str], list[str]]:
    """Open the report; return what it asked for and what the console said."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(write_report(report, folder).html.as_uri())
    return asked, said


def test_the_page_asks_for_nothing_but_itself_and_logs_nothing(page: Page, mixed: Report, tmp_path: Path) -> None:
    asked, said = opened(page, mixed, tmp_path)

    assert len(asked) == 1
    assert said == []


def test_every_drill_has_its_drawing_and_its_words(page: Page, mixed: Report, tmp_path: Path) -> None:
    opened(page, mixed, tmp_path)

    assert page.locator("svg").count() >= len(mixed.drills) - 1  # a drill that was broken at once has none
    for drill in mixed.drills:
        assert (
            page.get_by_role("heading", name=drill.specified.replace(" ", "\u00a0"))
            .or_(page.get_by_text(drill.specified))
            .count()
        )


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_the_page_fits_its_width(page: Page, mixed: Report, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, mixed, tmp_path)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
