"""Metrics, to Datadog's agent by DogStatsD."""

from __future__ import annotations

import os
from typing import final

from datadog.dogstatsd.base import DogStatsd

from m3core.settings import Settings

__all__ = ["Metrics"]


@final
class Metrics:
    """The numbers of this process. Every one carries env, service and version.

    Nothing waits on the client's side: each value is a datagram of its own, sent at once.
    """

    def __init__(self, settings: Settings) -> None:
        # The client itself turns these into the tags env, service and version of every metric.
        os.environ["DD_ENV"] = settings.datadog_env
        os.environ["DD_SERVICE"] = settings.service
        os.environ["DD_VERSION"] = settings.datadog_version
        self._client = DogStatsd(
            host=settings.statsd_host,
            port=settings.statsd_port,
            disable_buffering=True,
            disable_aggregation=True,
            disable_telemetry=True,
        )

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

    def queue_depth(self, queue: str, depth: int) -> None:
        """Report how many jobs wait."""
        self._client.gauge("queue.depth", depth, tags=[f"queue:{queue}"])

    def database_cpu(self, percent: float) -> None:
        """Report what the database server burns, in percent of one core."""
        self._client.gauge("postgresql.cpu", percent)

    def close(self) -> None:
        """Close the socket."""
        self._client.close_socket()
