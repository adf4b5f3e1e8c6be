"""A drill's timeline as shapes: what stands where.

From the top: flags of what happened, the indicator against its threshold, a lane for the fault and one for
each monitor, and the axis in stack time with real time below. The fault's window is shaded through all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from alertproof.journal import DrillJournal, TransitionSeen
from alertproof.report.html.drawing.shapes import Box, Dot, Drawing, Label, Rule, Stroke
from alertproof.report.html.labels import Flag, stack_flags, text_width
from alertproof.report.html.scale import TimeScale, ValueScale, time_ticks, value_ticks
from alertproof.report.moments import Moment, lane_name, moments, origin
from alertproof.report.words import duration, quantity, real_time, relative

__all__ = ["LEFT", "RIGHT", "WIDTH", "draw_drill"]

WIDTH, LEFT, RIGHT = 1040.0, 62.0, 934.0
_FLAG_HEIGHT, _PLOT_HEIGHT, _BAR_HEIGHT = 20.0, 150.0, 20.0
_FLAGGED = ("request", "sentry", "alert", "incident", "revert", "recovery", "resolve")
_FLAGS_OF_A_KIND = 3  # the table below the drawing has them all
_DOTS = 150  # more readings than this are a line without dots
_STATE_CLASSES = {"OK": "ok", "Warn": "warn", "Alert": "alert", "No Data": "nodata"}


def draw_drill(drill: DrillJournal) -> Drawing:
    """Return the timeline of a drill; every instant of the journal's span has its place on one time axis."""
    drawing = Drawing(WIDTH)
    scale = _time_scale(drill)
    plot_top = _draw_flags(drawing, drill, scale)
    plot_bottom = plot_top + _PLOT_HEIGHT
    _draw_indicator(drawing, drill, scale, plot_top, plot_bottom)
    bottom = _draw_lanes(drawing, drill, scale, plot_bottom + 16)
    _draw_axis(drawing, drill, scale, plot_top, bottom)
    return drawing


def _time_scale(drill: DrillJournal) -> TimeScale:
    start = min(drill.began, origin(drill))
    told = [moment.at for moment in moments(drill)] + [reading.at for reading in drill.readings]
    end = max([drill.ended, start, *told])
    return TimeScale(start, max(end, start + timedelta(seconds=1)), LEFT, RIGHT)


def _flagged(drill: DrillJournal, scale: TimeScale) -> Iterator[tuple[Moment, str]]:
    """Yield the moments that get a flag and what the flag says."""
    shown = [moment for moment in moments(drill) if moment.kind in _FLAGGED and scale.holds(moment.at)]
    totals, seen = Counter(moment.kind for moment in shown), Counter[str]()
    alerting = {moment.detail for moment in shown if moment.kind in {"alert", "recovery"}}
    for moment in shown:
        seen[moment.kind] += 1
        if seen[moment.kind] > _FLAGS_OF_A_KIND:
            continue
        text = moment.label
        if moment.kind in {"alert", "recovery"} and len(alerting) > 1:
            text = f"{text}: {_short(moment.detail)}"
        left_out = totals[moment.kind] - _FLAGS_OF_A_KIND
        if seen[moment.kind] == _FLAGS_OF_A_KIND and left_out > 0:
            text += f" (+{left_out} more)"
        yield moment, text


def _short(text: str, most: int = 30) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _draw_flags(drawing: Drawing, drill: DrillJournal, scale: TimeScale) -> float:
    """Draw the flags at the top and return where the plot below them begins."""
    shown = list(_flagged(drill, scale))
    distances = [relative(moment.at - origin(drill)) for moment, _ in shown]
    flags = [
        Flag(scale.x(moment.at), text_width(text) * 1.1 + text_width(distance) + 20)
        for (moment, text), distance in zip(shown, distances, strict=True)
    ]
    placed = stack_flags(flags, left=4, right=WIDTH - 4)
    levels = max((flag.level for flag in placed), default=-1) + 1
    plot_top = 12 + levels * _FLAG_HEIGHT + 6
    for (moment, text), distance, flag in zip(shown, distances, placed, strict=True):
        y = plot_top - 12 - flag.level * _FLAG_HEIGHT
        css = f"k-{moment.kind}"
        title = f"{moment.label}{': ' if moment.detail else ''}{moment.detail}, {distance}"
        drawing.rules.append(Rule(flag.x, y, flag.x, plot_top + _PLOT_HEIGHT, f"leader {css}"))
        drawing.dots.append(Dot(flag.x, y - 4, css, title))
        turned = flag.right <= flag.x
        x = flag.x - 8 if turned else flag.left + 8
        drawing.labels.append(
            Label(round(x, 2), y, text, "flag", "end" if turned else "start", rest=distance, title=title)
        )
    return plot_top


def _draw_indicator(drawing: Drawing, drill: DrillJournal, scale: TimeScale, top: float, bottom: float) -> None:
    shown = [reading for reading in drill.readings if scale.holds(reading.at)]
    values = ValueScale.around([drill.threshold, *(reading.value for reading in shown)], top=top, bottom=bottom)
    for tick in value_ticks(values.low, values.high):
        drawing.grid.append(Rule(LEFT, values.y(tick), RIGHT, values.y(tick), "grid"))
        drawing.labels.append(Label(LEFT - 8, values.y(tick) + 4, _tick(tick, drill.unit), "tick", "end"))
    level = values.y(drill.threshold)
    drawing.rules.append(Rule(LEFT, level, RIGHT, level, "threshold"))
    drawing.labels += [
        Label(RIGHT + 8, level, "threshold", "threshold-label"),
        Label(RIGHT + 8, level + 15, quantity(drill.threshold, drill.unit), "threshold-label strong"),
    ]
    points: list[tuple[float, float]] = []
    for reading in shown:
        if not math.isfinite(reading.value):
            _draw_line(drawing, points, values.y(0.0))
            points = []
            continue
        points.append((scale.x(reading.at), values.y(reading.value)))
        if len(shown) <= _DOTS:
            when = relative(reading.at - origin(drill))
            title = f"{drill.indicator} {quantity(reading.value, drill.unit)} at {when}"
            drawing.dots.append(Dot(*points[-1], "reading", title, r=3))
    _draw_line(drawing, points, values.y(0.0))


def _tick(value: float, unit: str) -> str:
    """Return a value as the axis says it: long units stand in the caption, not on each tick."""
    return quantity(value, unit if unit in {"%", "s", "percent"} else "")


def _draw_line(drawing: Drawing, points: Sequence[tuple[float, float]], floor: float) -> None:
    """Draw the indicator through points without a gap, and the area under it."""
    if len(points) < 2:
        return
    path = " L".join(f"{x:g} {y:g}" for x, y in points)
    drawing.strokes.append(Stroke(f"M{path} L{points[-1][0]:g} {floor:g} L{points[0][0]:g} {floor:g} Z", "area"))
    drawing.strokes.append(Stroke(f"M{path}", "line"))


def _draw_lanes(drawing: Drawing, drill: DrillJournal, scale: TimeScale, top: float) -> float:
    """Draw the fault's lane and one for each monitor; return where they end."""
    y = top
    if drill.fault:
        until = drill.fault.ended or scale.end
        title = f"Fault: {drill.fault.text}" + ("" if drill.fault.ended else ", never seen reverted")
        y = _draw_lane(drawing, scale, y, "Fault", [(drill.fault.began, until, drill.fault.text, "fault", title)])
    lanes: dict[str, list[TransitionSeen]] = {}
    for transition in sorted(drill.transitions, key=lambda seen: seen.at):
        lanes.setdefault(lane_name(transition), []).append(transition)
    for name, transitions in sorted(lanes.items()):
        spans = [
            (
                since,
                until,
                state,
                _STATE_CLASSES.get(state, "other"),
                f"{name}: {state}, {duration(until - since)}",
            )
            for since, until, state in _states(transitions, scale)
        ]
        y = _draw_lane(drawing, scale, y, name, spans)
    if not lanes:
        drawing.labels.append(Label(LEFT, y + 12, "No monitor changed its state.", "lane-name"))
        y += 24
    return y


def _states(transitions: Sequence[TransitionSeen], scale: TimeScale) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield since when, until when and in which state a monitor was, within the drawing's edges."""
    edges = [scale.start, *(seen.at for seen in transitions), scale.end]
    states = [transitions[0].old, *(seen.new for seen in transitions)]
    for (since, until), state in zip(pairwise(edges), states, strict=True):
        since, until = max(since, scale.start), min(until, scale.end)  # noqa: PLW2901 (cut at the edges)
        if since < until:
            yield since, until, state


def _draw_lane(
    drawing: Drawing,
    scale: TimeScale,
    top: float,
    name: str,
    spans: Sequence[tuple[datetime, datetime, str, str, str]],
) -> float:
    """Draw a lane of spans (since, until, text, class, title); texts that do not fit stand below."""
    drawing.labels.append(Label(LEFT, top + 11, name, "lane-name", title=name))
    bar = top + 17
    drawing.boxes.append(Box(LEFT, bar, RIGHT - LEFT, _BAR_HEIGHT, "lane"))
    outside: list[tuple[str, float]] = []
    for since, until, text, css, title in spans:
        x, width = scale.x(since), round(scale.x(until) - scale.x(since), 2)
        drawing.boxes.append(Box(x, bar, max(width, 2.0), _BAR_HEIGHT, f"state s-{css}", title, hatched=css == "fault"))
        if text_width(text) * 1.1 + 16 <= width:
            drawing.labels.append(Label(round(x + 8, 2), bar + 14, text, f"in-{css}", title=title))
        else:
            outside.append((text, x))
    placed = stack_flags([Flag(x, text_width(text, 11.0) + 8) for text, x in outside], left=LEFT, right=WIDTH - 4)
    for (text, _), flag in zip(outside, placed, strict=True):
        y = bar + _BAR_HEIGHT + 13 + flag.level * 14
        drawing.labels.append(Label(round(flag.left + 1, 2), y, text, "below"))
    levels = max((flag.level for flag in placed), default=-1) + 1
    return bar + _BAR_HEIGHT + 12 + levels * 14


def _draw_axis(drawing: Drawing, drill: DrillJournal, scale: TimeScale, top: float, bottom: float) -> None:
    if drill.fault:
        began, ended = scale.x(drill.fault.began), scale.x(drill.fault.ended or scale.end)
        drawing.boxes.insert(0, Box(began, top, max(0.0, round(ended - began, 2)), bottom - top, "shade"))
    zero = origin(drill)
    for tick in time_ticks(scale.start, scale.end, zero):
        x = scale.x(zero + tick)
        drawing.grid.append(Rule(x, top, x, bottom, "grid" if tick else "grid zero"))
        drawing.labels.append(Label(x, bottom + 18, relative(tick), "tick stack", "middle"))
        if drill.factor != 1:
            drawing.labels.append(Label(x, bottom + 34, real_time(tick, drill.factor), "tick", "middle"))
    drawing.rules.append(Rule(LEFT, bottom, RIGHT, bottom, "axis"))
    drawing.labels.append(Label(WIDTH, bottom + 18, "stack time" if drill.factor != 1 else "time", "unit", "end"))
    if drill.factor != 1:
        drawing.labels.append(Label(WIDTH, bottom + 34, "real time", "unit", "end"))
    drawing.height = round(bottom + (44 if drill.factor != 1 else 28), 2)
