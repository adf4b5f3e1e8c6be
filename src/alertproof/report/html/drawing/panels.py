"""A load run as three panels over one time axis: arrivals, p95 against the limit, and the share of slow requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from alertproof.journal import LoadJournal, LoadTick
from alertproof.report.html.drawing.shapes import Box, Dot, Drawing, Label, Rule, Stroke
from alertproof.report.html.labels import text_width
from alertproof.report.html.scale import TimeScale, ValueScale, time_ticks, value_ticks
from alertproof.report.words import duration, number, percent, quantity

__all__ = ["LEFT", "RIGHT", "WIDTH", "Slice", "draw_load", "slices"]

WIDTH, LEFT, RIGHT = 1040.0, 62.0, 934.0
_PANEL, _HEAD = 104.0, 44.0
_MOST = 300  # points; more of them are thinner than a pixel


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some seconds of a run taken together: counts add up, of p95 and lag the highest counts."""

    second: int
    length: int
    wanted: float
    arrivals: int
    n: int
    slow: int
    failed: int
    dropped: int
    p95: timedelta | None
    lag: timedelta

    @property
    def share(self) -> float | None:
        return self.slow / self.n if self.n else None


def slices(ticks: Sequence[LoadTick], *, most: int = _MOST) -> tuple[Slice, ...]:
    """Return the ticks in order, so many seconds in each slice that there are at most ``most`` slices.

    The last one is as long as what is left: else its rate would look like a drop.
    """
    if not ticks:
        return ()
    first, last = min(tick.second for tick in ticks), max(tick.second for tick in ticks)
    length = -(-(last - first + 1) // most)
    gathered: dict[int, list[LoadTick]] = {}
    for tick in sorted(ticks, key=lambda tick: tick.second):
        gathered.setdefault((tick.second - first) // length, []).append(tick)
    begins = ((first + place * length, some) for place, some in gathered.items())
    return tuple(_slice(second, min(length, last - second + 1), some) for second, some in begins)


def _slice(second: int, length: int, ticks: Sequence[LoadTick]) -> Slice:
    return Slice(
        second=second,
        length=length,
        wanted=max(tick.target_rate for tick in ticks),
        arrivals=sum(tick.arrivals for tick in ticks),
        n=sum(tick.n for tick in ticks),
        slow=sum(tick.slow for tick in ticks),
        failed=sum(tick.failed for tick in ticks),
        dropped=sum(tick.dropped for tick in ticks),
        p95=max((tick.p95 for tick in ticks if tick.p95 is not None), default=None),
        lag=max(tick.lag for tick in ticks),
    )


@dataclass(frozen=True, slots=True)
class _Panel:
    """One of the panels while it is drawn."""

    drawing: Drawing
    time: TimeScale
    values: ValueScale
    load: LoadJournal

    def x(self, second: float) -> float:
        return self.time.x(self.load.began + timedelta(seconds=second))

    def points(
        self, parts: Sequence[Slice], read: Callable[[Slice], float | None]
    ) -> Iterator[list[tuple[float, float]]]:
        """Yield the runs of points without a gap; a point stands in the middle of its slice."""
        points: list[tuple[float, float]] = []
        last: Slice | None = None
        for part in parts:
            value = read(part)
            if value is None or (last is not None and part.second != last.second + last.length):
                yield points
                points = []
            if value is not None:
                points.append((self.x(part.second + part.length / 2), self.values.y(value)))
            last = part
        yield points

    def line(
        self, parts: Sequence[Slice], read: Callable[[Slice], float | None], css: str, *, area: bool = False
    ) -> None:
        for points in self.points(parts, read):
            if len(points) == 1:
                self.drawing.dots.append(Dot(*points[0], f"{css} point", "", r=2))
            if len(points) > 1:
                path = " L".join(f"{x:g} {y:g}" for x, y in points)
                if area:
                    floor = self.values.y(0.0)
                    self.drawing.strokes.append(
                        Stroke(f"M{points[0][0]:g} {floor:g} L{path} L{points[-1][0]:g} {floor:g} Z", "area")
                    )
                self.drawing.strokes.append(Stroke(f"M{path}", css))

    def limit(self, value: float, name: str, words: str) -> None:
        """Draw a limit right across, with its name at the right."""
        y = self.values.y(value)
        self.drawing.rules.append(Rule(LEFT, y, RIGHT, y, "threshold"))
        self.drawing.labels.append(Label(RIGHT + 8, y + 4, f"{name} {words}", "threshold-label strong"))


def draw_load(load: LoadJournal) -> Drawing:
    """Return the three panels of a load run that has at least one tick."""
    drawing = Drawing(WIDTH)
    parts = slices(load.ticks)
    start = load.began + timedelta(seconds=parts[0].second)
    end = load.began + timedelta(seconds=parts[-1].second + parts[-1].length)
    figure = _Figure(drawing, TimeScale(start, end, LEFT, RIGHT), load, parts)
    each = "second" if parts[0].length == 1 else duration(timedelta(seconds=parts[0].length))
    painters = (
        ("Arrivals per second", _arrivals),
        ("p95 of each second" if parts[0].length == 1 else f"Highest p95 in each {each}", _latency),
        (f"Slow or failed in each {each}", _exceedance),
    )
    for place, (name, paint) in enumerate(painters):
        top = _HEAD + place * (_PANEL + _HEAD)
        drawing.labels.append(Label(LEFT, top - 12, name, "panel-name"))
        paint(figure, top)
    bottom = _HEAD + 3 * _PANEL + 2 * _HEAD
    _draw_axis(figure, bottom)
    return drawing


@dataclass(frozen=True, slots=True)
class _Figure:
    """What the panels share: the shapes, the time axis, the run and its slices."""

    drawing: Drawing
    time: TimeScale
    load: LoadJournal
    parts: Sequence[Slice]

    @property
    def scaled(self) -> Sequence[Slice]:
        """What the scale of a panel is made for: the warm-up only where there is nothing else."""
        return [part for part in self.parts if part.second >= self.load.warm_up.total_seconds()] or self.parts

    def panel(self, values: Sequence[float], top: float, unit: str) -> _Panel:
        """Begin a panel whose scale holds the values."""
        scale = ValueScale.around(values, top=top, bottom=top + _PANEL)
        for tick in value_ticks(scale.low, scale.high, most=3):
            self.drawing.grid.append(Rule(LEFT, scale.y(tick), RIGHT, scale.y(tick), "grid"))
            self.drawing.labels.append(Label(LEFT - 8, scale.y(tick) + 4, quantity(tick, unit), "tick", "end"))
        self.drawing.rules.append(Rule(LEFT, top + _PANEL, RIGHT, top + _PANEL, "axis"))
        return _Panel(self.drawing, self.time, scale, self.load)


def _arrivals(figure: _Figure, top: float) -> None:
    drawing, parts = figure.drawing, figure.parts
    rates = [value for part in parts for value in (part.wanted, part.arrivals / part.length)]
    panel = figure.panel(rates, top, "")
    panel.line(parts, lambda part: part.arrivals / part.length, "line", area=True)
    _draw_wanted(panel, parts)
    for amounts, css, word in (
        ([part.failed for part in parts], "failed", "requests failed"),
        ([part.dropped for part in parts], "dropped", "arrivals never sent"),
    ):
        for part, amount in zip(parts, amounts, strict=True):
            if amount:
                y, floor = panel.values.y(amount / part.length), panel.values.y(0.0)
                x, right = panel.x(part.second), panel.x(part.second + part.length)
                title = f"{amount:,} {word} {_when(part)}"
                width = round(max(1.5, right - x - 1), 2)
                drawing.boxes.append(Box(x, min(y, floor - 1.5), width, round(max(1.5, floor - y), 2), css, title))
    legend = [("sent", "line"), ("wanted", "wanted"), ("failed requests", "failed")]
    _draw_legend(drawing, top - 12, [*legend, *([("never sent", "dropped")] if any(p.dropped for p in parts) else [])])


def _draw_wanted(panel: _Panel, parts: Sequence[Slice]) -> None:
    """Draw the wanted rate as steps: it stands still within a slice."""
    path = [f"M{panel.x(parts[0].second):g} {panel.values.y(parts[0].wanted):g}"]
    for part, behind in pairwise([*parts, parts[-1]]):
        path.append(f"H{panel.x(part.second + part.length):g}")
        if behind.wanted != part.wanted:
            path.append(f"V{panel.values.y(behind.wanted):g}")
    panel.drawing.strokes.append(Stroke(" ".join(path), "wanted"))


def _latency(figure: _Figure, top: float) -> None:
    drawing, load, parts = figure.drawing, figure.load, figure.parts
    seconds = [part.p95.total_seconds() for part in figure.scaled if part.p95 is not None]
    limit = load.limit.total_seconds()
    panel = figure.panel([limit, *seconds], top, "s")
    panel.limit(limit, "limit", duration(load.limit))
    panel.line(parts, lambda part: None if part.p95 is None else part.p95.total_seconds(), "line", area=True)
    for part in parts:
        if part.p95 is not None and part.p95 > load.limit:
            x, y = panel.x(part.second + part.length / 2), panel.values.y(part.p95.total_seconds())
            drawing.dots.append(Dot(x, y, "above", f"p95 {duration(part.p95)} {_when(part)}", r=3))
    _draw_legend(drawing, top - 12, [("p95", "line")])


def _exceedance(figure: _Figure, top: float) -> None:
    drawing, load, parts = figure.drawing, figure.load, figure.parts
    shares = [part.share for part in figure.scaled if part.share is not None]
    panel = figure.panel([load.slow_allowed, *shares], top, "%")
    panel.limit(load.slow_allowed, "allowed", percent(load.slow_allowed))
    for part in parts:
        if part.share:
            y, floor = panel.values.y(part.share), panel.values.y(0.0)
            x, right = panel.x(part.second), panel.x(part.second + part.length)
            title = f"{part.slow:,} of {number(part.n)} slow or failed ({percent(part.share)}) {_when(part)}"
            css = "slow-above" if part.share > load.slow_allowed else "slow"
            width = round(max(1.5, right - x - 1), 2)
            drawing.boxes.append(Box(x, y, width, round(max(1.5, floor - y), 2), css, title))
    so_far = _so_far(load, parts)
    panel.line(parts, lambda part: so_far.get(part.second), "so-far")
    _draw_legend(drawing, top - 12, [("within", "slow"), ("above", "slow-above"), ("since the warm-up", "so-far")])


def _so_far(load: LoadJournal, parts: Sequence[Slice]) -> dict[int, float]:
    """Return the share of slow requests from the warm-up up to each slice: what the verdict is about."""
    found: dict[int, float] = {}
    n = slow = 0
    for part in parts:
        if part.second >= load.warm_up.total_seconds():
            n, slow = n + part.n, slow + part.slow
            if n:
                found[part.second] = slow / n
    return found


def _when(part: Slice) -> str:
    return f"at {duration(timedelta(seconds=part.second))}"


def _draw_legend(drawing: Drawing, y: float, entries: Sequence[tuple[str, str]]) -> None:
    """Write the legend at the right end of a panel's head, the last entry outermost."""
    x = RIGHT
    for text, css in reversed(entries):
        drawing.labels.append(Label(round(x, 2), y, text, "tick", "end"))
        x -= text_width(text) + 6
        if css in {"failed", "dropped", "slow", "slow-above"}:
            drawing.boxes.append(Box(round(x - 10, 2), y - 9, 10, 10, css))
            x -= 10 + 18
        else:
            drawing.rules.append(Rule(round(x - 20, 2), y - 4, round(x, 2), y - 4, css))
            x -= 20 + 18


def _draw_axis(figure: _Figure, bottom: float) -> None:
    drawing, time, load = figure.drawing, figure.time, figure.load
    if load.warm_up > timedelta(0):
        left, right = time.x(load.began), time.x(load.began + load.warm_up)
        for place in range(3):
            top = _HEAD + place * (_PANEL + _HEAD)
            drawing.boxes.insert(0, Box(left, top, round(right - left, 2), _PANEL, "warm", "warm-up: not counted"))
        if right - left > text_width("warm-up") + 12:
            drawing.labels.append(Label(left + 6, _HEAD + _PANEL - 8, "warm-up", "tick"))
    for tick in time_ticks(time.start, time.end, load.began):
        x = time.x(load.began + tick)
        for place in range(3):
            top = _HEAD + place * (_PANEL + _HEAD)
            drawing.grid.append(Rule(x, top, x, top + _PANEL, "grid"))
        drawing.labels.append(Label(x, bottom + 18, duration(tick), "tick stack", "middle"))
    drawing.labels.append(Label(WIDTH, bottom + 18, "into the run", "unit", "end"))
    drawing.height = round(bottom + 28, 2)
