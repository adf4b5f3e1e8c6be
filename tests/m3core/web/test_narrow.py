"""The pages on a phone: none is wider than its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from alertproof.journeys import find_browser

if TYPE_CHECKING:
    from tests.m3core.web.conftest import Web

pytestmark = pytest.mark.needs("browser")
PAGES = ("/", "/leads", "/leads/new", "/pipeline", "/pipeline/new", "/imports/new", "/users", "/users/new", "/nothing")
PASSWORD = "correct-horse-battery"


def test_no_page_is_wider_than_a_phone(web: Web) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(base_url=web.url, viewport={"width": 360, "height": 740})
        widths: dict[str, int] = {}

        def measure(name: str) -> None:
            widths[name] = page.evaluate("document.documentElement.scrollWidth")

        page.goto("/login")
        measure("/login")
        page.get_by_label("Tenant").fill("globex")
        page.get_by_label("E-mail").fill("admin@globex.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/leads")
        for path in PAGES:
            page.goto(path)
            measure(path)
        page.goto("/leads")
        page.locator("tbody a").first.click()
        page.wait_for_url("**/leads/*")
        measure("/leads/ID")
        browser.close()
    assert {path: width for path, width in widths.items() if width > 360} == {}
