"""Draws the values of a group over time, and the thresholds among them.

A threshold has a row of its own: a value on it is equal to it, one above it is above, however little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from alertproof.offline.drawing.columns import labelled
from alertproof.offline.drawing.ink import Drawing, Style, tinted
from alertproof.offline.words import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alertproof.datadog import Definition

__all__ = ["Level", "draw_chart", "levels_of"]

_HEIGHT = 7
#: The rows from one threshold to the next, at least: values between them need one.
_APART = 2
#: How the ways back are written, by the query's comparison.
_BACK = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A threshold; ``text`` is the comparison with it."""

    name: str
    value: float
    text: str
    style: Style


def levels_of(definition: Definition) -> tuple[Level, ...]:
    """Return a monitor's thresholds, the one in the query first."""
    thresholds, sign = definition.options.thresholds, definition.comparator
    back = _BACK[sign]
    found: list[tuple[str, float | None, str, Style]] = [
        ("critical", thresholds.critical, sign, "red"),
        ("warning", thresholds.warning, sign, "yellow"),
        ("recovery", thresholds.critical_recovery, back, "green"),
        ("warning recovery", thresholds.warning_recovery, back, "green"),
    ]
    return tuple(
        Level(name=name, value=value, text=f"{way} {value:g}", style=style)
        for name, value, way, style in found
        if value is not None
    )


@dataclass(frozen=True)
class _Scale:
    """Which row a value stands in, from 0 at the bottom."""

    low: float
    high: float
    levels: tuple[float, ...]

    @cached_property
    def height(self) -> int:
        return _HEIGHT + _APART * (len(self.levels) - 1)

    @cached_property
    def rows(self) -> list[int]:
        """Return the rows of the levels, which rise."""
        rows = [self._linear(each) for each in self.levels]
        # A value below the lowest and one above the highest need a row, too.
        top = self.height - 1 - (self.high > self.levels[-1])
        lowest = int(self.low < self.levels[0])
        for number in range(len(rows)):
            least = lowest if not number else rows[number - 1] + _APART
            rows[number] = max(rows[number], least)
        for number in reversed(range(len(rows))):
            most = top if number == len(rows) - 1 else rows[number + 1] - _APART
            rows[number] = min(rows[number], most)
        return rows

    def row(self, value: float) -> int:
        below, above = 0, self.height - 1
        for level, row in zip(self.levels, self.rows, strict=True):
            if value == level:
                return row
            if value > level:
                below = row + 1
            else:
                above = min(above, row - 1)
        return min(max(self._linear(value), below), above)

    def _linear(self, value: float) -> int:
        if self.high == self.low:
            return 0
        # The distance between two numbers may be beyond all numbers.
        share = 0.5 if math.isinf(self.high - self.low) else 1.0
        low, high = share * self.low, share * self.high
        return round((share * value - low) / (high - low) * (self.height - 1))


def _scale(values: Sequence[float], levels: Sequence[Level]) -> _Scale:
    known = [value for value in values if math.isfinite(value)]
    marks = sorted({level.value for level in levels})
    low, high = min(*known, *marks), max(*known, *marks)
    if 0 < low < high / 2:
        low = 0.0
    return _Scale(low, high, tuple(marks))


def draw_chart(values: Sequence[float], levels: Sequence[Level], styles: Sequence[Style]) -> Drawing:
    """Return the rows of the chart, the highest first; ``values`` and ``styles`` are one to a column, NaN is none."""
    scale = _scale(values, levels)
    cells = [[" "] * len(values) for _ in range(scale.height)]
    tints: list[list[Style]] = [list(styles) for _ in range(scale.height)]
    labels = {scale.row(scale.low): figure(scale.low), scale.row(scale.high): figure(scale.high)}
    # The first level is the query's own: where two are equal, it is the one that is named.
    for level in reversed(levels):
        row = scale.row(level.value)
        labels[row] = level.text
        cells[row] = ["╌"] * len(values)
        tints[row] = ["dim"] * len(values)
    before: int | None = None
    for column, value in enumerate(values):
        if not math.isfinite(value):
            before = None
            continue
        here = scale.row(value)
        for at, sign in _strokes(before, here):
            cells[at][column], tints[at][column] = sign, styles[column]
        before = here
    return tuple(
        labelled(labels.get(row, ""), *tinted(cells[row], tints[row])) for row in reversed(range(scale.height))
    )


def _strokes(before: int | None, row: int) -> list[tuple[int, str]]:
    """Return what one column shows of the line that comes from row ``before``."""
    if before is None or before == row:
        return [(row, "─")]
    rises = row > before
    between = [(each, "│") for each in range(min(before, row) + 1, max(before, row))]
    return [(before, "╯" if rises else "╮"), *between, (row, "╭" if rises else "╰")]
