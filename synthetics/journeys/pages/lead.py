"""The page of one lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from synthetics.journeys.pages.leads import LeadsPage


class LeadPage:
    """A lead and what can be done with it."""

    def __init__(self, page: Page, name: str) -> None:
        self._page = page
        self._heading = page.get_by_role("heading", name=name)
        self._notice = page.get_by_role("status")
        self._convert = page.get_by_role("button", name="Convert to customer")

    def shown(self) -> LeadPage:
        """Wait for the lead."""
        self._heading.wait_for()
        return self

    def convert(self) -> None:
        """Make a customer of the lead, and see that it is one."""
        self._convert.click()
        expect(self._notice).to_contain_text("is a customer")
        expect(self._convert).to_be_hidden()

    def back(self) -> LeadsPage:
        """Go back to the leads."""
        from synthetics.journeys.pages.leads import LeadsPage  # noqa: PLC0415 - each page leads to the other

        self._page.get_by_role("link", name="Back to the leads").click()
        return LeadsPage(self._page).shown()
