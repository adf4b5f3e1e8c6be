"""One browser for many journeys, and the rest of the process does not notice it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

from alertproof.errors import Broken
from alertproof.journeys import BrowserHost, find_browser

pytestmark = pytest.mark.needs("browser")


def shown(browser: Browser, text: str) -> str:
    page = browser.new_page()
    page.goto(f"data:text/html,<h1>{text}</h1>")
    seen = page.get_by_role("heading").inner_text()
    page.close()
    return seen


async def five() -> int:
    await asyncio.sleep(0)
    return 5


def test_between_two_journeys_asyncio_runs_as_ever(host: BrowserHost) -> None:
    with host.browser() as browser:
        assert shown(browser, "one") == "one"
    assert asyncio.run(five()) == 5
    with host.browser() as browser:
        assert shown(browser, "two") == "two"
    assert asyncio.run(five()) == 5


def test_a_driver_of_somebody_else_runs_beside_it(host: BrowserHost) -> None:
    """What pytest-playwright does: its driver stays up for the whole session, also while a journey runs."""
    with host.browser() as browser:
        assert shown(browser, "ours") == "ours"
    with sync_playwright() as playwright:
        theirs = playwright.chromium.launch(executable_path=find_browser())
        assert shown(theirs, "theirs") == "theirs"
        with host.browser() as browser:
            assert shown(browser, "ours again") == "ours again"
        assert shown(theirs, "theirs again") == "theirs again"
        theirs.close()


def test_it_starts_while_another_driver_runs() -> None:
    with sync_playwright() as playwright:
        theirs = playwright.chromium.launch(executable_path=find_browser())
        ours = BrowserHost(find_browser())
        with ours.browser() as browser:
            assert shown(browser, "ours") == "ours"
        ours.close()
        assert shown(theirs, "theirs") == "theirs"
        theirs.close()


def test_the_browser_is_started_once(host: BrowserHost) -> None:
    with host.browser() as first, host.browser() as second:
        assert first is second


def test_a_browser_that_died_is_replaced(host: BrowserHost) -> None:
    with host.browser() as browser:
        shown(browser, "one")
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # one goes with another
            if child.name().startswith(("headless_shell", "chrom")) or host.program.name[:15] in child.name():
                child.kill()
    with host.browser() as browser:
        assert shown(browser, "two") == "two"


def test_a_program_that_is_no_browser_is_broken_and_named(tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    program.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    host = BrowserHost(program)

    with pytest.raises(Broken, match="my-chromium did not start"), host.browser():
        pass

    host.close()
    host.close()
    assert asyncio.run(five()) == 5
