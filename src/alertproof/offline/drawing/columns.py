"""Lays the evaluations of a run out over the columns of a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from alertproof.offline.drawing.ink import WIDTH, Line, Part, line
from alertproof.offline.words import short_span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["MARGIN", "Columns", "labelled"]

#: The columns left of the time axis.
MARGIN = 14
_MOST = WIDTH - MARGIN - 2
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440)
_TICK = 5


@dataclass(frozen=True)
class Columns:
    """Where on the line each instant of a run stands; the start of the test is column 0."""

    instants: Sequence[float]
    start: datetime

    @cached_property
    def step(self) -> timedelta:
        """Return how much time a column is."""
        length = self.instants[-1] - self.start.timestamp()
        return timedelta(minutes=next(each for each in (*_MINUTES, _whole(length)) if length <= each * 60 * _MOST))

    @cached_property
    def count(self) -> int:
        return self.column(self.instants[-1]) + 1

    def column(self, at: float) -> int:
        """Return the column of an instant, in epoch seconds."""
        return int((at - self.start.timestamp()) // self.step.total_seconds())

    def of(self, at: datetime) -> int:
        """Return the column of an instant, the last one for what comes later."""
        return min(self.column(at.timestamp()), self.count - 1)

    @cached_property
    def evaluations(self) -> list[list[int]]:
        """Return the numbers of the evaluations in each column."""
        found: list[list[int]] = [[] for _ in range(self.count)]
        for number, at in enumerate(self.instants):
            found[self.column(at)].append(number)
        return found

    def axis(self) -> tuple[Line, Line]:
        """Return the ticks and under them the time since the start."""
        ticks = "".join("┴" if column % _TICK == 0 else "─" for column in range(self.count))
        words = [""] * self.count
        for column in range(0, self.count, 2 * _TICK):
            words[column] = short_span(self.step * column) if column else "0"
        text = ""
        for column, word in enumerate(words):
            if word and (column + len(word) <= _MOST + 2):
                text = text.ljust(column) + word
        ends = line(Part(" " * (MARGIN - 1) + "└" + ticks, "dim"))
        return ends, line(Part(" " * MARGIN + text, "dim"))


def _whole(length: float) -> int:
    """Return a column's minutes for a test of more than a hundred days."""
    return int(length // (60 * _MOST)) + 1


def labelled(label: str, *rest: Part) -> Line:
    """Return a line with what it shows left of the axis."""
    return line(label.rjust(MARGIN - 2) + " ", Part("│", "dim"), *rest)
