"""A dashboard's widget as a small chart: its lines over the run on one scale from zero."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertproof.journal import LineSeen, Reading
from alertproof.report.html.drawing.shapes import Dot, Drawing, Label, Rule, Stroke
from alertproof.report.html.scale import TimeScale, ValueScale, value_ticks
from alertproof.report.words import duration, measured, relative

__all__ = ["COLOURS", "draw_widget", "finite", "ranked", "thinned"]

#: So many lines have a colour of their own; what is below them is drawn in one quiet colour.
COLOURS = 6
_WIDTH, _TOP, _FLOOR, _HEIGHT = 320.0, 16.0, 92.0, 110.0
_MOST_LINES = 30
_MOST_POINTS = 160  # of one line: more of them are thinner than two pixels
_DOTS = 40  # more points than this are a line without dots


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where instants and values stand."""

    time: TimeScale
    values: ValueScale


def ranked(lines: Sequence[LineSeen]) -> tuple[LineSeen, ...]:
    """Return the lines that have a point, the one that came highest first."""
    some = [(line, points) for line in lines if (points := finite(line))]
    return tuple(line for line, _ in sorted(some, key=lambda each: (-max(p.value for p in each[1]), each[0].name)))


def finite(line: LineSeen) -> tuple[Reading, ...]:
    """Return a line's points that have a value, in order."""
    points = (point for point in line.points if math.isfinite(point.value))
    return tuple(sorted(points, key=lambda point: point.at))


def draw_widget(lines: Sequence[LineSeen], *, began: datetime, ended: datetime) -> Drawing:
    """Return a chart of lines that are `ranked`; ``began`` and ``ended`` are the run's edges."""
    drawing = Drawing(_WIDTH, _HEIGHT)
    shown = [(line, tuple(thinned(finite(line)))) for line in lines[:_MOST_LINES]]
    edges = [point.at for _, points in shown for point in points]
    start, end = min([began, *edges]), max([ended, *edges])
    plot = _Plot(
        TimeScale(start, max(end, start + timedelta(seconds=1)), 0.0, _WIDTH),
        ValueScale.around((p.value for _, points in shown for p in points), top=_TOP, bottom=_FLOOR),
    )
    _draw_scale(drawing, plot, unit=next((line.unit for line in lines), ""))
    # The highest is painted last, above the others.
    for place, (line, points) in reversed([*enumerate(shown, start=1)]):
        css = f"w-{place}" if place <= COLOURS else "w-x"
        _draw_line(drawing, line, points, css, plot)
    return drawing


def thinned(points: Sequence[Reading]) -> Iterator[Reading]:
    """Yield at most so many points as a chart can show, the extremes of each stretch among them."""
    step = -(-len(points) // (_MOST_POINTS // 2))
    if len(points) <= _MOST_POINTS:
        yield from points
        return
    for first in range(0, len(points), step):
        part = points[first : first + step]
        low, high = min(part, key=lambda p: p.value), max(part, key=lambda p: p.value)
        yield from sorted({low, high}, key=lambda p: p.at)


def _draw_scale(drawing: Drawing, plot: _Plot, *, unit: str) -> None:
    time, values = plot.time, plot.values
    for tick in value_ticks(values.low, values.high, most=2):
        y = values.y(tick)
        drawing.grid.append(Rule(0.0, y, _WIDTH, y, "grid"))
        if tick:
            drawing.labels.append(Label(0.0, y - 3, measured(tick, unit), "tick"))
    drawing.rules.append(Rule(0.0, values.y(0.0), _WIDTH, values.y(0.0), "axis"))
    drawing.labels.append(Label(0.0, _HEIGHT - 3, "0", "tick"))
    drawing.labels.append(Label(_WIDTH, _HEIGHT - 3, relative(time.end - time.start), "tick", "end"))


def _draw_line(drawing: Drawing, line: LineSeen, points: Sequence[Reading], css: str, plot: _Plot) -> None:
    places = [(plot.time.x(point.at), plot.values.y(point.value)) for point in points]
    if len(places) > 1:
        drawing.strokes.append(Stroke("M" + " L".join(f"{x:g} {y:g}" for x, y in places), f"{css} drawn"))
    dotted = len(points) if len(points) <= _DOTS and css == "w-1" else 1
    for point, (x, y) in [*zip(points, places, strict=True)][-dotted:]:
        title = f"{line.name} {measured(point.value, line.unit)} at {duration(point.at - plot.time.start)}"
        # All but the last are seen only by a pointer over them.
        drawing.dots.append(Dot(x, y, f"{css} at{' end' if point is points[-1] else ''}", title, r=2.2))
