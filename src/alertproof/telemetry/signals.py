"""What is sent to say something that was not measured: points of a metric, an event, a log, an error.

A signal says for each interval of ten seconds what is sent of it; nothing in it is an instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, final

__all__ = ["INTERVAL", "MARK", "ErrorSignal", "EventSignal", "LogSignal", "MetricSignal", "MetricType", "Signal", "Way"]

#: How often a signal is sent, by the target's clock: as often as DogStatsD flushes.
INTERVAL = timedelta(seconds=10)
#: What every signal carries, so that people and queries can tell it from what was measured.
MARK = "drill:true"

MetricType: TypeAlias = Literal["count", "rate", "gauge", "distribution"]
#: How a signal comes to Datadog: by its API, or as a platform's own metrics do, by an Agent's DogStatsD.
Way: TypeAlias = Literal["api", "dogstatsd"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSignal:
    """The points of one series: of a distribution all samples of an interval, else one value.

    A ``rate`` is per second, a ``count`` is the interval's own.
    """

    metric: str
    type: MetricType
    tags: tuple[str, ...]
    values: tuple[float, ...]
    way: Way = "api"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class EventSignal:
    """An event of the event stream; ``alert_type`` as Datadog spells it."""

    title: str
    text: str
    tags: tuple[str, ...]
    alert_type: Literal["error", "warning", "info", "success"] = "error"
    way: Way = "api"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LogSignal:
    """So many lines of log, all alike; ``attributes`` are pairs of name and value."""

    message: str
    service: str
    tags: tuple[str, ...]
    status: str = "error"
    attributes: tuple[tuple[str, str], ...] = ()
    count: int = 1


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSignal:
    """So many events of one issue at Sentry; ``tags`` are pairs of name and value."""

    message: str
    environment: str
    release: str
    level: Literal["fatal", "error", "warning"] = "error"
    tags: tuple[tuple[str, str], ...] = ()
    count: int = 1


Signal: TypeAlias = MetricSignal | EventSignal | LogSignal | ErrorSignal
