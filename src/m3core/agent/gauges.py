"""What the agent measures, to Datadog."""

from __future__ import annotations

from typing import final

from m3core.settings import Settings
from m3core.telemetry.statsd import connect

__all__ = ["Gauges"]


@final
class Gauges:
    """Sends values by name; tags are given as words: ``queue="default"``. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._client = connect(settings)

    def gauge(self, metric: str, value: float, **tags: str) -> None:
        """Report how much there is now."""
        self._client.gauge(metric, value, tags=_tags(tags))

    def count(self, metric: str, value: float, **tags: str) -> None:
        """Report how much came since the last report."""
        self._client.increment(metric, value, tags=_tags(tags))

    def timing(self, metric: str, seconds: float, **tags: str) -> None:
        """Report how long one thing took, for percentiles."""
        self._client.distribution(metric, seconds, tags=_tags(tags))

    def close(self) -> None:
        """Close the socket."""
        self._client.close_socket()


def _tags(tags: dict[str, str]) -> list[str]:
    return [f"{name}:{value.lower()}" for name, value in tags.items()]
