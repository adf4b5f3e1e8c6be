"""The page on which an agent logs in."""

from __future__ import annotations

from playwright.sync_api import Page

from synthetics.conftest import Account
from synthetics.journeys.pages.leads import LeadsPage


class LoginPage:
    """The login form."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tenant = page.get_by_label("Tenant")
        self._email = page.get_by_label("E-mail")
        self._password = page.get_by_label("Password")
        self._log_in = page.get_by_role("button", name="Log in")

    def open(self) -> LoginPage:
        """Go to the form."""
        self._page.goto("/login")
        return self

    def log_in(self, account: Account) -> LeadsPage:
        """Log in, and arrive at the leads."""
        self.try_to_log_in(account, account.password.reveal())
        return LeadsPage(self._page).shown()

    def try_to_log_in(self, account: Account, password: str) -> None:
        """Send the form with any password."""
        self._tenant.fill(account.tenant)
        self._email.fill(account.email)
        self._password.fill(password)
        self._log_in.click()

    def refusal(self) -> str:
        """Return what the page says to a login that it refuses."""
        return self._page.get_by_role("alert").inner_text()
