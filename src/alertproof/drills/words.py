"""Spans, shares and an indicator's values in words, for expectations."""

from __future__ import annotations

from datetime import timedelta

__all__ = ["minutes", "percent", "quantity", "seconds"]


def minutes(span: timedelta) -> str:
    """Return ``3 min`` or ``2 min 40 s``, to the second."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    rest = f" {seconds % 60:02d} s" if seconds % 60 else ""
    return f"{sign}{seconds // 60} min{rest}"


def percent(share: float) -> str:
    """Return ``2 %`` or ``0.98 %``."""
    return f"{share * 100:.3g} %"


def quantity(value: float, unit: str) -> str:
    """Return an indicator's value in its unit: ``2.4 %`` of a fraction, ``912 ms`` of seconds, ``9,900 jobs``."""
    if unit == "%":
        return percent(value)
    if unit == "s":
        return seconds(value)
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {'%' if unit == 'percent' else unit}"


def seconds(value: float) -> str:
    """Return ``20 ms``, ``912 ms`` or ``1.25 s``."""
    return f"{value:.3g} s" if value >= 0.9995 else f"{value * 1000:.3g} ms"
