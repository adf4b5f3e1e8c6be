"""The way to Datadog's agent for metrics: DogStatsD, with the tags that every metric carries."""

from __future__ import annotations

import os

from datadog.dogstatsd.base import DogStatsd

from m3core.settings import Settings

__all__ = ["connect"]


def connect(settings: Settings) -> DogStatsd:
    """Return a client whose every metric carries env, service and version.

    Nothing waits on the client's side: each value is a datagram of its own, sent at once.
    """
    # The client itself turns these into the tags env, service and version of every metric.
    os.environ["DD_ENV"] = settings.datadog_env
    os.environ["DD_SERVICE"] = settings.service
    os.environ["DD_VERSION"] = settings.datadog_version
    return DogStatsd(
        host=settings.statsd_host,
        port=settings.statsd_port,
        disable_buffering=True,
        disable_aggregation=True,
        disable_telemetry=True,
    )
