"""Spans and shares in words, for expectations."""

from __future__ import annotations

from datetime import timedelta

__all__ = ["minutes", "percent"]


def minutes(span: timedelta) -> str:
    """Return ``3 min`` or ``2 min 40 s``, to the second."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    rest = f" {seconds % 60:02d} s" if seconds % 60 else ""
    return f"{sign}{seconds // 60} min{rest}"


def percent(share: float) -> str:
    """Return ``2 %`` or ``0.98 %``."""
    return f"{share * 100:.3g} %"
