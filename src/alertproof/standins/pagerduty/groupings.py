"""How a service groups alerts, as a service says it (in minutes) and as alert grouping settings do (in seconds).

Intelligent grouping is not modelled: its model is PagerDuty's own.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from alertproof.errors import NotModelled
from alertproof.pagerduty import Grouping
from alertproof.standins.pagerduty.asking import invalid
from alertproof.standins.pagerduty.fields import whole

__all__ = ["MINUTE", "SECOND", "read_grouping", "shown_grouping"]

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def read_grouping(given: object, unit: timedelta) -> Grouping | None:
    """Return what ``{"type": .., "config": {..}}`` means, None for no grouping; ``unit`` is that of the timeout."""
    if given is None or (isinstance(given, Mapping) and given.get("type") is None):
        return None
    config = given.get("config") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(config, Mapping | None):
        raise invalid("Alert grouping parameters must be {'type': .., 'config': {..}}")
    config = config or {}
    kind = given["type"]
    if kind == "time":
        timeout = whole(config.get("timeout") or 0, "timeout", most=_DAY // unit)
        return Grouping(kind="time", window=timeout * unit if timeout else None)
    if kind != "content_based":
        raise NotModelled(f"alert grouping of type {kind!r} is not modelled; use 'time' or 'content_based'")
    fields = config.get("fields")
    if not isinstance(fields, list) or not all(isinstance(each, str) and each for each in fields):
        raise invalid("Alert grouping fields must be a list of names")
    if config.get("aggregate") not in ("all", "any"):
        raise invalid("Alert grouping aggregate is not included in the list")
    # The longest window, a day, where none is given.
    window = timedelta(seconds=whole(config.get("time_window") or 86_400, "time_window"))
    return Grouping(kind="content_based", window=window, fields=tuple(fields), aggregate=config["aggregate"])


def shown_grouping(grouping: Grouping, unit: timedelta) -> dict[str, Any]:
    """Return a grouping as :func:`read_grouping` takes it."""
    window = grouping.window or timedelta(0)
    if grouping.kind == "time":
        return {"type": "time", "config": {"timeout": window // unit}}
    return {
        "type": "content_based",
        "config": {
            "aggregate": grouping.aggregate,
            "fields": list(grouping.fields),
            "time_window": window // SECOND,
        },
    }
