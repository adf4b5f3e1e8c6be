"""The list of leads, its search, and the form for a new one."""

from __future__ import annotations

from playwright.sync_api import Page

from synthetics.journeys.pages.lead import LeadPage


class LeadsPage:
    """The list."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._heading = page.get_by_role("heading", name="Leads", exact=True)
        self._search = page.get_by_role("searchbox", name="Search leads")
        self._find = page.get_by_role("button", name="Search")
        self._new = page.get_by_role("link", name="New lead")
        self._rows = page.get_by_role("table").get_by_role("row")

    def shown(self) -> LeadsPage:
        """Wait for the list."""
        self._heading.wait_for()
        return self

    def count(self) -> int:
        """Return how many leads are shown, without the heading's row."""
        return self._rows.count() - 1

    def search(self, words: str) -> LeadsPage:
        """Search, and wait for what is found."""
        self._search.fill(words)
        self._find.click()
        self._page.get_by_role("table", name=f"found for “{words}”").wait_for()
        return self

    def open(self, name: str) -> LeadPage:
        """Open the one lead of this name."""
        self._page.get_by_role("link", name=name).click()
        return LeadPage(self._page, name).shown()

    def new(self) -> NewLeadPage:
        """Go to the form for a new lead."""
        self._new.click()
        return NewLeadPage(self._page)


class NewLeadPage:
    """The form for a new lead."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def create(self, *, name: str, company: str, email: str) -> LeadPage:
        """Fill the form in, send it, and arrive at the lead."""
        self._page.get_by_label("Name").fill(name)
        self._page.get_by_label("Company").fill(company)
        self._page.get_by_label("E-mail").fill(email)
        self._page.get_by_role("button", name="Create lead").click()
        return LeadPage(self._page, name).shown()
