"""The cookies of a user of the scenario, which cost nothing while there are none."""

from __future__ import annotations

from http.client import HTTPResponse
from http.cookiejar import CookieJar
from urllib.request import Request

__all__ = ["Cookies"]


class Cookies(CookieJar):
    """Does what Python's own jar does, and looks first whether there is anything to do.

    The other looks under locks, which Locust has made Python's, and looks for what has expired: a twentieth of what
    a request costs, also with an empty jar and an answer that sets no cookie.
    """

    def add_cookie_header(self, request: Request) -> None:
        """Add what the jar holds for a request."""
        if next(iter(self), None) is not None:
            super().add_cookie_header(request)

    def extract_cookies(self, response: HTTPResponse, request: Request) -> None:
        """Keep what an answer sets."""
        headers = response.info()
        if "Set-Cookie" in headers or "Set-Cookie2" in headers:
            super().extract_cookies(response, request)
