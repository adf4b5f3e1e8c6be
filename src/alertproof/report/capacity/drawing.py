"""The drawings of a capacity search: the knee, and the rate that was offered over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from alertproof.loadgen import CapacityRun, CapacityTick
from alertproof.report.html.drawing.shapes import Box, Dot, Drawing, Label, Rule, Stroke
from alertproof.report.html.scale import ValueScale, value_ticks
from alertproof.report.words import duration, number, percent, quantity

__all__ = ["Part", "draw_course", "draw_knee", "parts"]

_WIDTH, _LEFT, _RIGHT = 1040.0, 62.0, 934.0
_PANEL, _HEAD = 150.0, 44.0
_TOGETHER = 10  # ticks of one point: fewer are noise
_MOST_P95 = 3.0  # times the limit: what is higher stands at the edge
_MOST_SHARE = 0.5  # likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some ticks in a row at about one rate. ``p95`` is the median of theirs, None where most had none.

    ``after`` is the rate before.
    """

    second: float
    seconds: float
    phase: str
    rate: float
    n: int
    slow: int
    p95: timedelta | None
    after: float = 0.0

    @property
    def drains(self) -> bool:
        """Whether the load was taken off just before: what is slow here was sent to a backlog."""
        return self.phase != "track" and self.rate < self.after

    @property
    def share(self) -> float:
        return self.slow / self.n if self.n else 0.0


def parts(run: CapacityRun) -> tuple[Part, ...]:
    """Return the ticks in groups: each step of the way up, and ten at a time from then on."""
    groups: list[list[CapacityTick]] = []
    for tick in run.ticks:
        last = groups[-1] if groups else []
        same = last and (last[-1].phase == tick.phase) and (tick.phase == "track" or last[-1].rate == tick.rate)
        if same and (tick.phase != "track" or len(last) < _TOGETHER):
            last.append(tick)
        else:
            groups.append([tick])
    found = [_part(run, group) for group in groups]
    return tuple(replace(part, after=before.rate) for before, part in pairwise([*found[:1], *found]))


def _part(run: CapacityRun, ticks: Sequence[CapacityTick]) -> Part:
    known = sorted(one.p95 for one in ticks if one.p95 is not None)
    missing = len(ticks) - len(known)
    return Part(
        second=ticks[0].second * run.tick.total_seconds(),
        seconds=len(ticks) * run.tick.total_seconds(),
        phase=ticks[-1].phase,
        rate=sum(one.rate for one in ticks) / len(ticks),
        n=sum(one.n for one in ticks),
        slow=sum(one.slow for one in ticks),
        p95=None if missing > len(known) else known[(len(ticks) - 1) // 2],  # what is missing ranks behind
    )


@dataclass(frozen=True, slots=True)
class _Across:
    """Maps values from 0 to ``most`` onto the drawing's width."""

    most: float

    def x(self, value: float) -> float:
        return round(_LEFT + min(1.0, max(0.0, value / self.most)) * (_RIGHT - _LEFT), 2)


@dataclass(frozen=True, slots=True)
class _Figure:
    """What the panels of the knee share."""

    drawing: Drawing
    across: _Across
    found: Sequence[Part]


def draw_knee(run: CapacityRun) -> Drawing:
    """Return p95 and the share of slow requests over the rate, with the capacity, its interval and what is required."""
    drawing, found = Drawing(_WIDTH), parts(run)
    reach = [run.required * run.headroom, run.high or 0.0, run.low or 0.0, *(part.rate for part in found), 1.0]
    across = _Across(max(reach) * 1.05)
    limit = run.limit.total_seconds()
    tops = [_HEAD, 2 * _HEAD + _PANEL]
    _panel(
        _Figure(drawing, across, found),
        "p95, by the rate that was offered",
        tops[0],
        (lambda part: _MOST_P95 * limit if part.p95 is None else min(part.p95.total_seconds(), _MOST_P95 * limit)),
        limit=(limit, f"limit {duration(run.limit)}"),
        unit="s",
    )
    _panel(
        _Figure(drawing, across, found),
        "Slow or failed requests",
        tops[1],
        lambda part: min(part.share, _MOST_SHARE),
        limit=(run.share, f"allowed {percent(run.share)}"),
        unit="%",
    )
    bottom = tops[1] + _PANEL
    _mark_capacity(drawing, run, across, tops)
    for tick in value_ticks(0, across.most, most=10):
        for top in tops:
            drawing.grid.append(Rule(across.x(tick), top, across.x(tick), top + _PANEL, "grid"))
        drawing.labels.append(Label(across.x(tick), bottom + 18, number(tick), "tick stack", "middle"))
    drawing.labels.append(Label(_WIDTH, bottom + 18, "arrivals/s", "unit", "end"))
    drawing.height = bottom + 28
    return drawing


def _panel(
    figure: _Figure,
    name: str,
    top: float,
    read: Callable[[Part], float],
    *,
    limit: tuple[float, str],
    unit: str,
) -> None:
    drawing, across, found = figure.drawing, figure.across, [part for part in figure.found if part.n]
    scale = ValueScale.around([limit[0], *map(read, found)], top=top, bottom=top + _PANEL)
    drawing.labels.append(Label(_LEFT, top - 12, name, "panel-name"))
    for tick in value_ticks(scale.low, scale.high, most=3):
        drawing.grid.append(Rule(_LEFT, scale.y(tick), _RIGHT, scale.y(tick), "grid"))
        drawing.labels.append(Label(_LEFT - 8, scale.y(tick) + 4, quantity(tick, unit), "tick", "end"))
    drawing.rules.append(Rule(_LEFT, top + _PANEL, _RIGHT, top + _PANEL, "axis"))
    y = scale.y(limit[0])
    drawing.rules.append(Rule(_LEFT, y, _RIGHT, y, "threshold"))
    drawing.labels.append(Label(_RIGHT + 8, y + 4, limit[1], "threshold-label strong"))
    for part in found:
        css = "reading" if part.drains else "above" if read(part) > limit[0] else "within"
        drawing.dots.append(Dot(across.x(part.rate), scale.y(read(part)), css, _told(part), r=4))


def _told(part: Part) -> str:
    p95 = "that request failed or was pending" if part.p95 is None else f"p95 {duration(part.p95)}"
    slow = f"{part.slow:,} of {part.n:,} slow or failed"
    return f"{number(part.rate)}/s for {part.seconds:g} s, {part.second:g} s into the search: {p95}, {slow}"


def _mark_capacity(drawing: Drawing, run: CapacityRun, across: _Across, tops: Sequence[float]) -> None:
    """Draw the interval as a band, the capacity and the required rate as lines, through all panels."""
    if run.low is not None:
        left, right = across.x(run.low), across.x(run.high) if run.high is not None else _RIGHT
        title = f"95 % interval: {number(run.low)} to {'any rate' if run.high is None else number(run.high)}/s"
        for top in tops:
            drawing.boxes.insert(0, Box(left, top, round(max(1.5, right - left), 2), _PANEL, "warm", title))
    wanted = run.required * run.headroom
    lines = [(wanted, "wanted"), *([(run.rate, "limit")] if run.rate is not None else [])]
    for value, css in lines:
        x = across.x(value)
        for top in tops:
            drawing.rules.append(Rule(x, top, x, top + _PANEL, css))
    left_of = run.rate is None or wanted <= run.rate
    drawing.labels.append(
        Label(
            across.x(wanted) + (-5 if left_of else 5),
            tops[0] + 14,
            f"needed {number(wanted)}",
            "tick",
            "end" if left_of else "start",
        )
    )
    if run.rate is not None:
        drawing.labels.append(
            Label(
                across.x(run.rate) + (5 if left_of else -5),
                tops[0] + 30,
                f"capacity {number(run.rate)}",
                "flag",
                "start" if left_of else "end",
            )
        )


def draw_course(run: CapacityRun) -> Drawing:
    """Return the rate that was offered over time, with the capacity that was found."""
    drawing = Drawing(_WIDTH)
    tick = run.tick.total_seconds()
    across, top = _Across(max(1.0, len(run.ticks) * tick)), _HEAD
    rates = [one.rate for one in run.ticks]
    scale = ValueScale.around([*rates, run.required * run.headroom, run.high or 0.0], top=top, bottom=top + _PANEL)
    drawing.labels.append(Label(_LEFT, top - 12, "Arrivals per second that were offered", "panel-name"))
    for value in value_ticks(scale.low, scale.high, most=3):
        drawing.grid.append(Rule(_LEFT, scale.y(value), _RIGHT, scale.y(value), "grid"))
        drawing.labels.append(Label(_LEFT - 8, scale.y(value) + 4, number(value), "tick", "end"))
    drawing.rules.append(Rule(_LEFT, top + _PANEL, _RIGHT, top + _PANEL, "axis"))
    if run.low is not None:
        y = scale.y(run.high) if run.high is not None else top
        drawing.boxes.append(
            Box(_LEFT, y, _RIGHT - _LEFT, round(max(1.5, scale.y(run.low) - y), 2), "warm", "interval")
        )
    if run.rate is not None:
        y = scale.y(run.rate)
        drawing.rules.append(Rule(_LEFT, y, _RIGHT, y, "limit"))
        drawing.labels.append(Label(_RIGHT + 8, y + 4, f"capacity {number(run.rate)}", "flag"))
    path = " L".join(f"{across.x(one.second * tick):g} {scale.y(one.rate):g}" for one in run.ticks)
    drawing.strokes.append(Stroke(f"M{path}", "line"))
    for value in value_ticks(0, across.most, most=10):
        drawing.grid.append(Rule(across.x(value), top, across.x(value), top + _PANEL, "grid"))
        drawing.labels.append(Label(across.x(value), top + _PANEL + 18, number(value), "tick stack", "middle"))
    drawing.labels.append(Label(_WIDTH, top + _PANEL + 18, "s into the search", "unit", "end"))
    drawing.height = top + _PANEL + 28
    return drawing
