"""How numbers, spans, instants and verdicts are said: the same words in every writer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from alertproof.verdict import Verdict

__all__ = [
    "DEGRADED",
    "MINUS",
    "NOTHING",
    "SIGNS",
    "ago",
    "as_sentence",
    "between",
    "counted",
    "duration",
    "gist",
    "in_both_times",
    "instant",
    "listing",
    "marked",
    "measured",
    "nouns",
    "number",
    "of_budget",
    "percent",
    "quantity",
    "real_time",
    "relative",
    "share",
]

MINUS = "\N{MINUS SIGN}"
#: Stands in a cell that has nothing to say.
NOTHING = "—"
#: The width-one sign that stands before a verdict, so that colour is never the only mark.
SIGNS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.BROKEN: "!", Verdict.SKIPPED: "–"}
#: Stands beside ``✓ passed`` for what passed and was nearly wrong: it is no verdict of its own.
DEGRADED = "▲ degraded"

#: The units of time that Datadog has, in seconds.
_SECONDS = {"nanosecond": 1e-9, "microsecond": 1e-6, "millisecond": 1e-3, "second": 1.0, "minute": 60.0, "hour": 3600.0}
_BYTES = ("B", "kB", "MB", "GB", "TB")


def duration(span: timedelta) -> str:
    """Return a span in its two largest units: ``120 ms``, ``3.4 s``, ``2 min 10 s``, ``1 h 5 min``, ``2 d``."""
    seconds = span.total_seconds()
    if seconds < 0:
        return MINUS + duration(-span)
    if seconds < 0.9995:
        thousandths = round(seconds * 1000)
        return f"{thousandths} ms" if thousandths else "0 s"
    if seconds < 59.5:
        return (f"{seconds:.0f}" if seconds >= 9.95 else f"{seconds:.1f}".removesuffix(".0")) + " s"
    if (whole := round(seconds)) < 3600:
        return _pair(whole, 60, "min", "s")
    if (minutes := round(seconds / 60)) < 24 * 60:
        return _pair(minutes, 60, "h", "min")
    return _pair(round(seconds / 3600), 24, "d", "h")


def _pair(amount: int, size: int, large: str, small: str) -> str:
    many, few = divmod(amount, size)
    return f"{many:,} {large} {few} {small}" if few else f"{many:,} {large}"


def between(low: timedelta, high: timedelta) -> str:
    """Return a range of spans: ``12–48 ms``, ``980 ms – 1.2 s``; one span when both are said alike."""
    first, last = duration(low), duration(high)
    if first == last:
        return last
    amount, _, unit = first.partition(" ")
    if last.endswith(f" {unit}") and last.count(" ") == 1:
        return f"{amount}–{last}"
    return f"{first} – {last}"


def of_budget(span: timedelta, budget: timedelta | None) -> str:
    """Return a span with the budget it has: ``412 ms of 800 ms``."""
    return f"{duration(span)} of {duration(budget)}" if budget is not None else duration(span)


def ago(span: timedelta) -> str:
    """Return how long something is past, in its largest unit: ``3 days ago``, ``just now`` under a minute."""
    minutes = round(span / timedelta(minutes=1))
    for size, noun in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{counted(round(minutes / size), noun)} ago"
    return "just now"


def real_time(span: timedelta, factor: float) -> str:
    """Return the real time that a span of stack time took; ``factor`` stack seconds pass in a real one."""
    return duration(span / factor)


def in_both_times(span: timedelta, factor: float) -> str:
    """Return a span of stack time with the real time it took: ``2 min 40 s (2.7 s real)``.

    On a clock that is not scaled (factor 1) the two are one, and it is said once.
    """
    return duration(span) if factor == 1 else f"{duration(span)} ({real_time(span, factor)} real)"


def relative(span: timedelta) -> str:
    """Return a span as a distance from an instant: ``+2 min 40 s``, ``−30 s``, and ``0`` for the instant."""
    words = duration(span)
    if words.removeprefix(MINUS) == "0 s":
        return "0"
    return words if span < timedelta(0) else f"+{words}"


def instant(at: datetime) -> str:
    """Return an instant in UTC to the second: ``2026-03-02 14:05:10 UTC``."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def number(value: float) -> str:
    """Return a number to three significant digits, whole from a thousand on: ``0.0144``, ``10,000``."""
    if not math.isfinite(value):
        return "no value"
    text = f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
    return text.replace("-", MINUS) if value else "0"


def percent(fraction: float) -> str:
    """Return a fraction as per cent: 0.05 is ``5 %``."""
    return f"{number(fraction * 100)} %"


def share(part: int, whole: int) -> str:
    """Return a part of a whole as per cent; ``no requests`` of nothing, for 0 % would be praise."""
    return percent(part / whole) if whole else "no requests"


def quantity(value: float, unit: str) -> str:
    """Return an indicator's value in its unit; a fraction when the unit is ``%``, seconds when it is ``s``."""
    if not math.isfinite(value):
        return "no value"
    if unit == "%":
        return percent(value)
    if unit == "s":
        return duration(timedelta(seconds=value))
    return f"{number(value)} {'%' if unit == 'percent' else unit}".rstrip()


def measured(value: float, unit: str) -> str:
    """Return a value whose unit is spelled as Datadog spells it: ``1.2 s``, ``$900``, ``3.4 MB``, ``7`` of requests.

    Where the unit is a noun, it is for the caller to say once for all its values: `nouns`.
    """
    if not math.isfinite(value):
        return number(value)
    if unit in _SECONDS:
        return quantity(value * _SECONDS[unit], "s")
    if unit == "dollar":
        return f"{MINUS if value < 0 else ''}${number(abs(value))}"
    if unit == "byte":
        power = min(4, int(math.log10(abs(value)) // 3)) if abs(value) >= 1000 else 0
        return f"{number(value / 1000**power)} {_BYTES[power]}"
    return quantity(value, unit if unit == "percent" else "")


def nouns(unit: str) -> str:
    """Return a unit as it is said of many: ``requests``, ``queries``, ``per cent``; empty for none."""
    if unit == "percent":
        return "per cent"
    return f"{unit.removesuffix('y')}ies" if unit.endswith("y") else f"{unit}s" if unit else ""


def counted(amount: int, noun: str) -> str:
    """Return ``1 alert``, ``2 alerts``, ``0 alerts``."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def listing(names: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``; the empty text for no names."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def as_sentence(text: str) -> str:
    """Return a text that begins with a capital and ends with a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def gist(reason: str) -> str:
    """Return the one line of a reason that says most: of pytest's account the first line of the error itself."""
    lines = [line.rstrip() for line in reason.splitlines() if line.strip()]
    errors = (line[1:].strip() for line in lines if line.startswith("E  "))
    return next(filter(None, errors), lines[0].strip() if lines else "")


def marked(verdict: Verdict) -> str:
    """Return a verdict with its sign: ``✓ passed``."""
    return f"{SIGNS[verdict]} {verdict}"
