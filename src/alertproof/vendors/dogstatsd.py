"""Sends signals to an Agent's DogStatsD, as a platform's own metrics come: on the same path, with the same pitfalls.

What is sent counts from when it arrives: DogStatsD takes an instant in whole seconds, which a fast clock cannot use,
and none with samples of a distribution. It answers nothing: a datagram that is lost is lost.
[docs.datadoghq.com/developers/dogstatsd/datagram_shell]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from datadog.dogstatsd import DogStatsd

from alertproof.errors import ConfigError
from alertproof.telemetry.signals import INTERVAL, EventSignal, MetricSignal, Signal

__all__ = ["DogStatsdSignals"]

_SECONDS = INTERVAL.total_seconds()


class DogStatsdSignals:
    """The DogStatsD at an address such as ``udp://127.0.0.1:8125``."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("udp://").rpartition(":")
        if not host or not port.isdecimal():
            raise ConfigError(f"{address!r} is no address of DogStatsD: write it as udp://127.0.0.1:8125")
        self._client = DogStatsd(host=host, port=int(port), disable_buffering=True, disable_telemetry=True)

    def close(self) -> None:
        """Close the socket."""
        self._client.close_socket()

    def send(self, signals: Sequence[Signal], intervals: Sequence[datetime]) -> None:
        """Send what is due of the signals for these intervals, now.

        Raises `ConfigError` for a signal that DogStatsD does not take.
        """
        for signal in signals:
            match signal:
                case MetricSignal():
                    self._metric(signal, len(intervals))
                case EventSignal():
                    for _ in intervals:
                        self._client.event(signal.title, signal.text, alert_type=signal.alert_type, tags=[*signal.tags])
                case _:
                    raise ConfigError(f"DogStatsD takes no {type(signal).__name__}: send it by the API")

    def _metric(self, signal: MetricSignal, times: int) -> None:
        """Send a gauge once, of the rest what so many intervals hold; of a rate how many there were."""
        tags, value = [*signal.tags], signal.values[0]
        match signal.type:
            case "gauge":
                self._client.gauge(signal.metric, value, tags=tags)
            case "count":
                self._client.increment(signal.metric, value * times, tags=tags)
            case "rate":
                self._client.increment(signal.metric, value * _SECONDS * times, tags=tags)
            case "distribution":
                for sample in signal.values * times:
                    self._client.distribution(signal.metric, sample, tags=tags)
