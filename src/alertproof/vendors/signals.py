"""Sends signals to Datadog through the official client: points, events, logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from datadog_api_client.v1.api.events_api import EventsApi
from datadog_api_client.v1.api.metrics_api import MetricsApi
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v2.api.logs_api import LogsApi

from alertproof.errors import ConfigError
from alertproof.redact import Secret
from alertproof.telemetry.signals import INTERVAL, EventSignal, LogSignal, MetricSignal, Signal
from alertproof.vendors.datadog import translated
from alertproof.vendors.patience import datadog_client

__all__ = ["DatadogSignals"]


class DatadogSignals:
    """Datadog's intake at ``host``."""

    def __init__(self, *, host: str, api_key: Secret, app_key: Secret, ca_file: str = "") -> None:
        keys: dict[str, Any] = {"api_key": api_key, "app_key": app_key, "ca_file": ca_file}
        self._client = datadog_client(host=host, timeout=10.0, **keys)
        self._logs_client = self._client
        site = host.removeprefix("https://api.")
        if site != host:  # of a site the client knows where logs go: not to where its API is
            self._logs_client = datadog_client(host=host, timeout=10.0, **keys)
            self._logs_client.configuration.server_index = 0
            self._logs_client.configuration.server_variables["site"] = site

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()
        self._logs_client.close()

    def send(self, signals: Sequence[Signal], intervals: Sequence[datetime]) -> None:
        """Send the signals for each interval, which are named by their beginnings, by real time.

        Raises `ConfigError` for a signal that is not Datadog's, `VendorError` where it is not taken.
        """
        other = next((one for one in signals if not isinstance(one, MetricSignal | EventSignal | LogSignal)), None)
        if other is not None:
            raise ConfigError(f"{type(other).__name__} is no signal for Datadog")
        stamps = [at.timestamp() for at in intervals]
        metrics = [one for one in signals if isinstance(one, MetricSignal)]
        self._metrics([one for one in metrics if one.type != "distribution"], stamps)
        self._distributions([one for one in metrics if one.type == "distribution"], stamps)
        for event in (one for one in signals if isinstance(one, EventSignal)):
            self._event(event, len(stamps))
        self._logs([one for one in signals if isinstance(one, LogSignal)], len(stamps))

    def _metrics(self, signals: Sequence[MetricSignal], stamps: Sequence[float]) -> None:
        if not signals:
            return
        series = [
            {
                "metric": one.metric,
                "type": one.type,
                "interval": None if one.type == "gauge" else round(INTERVAL.total_seconds()),
                "points": [[at, one.values[0]] for at in stamps],
                "tags": list(one.tags),
            }
            for one in signals
        ]
        with translated(f"points of {signals[0].metric}"):
            MetricsApi(self._client).submit_metrics(body=cast("Any", {"series": series}))

    def _distributions(self, signals: Sequence[MetricSignal], stamps: Sequence[float]) -> None:
        if not signals:
            return
        series = [
            {"metric": one.metric, "points": [[at, list(one.values)] for at in stamps], "tags": list(one.tags)}
            for one in signals
        ]
        with translated(f"samples of {signals[0].metric}"):
            MetricsApi(self._client).submit_distribution_points(body=cast("Any", {"series": series}))

    def _event(self, signal: EventSignal, times: int) -> None:
        body = EventCreateRequest(
            title=signal.title, text=signal.text, tags=list(signal.tags), alert_type=cast("Any", signal.alert_type)
        )
        with translated(f"the event {signal.title!r}"):
            for _ in range(times):
                EventsApi(self._client).create_event(body=body)

    def _logs(self, signals: Sequence[LogSignal], times: int) -> None:
        lines = [
            {
                "message": one.message,
                "service": one.service,
                "ddtags": ",".join(one.tags),
                "ddsource": "alertproof",
                "status": one.status,
                **dict(one.attributes),
            }
            for one in signals
            for _ in range(one.count * times)
        ]
        if lines:
            with translated(f"logs of {signals[0].service}"):
                LogsApi(self._logs_client).submit_log(body=cast("Any", lines))
