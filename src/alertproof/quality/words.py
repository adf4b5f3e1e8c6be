"""The words for numbers, spans, comparisons and lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

__all__ = ["back_again", "holds", "listed", "ordinal", "span_in_words", "window_in_words"]

_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_LETTERS = {"m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month"}
_HOLDS = {
    ">": "is above {0}",
    ">=": "is {0} or more",
    "<": "is below {0}",
    "<=": "is {0} or less",
    "==": "is exactly {0}",
    "!=": "is anything but {0}",
}
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


def span_in_words(span: timedelta) -> str:
    """Return ``5 minutes`` or ``1 hour``, in the largest unit that it is a whole number of."""
    seconds = round(span.total_seconds())
    name, size = next((unit for unit in _UNITS if seconds and seconds % unit[1] == 0), _UNITS[-1])
    return _counted(seconds // size, name)


def window_in_words(amount: int, unit: str) -> str:
    """Return ``5 minutes`` for 5 and ``m``."""
    return _counted(amount, _LETTERS.get(unit, unit))


def _counted(amount: int, name: str) -> str:
    return f"{amount} {name}{'' if amount == 1 else 's'}"


def holds(comparator: str, number: str) -> str:
    """Return ``is above 5`` for ``> 5``; a comparison that a template makes is returned as it is written."""
    return _HOLDS[comparator].format(number) if comparator in _HOLDS else f"{comparator} {number}"


def back_again(comparator: str, number: str) -> str:
    """Return ``is 5 or less``, which is where a value is back that was ``> 5`` [RECOV]."""
    return holds(_OPPOSITE.get(comparator, comparator), number)


def listed(items: Sequence[str], word: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def ordinal(number: str) -> str:
    """Return ``95th`` for ``95``."""
    last = "" if number[-2:] in {"11", "12", "13"} else number[-1:]
    return number + {"1": "st", "2": "nd", "3": "rd"}.get(last, "th")
