"""A check's last runs as a row of bars: the newest at the right, its height what it took, its form its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from alertproof.report.history import PastRun
from alertproof.report.html.drawing.shapes import Box, Dot, Drawing, Rule, Stroke
from alertproof.report.words import DEGRADED, duration, instant, marked
from alertproof.verdict import Verdict

__all__ = ["SLOTS", "draw_runs"]

SLOTS = 20
_STEP, _BAR, _TOP, _FLOOR = 6.0, 4.0, 7.0, 23.0


def draw_runs(runs: Sequence[PastRun]) -> Drawing:
    """Return the last `SLOTS` runs, the oldest first.

    A bar is as high as its value among these runs. A failed run has a dot above it, a broken one is hollow with a
    dot, a skipped one is a line on the floor, one that passed degraded has a dot: the form says it without the colour.
    """
    drawing = Drawing(SLOTS * _STEP - (_STEP - _BAR), 24.0)
    shown = runs[-SLOTS:]
    highest = max((run.value or 0.0 for run in shown), default=0.0)
    drawing.grid.append(Rule(0, _FLOOR, drawing.width, _FLOOR, "floor"))
    passed: list[str] = []
    for place, run in enumerate(shown, start=SLOTS - len(shown)):
        x, height = place * _STEP, _height(run, highest)
        if run.degraded:
            drawing.dots.append(Dot(x + _BAR / 2, 3, "r-degraded", _title(run), r=2))
        if run.verdict is Verdict.PASSED:
            passed.append(f"M{x:g} {_FLOOR:g}v{-height:g}h{_BAR:g}v{height:g}z")
            continue
        title = _title(run)
        drawing.boxes.append(Box(x, round(_FLOOR - height, 2), _BAR, height, f"r-{run.verdict}", title))
        if run.verdict is not Verdict.SKIPPED:
            drawing.dots.append(Dot(x + _BAR / 2, 3, f"r-{run.verdict}", title, r=2))
    if passed:  # one shape for all: a page may hold hundreds of such rows
        drawing.strokes.append(Stroke("".join(passed), "r-passed"))
    return drawing


def _height(run: PastRun, highest: float) -> float:
    if run.verdict is Verdict.SKIPPED:
        return 2.0
    tall = _FLOOR - _TOP
    if run.value is None or highest <= 0:
        return round(tall * 0.6, 2)
    return round(max(3.0, tall * run.value / highest), 2)


def _title(run: PastRun) -> str:
    value = f", {duration(run.span)}" if run.span is not None else ""
    return f"{DEGRADED if run.degraded else marked(run.verdict)}{value}, {instant(run.at)}"
