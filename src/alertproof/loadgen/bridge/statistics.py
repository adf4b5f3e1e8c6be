"""Locust's own statistics, which are not kept here."""

from __future__ import annotations

from locust.stats import RequestStats

__all__ = ["NoStatistics"]


class NoStatistics(RequestStats):
    """Stays empty: every request is counted by the recorder already, and nobody asks here.

    Twice counted, a request costs a twentieth more; a worker would also send it all to its master a second time.
    """

    def log_request(self, method: str, name: str, response_time: int, content_length: int) -> None:
        """Forget a request."""

    def log_error(self, method: str, name: str, error: Exception | str | None) -> None:
        """Forget how one failed."""
