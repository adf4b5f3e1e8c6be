"""The three readings of "p95 above 800 ms for 10 minutes", as Datadog has them, and when each fires.

Pooled (``percentile(last_10m)``): of all requests of the window more than 5 % are slow. Mean (``avg``): the mean of the
window's points is above the threshold. At all times (``min``): each point of it is. Which one a monitor has stands in
its query; the others are shown beside it, because people who write the sentence mean any of the three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from alertproof.errors import NotModelled

__all__ = ["READINGS", "fires_after", "read_as", "reading_of"]

#: The time aggregator in a monitor's query, by the reading's name.
READINGS: Mapping[str, str] = {"pooled": "percentile", "mean": "avg", "at all times": "min"}
_AGGREGATOR = re.compile(r"^\s*(\w+)(?=\()")


def reading_of(monitor: Mapping[str, Any]) -> str:
    """Return the reading that a monitor (API JSON) has; raises `NotModelled` for another."""
    found = _AGGREGATOR.match(monitor["query"])
    for reading, aggregator in READINGS.items():
        if found is not None and found[1] == aggregator:
            return reading
    raise NotModelled(f"no reading of a percentile over a window: {monitor['query']}")


def read_as(monitor: Mapping[str, Any], reading: str) -> dict[str, Any]:
    """Return the monitor with another reading."""
    return {**monitor, "query": _AGGREGATOR.sub(READINGS[reading], monitor["query"], count=1)}


def fires_after(
    reading: str,
    *,
    window: timedelta,
    share: float,
    value: timedelta,
    threshold: timedelta,
    growth: float,
    allowed: float = 0.05,
) -> timedelta | None:
    """Return when a reading first holds after a share of the requests became slow, by formula; None for never.

    Before, none was slow and none took any time; ``growth`` is how many times as many requests there are since.
    ``value`` is what a slow one takes, and so the percentile where more than ``allowed`` of them are.
    """
    if share <= allowed or value <= threshold:
        return None
    if reading == "pooled":  # growth * t * share = allowed * (window - t + growth * t)
        return window * (allowed / (allowed + growth * (share - allowed)))
    if reading == "mean":
        return window * (threshold / value)
    return window
