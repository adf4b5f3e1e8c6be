"""Durations as people write them in our files: ``90s``, ``5m``, ``1h``, ``30d``."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["Span", "parse_span"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")


class Span:
    """A duration read from a file; ``.delta`` is the timedelta."""

    __slots__ = ("delta",)

    def __init__(self, delta: timedelta) -> None:
        self.delta = delta

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and other.delta == self.delta

    def __hash__(self) -> int:
        return hash(self.delta)

    def __repr__(self) -> str:
        return f"Span({self.delta!r})"


def parse_span(text: str) -> timedelta:
    """Read ``5m`` or ``1h30m``; raises `ValueError` that says how a duration is written."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a duration: {text!r}; write a number and a unit (ms s m h d w), such as 5m or 1h30m")
    try:
        return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError:
        raise ValueError(f"too long a duration: {text!r}") from None
