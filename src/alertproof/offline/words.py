"""How instants, values and distances from a threshold are said in offline tests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alertproof.datadog.monitor.variables import quantity
from alertproof.tags import group_label

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.datadog import Notification, Transition
    from alertproof.tags import Group

__all__ = ["after_start", "distance", "figure", "moved", "of_group", "short_span", "told"]

#: From so many hours on a span is said in hours.
_HOURS = 2


def short_span(span: timedelta) -> str:
    """Return ``16m``, ``90s`` where that is not whole, and ``26h20m`` from two hours on."""
    seconds = int(span.total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if seconds % 60:
        return f"{seconds}s"
    return f"{60 * hours + minutes}m" if abs(hours) < _HOURS else f"{hours}h{f'{minutes}m' if minutes else ''}"


def after_start(at: datetime | float, start: datetime) -> str:
    """Return how long after the start of a test an instant is, such as ``16m``; numbers are epoch seconds."""
    since = timedelta(seconds=at - start.timestamp()) if isinstance(at, float) else at - start
    return short_span(since)


def distance(value: float, threshold: float, *, of: str = "") -> str:
    """Return ``0.01 below (50%)``, or ``equal``; no share of a threshold of 0. ``of`` names the threshold."""
    difference = value - threshold
    if not difference:
        return "equal"
    side = "above" if difference > 0 else "below"
    share = f" ({_percent(abs(difference / threshold))})" if threshold else ""
    return f"{figure(abs(difference))} {side}{of and f' {of}'}{share}"


def figure(number: float, digits: int = 4) -> str:
    """Return a number of so many significant digits; a whole one is never 1e+04."""
    return quantity(number, digits).text


def _percent(share: float) -> str:
    return f"{figure(share * 100, 2)}%" if share < 1 else f"{share * 100:,.0f}%"


def of_group(group: Group) -> str:
    """Return the group in braces after a space; nothing for the one of a simple alert."""
    return f" {{{group_label(group)}}}" if group else ""


def told(notification: Notification, start: datetime) -> str:
    """Return a notification in words, in a test that begins at ``start``."""
    handles = ", ".join(notification.handles) or "nobody"
    label = f" {group_label(notification.group)}" if notification.group else ""
    return f"{notification.transition}{label} at {after_start(notification.at, start)} to {handles}"


def moved(transition: Transition, start: datetime) -> str:
    """Return a transition in words, in a test that begins at ``start``."""
    value = "" if transition.value is None else f", value {transition.value:.6g}"
    label = f" {group_label(transition.group)}" if transition.group else ""
    return f"{transition.old} to {transition.new}{label} at {after_start(transition.at, start)}{value}"
