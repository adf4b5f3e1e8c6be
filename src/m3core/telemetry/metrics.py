"""Metrics, to Datadog's agent by DogStatsD."""

from __future__ import annotations

from typing import final

from m3core.scrubbing import scrub_text
from m3core.settings import Settings
from m3core.telemetry.statsd import connect

__all__ = ["Metrics"]


@final
class Metrics:
    """The numbers of this process. Every one carries env, service and version."""

    def __init__(self, settings: Settings) -> None:
        self._client = connect(settings)
        self._scrubbed = settings.scrubbing

    def request(self, *, endpoint: str, method: str, status: int, tenant: str, seconds: float) -> None:
        """Count an answered API request. ``endpoint`` is the route's template, never the path itself."""
        tags = [
            f"endpoint:{endpoint}",
            f"method:{method.lower()}",
            f"status_class:{status // 100}xx",
            f"tenant:{tenant}",
        ]
        self._client.increment("api.requests", tags=tags)
        if status >= 500:
            self._client.increment("api.errors", tags=tags)
        self._client.distribution("api.request.duration", seconds, tags=tags)

    def page(self, *, endpoint: str, method: str, status: int, tenant: str, seconds: float) -> None:
        """Count an answered page of the web service."""
        tags = [f"page:{endpoint}", f"method:{method.lower()}", f"status_class:{status // 100}xx", f"tenant:{tenant}"]
        self._client.increment("web.requests", tags=tags)
        self._client.distribution("web.request.duration", seconds, tags=tags)

    def count(self, metric: str, value: int = 1, **tags: str) -> None:
        """Count something that has happened. Tag values come from small fixed sets: no names, no numbers of rows."""
        self._client.increment(metric, value, tags=[f"{name}:{tag}" for name, tag in tags.items()])

    def took(self, metric: str, seconds: float, **tags: str) -> None:
        """Report how long something took, as one value of a distribution."""
        self._client.distribution(metric, seconds, tags=[f"{name}:{tag}" for name, tag in tags.items()])

    def event(self, *, title: str, text: str, key: str) -> None:
        """Put an event where dashboards lay events over their graphs; those of one ``key`` belong together.

        Its words may come from outside, as an incident's title does, so they are scrubbed.
        """
        if self._scrubbed:
            title, text = scrub_text(title), scrub_text(text)
        self._client.event(title, text, aggregation_key=key, alert_type="info", tags=["event:status-note"])

    def close(self) -> None:
        """Close the socket."""
        self._client.close_socket()
