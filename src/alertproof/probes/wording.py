"""How a probe says spans, bodies and what was not as expected."""

from __future__ import annotations

from datetime import timedelta

from alertproof.journal import Phases

__all__ = ["clipped", "days", "excerpt", "named_phases", "span"]

_EXCERPT = 200


def span(took: timedelta) -> str:
    """Return a span with three digits that count: ``0.43 ms``, ``12.1 ms``, ``812 ms``, ``1.21 s``."""
    milliseconds = took / timedelta(milliseconds=1)
    if milliseconds >= 999.5:
        return f"{milliseconds / 1000:,.2f} s"
    digits = 0 if milliseconds >= 99.95 else 1 if milliseconds >= 9.995 else 2
    text = f"{milliseconds:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if digits else text} ms"


def days(left: timedelta) -> str:
    """Return a span of days and hours: ``21 d``, ``6 d 23 h``, ``0 h``; what is over two hours ago is ``-2 h``."""
    hours = abs(left) // timedelta(hours=1)
    parts = [f"{count} {unit}" for count, unit in ((hours // 24, "d"), (hours % 24, "h")) if count]
    return ("-" if left < timedelta(0) and hours else "") + (" ".join(parts) or "0 h")


def excerpt(text: str) -> str:
    """Return the beginning of a body in one line of at most 200 characters."""
    line = " ".join(text[: 4 * _EXCERPT].split())
    line = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
    if not line:
        return "a blank body" if text else "an empty body"
    return line if len(line) <= _EXCERPT and len(text) <= 4 * _EXCERPT else f"{line[:_EXCERPT]}…"


def clipped(text: str, *, at: int = 120) -> str:
    """Return a text of at most ``at`` characters."""
    return text if len(text) <= at else f"{text[: at - 1]}…"


def named_phases(phases: Phases) -> list[tuple[str, timedelta]]:
    """Return the phases that happened, in their order, as people call them."""
    found = (
        ("dns", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first byte", phases.first_byte),
        ("transfer", phases.transfer),
    )
    return [(name, took) for name, took in found if took is not None]
