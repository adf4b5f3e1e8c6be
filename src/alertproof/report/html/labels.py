"""Where labels go so that none overlaps another and no leader crosses a text. Pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Flag", "PlacedFlag", "stack_flags", "text_width"]

# Advance widths in em of a wide system font (DejaVu Sans): narrower fonts only leave more room.
_ADVANCES = {
    **dict.fromkeys("ijlI'|", 0.3),
    **dict.fromkeys(" .,:;!·/\\", 0.34),
    **dict.fromkeys("ftr-()[]", 0.41),
    **dict.fromkeys("sczJ", 0.55),
    **dict.fromkeys("mMW%@—…", 1.0),
    **dict.fromkeys("w+−→<>=", 0.84),
    **dict.fromkeys("ABCDGHKNOQRUVXY", 0.76),
}
_ADVANCE = 0.64
_WIDE = 1.05  # anything beyond Latin, such as a wide script


def text_width(text: str, size: float = 12.0) -> float:
    """Return a text's width in pixels at a font size; an upper bound for the usual system fonts."""
    ems = sum(_ADVANCES.get(char, _ADVANCE if ord(char) < 0x250 else _WIDE) for char in text)
    return round(ems * size, 2)


@dataclass(frozen=True, slots=True)
class Flag:
    """A label that wants to stand at ``x``, ``width`` pixels wide."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class PlacedFlag:
    """A label at its place: text from ``left`` to ``right``; level 0 is nearest to the drawing."""

    x: float
    left: float
    right: float
    level: int


def stack_flags(flags: Sequence[Flag], *, left: float, right: float, gap: float = 8.0) -> tuple[PlacedFlag, ...]:
    """Place labels on levels, in the order given.

    A label stands to the right of its ``x``, or to the left where the right edge is too near (or inside the
    edges where both are). Labels of one level keep ``gap`` between them. A label under whose text another
    one's leader would pass stands higher than that one; where two would cross each other, one of them turns
    to the left if there is room.
    """
    spans = _turned(flags, left, right)
    levels: dict[int, int] = {}
    while len(levels) < len(flags):
        waiting = [place for place in range(len(flags)) if place not in levels]
        free = [p for p in waiting if not any(_covers(spans[p], flags[q].x) for q in waiting)]
        # Two that still cover each other's leaders have no right order: then the later one goes lower.
        place = max(free or waiting, key=lambda p: (flags[p].x, p))
        level = max((levels[q] + 1 for q in levels if _covers(spans[place], flags[q].x)), default=0)
        while any(levels[q] == level and _overlap(spans[place], spans[q], gap) for q in levels):
            level += 1
        levels[place] = level
    return tuple(PlacedFlag(flag.x, *spans[place], level=levels[place]) for place, flag in enumerate(flags))


def _turned(flags: Sequence[Flag], left: float, right: float) -> list[tuple[float, float]]:
    """Return each label's span, turned to the left where it must be."""
    spans = [(flag.x, flag.x + flag.width) for flag in flags]
    for place in sorted(range(len(flags)), key=lambda p: -flags[p].x):
        flag = flags[place]
        turned = (flag.x - flag.width, flag.x)
        crossing = any(
            _covers(spans[place], other.x) and _covers(spans[q], flag.x)
            for q, other in enumerate(flags)
            if other.x > flag.x
        )
        if (crossing or spans[place][1] > right) and turned[0] >= left:
            spans[place] = turned
        elif spans[place][1] > right:
            start = max(left, right - flag.width)
            spans[place] = (start, start + flag.width)
    return spans


def _covers(span: tuple[float, float], x: float) -> bool:
    return span[0] < x < span[1]


def _overlap(one: tuple[float, float], other: tuple[float, float], gap: float) -> bool:
    return one[0] < other[1] + gap and other[0] < one[1] + gap
