"""A check's last runs as a row of bars: the newest at the right, its height what it took, its form its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from alertproof.report.history import PastRun
from alertproof.report.html.drawing.shapes import Box, Dot, Drawing, Rule
from alertproof.report.words import duration, instant, marked
from alertproof.verdict import Verdict

__all__ = ["SLOTS", "draw_runs"]

SLOTS = 20
_STEP, _BAR, _TOP, _FLOOR = 6.0, 4.0, 7.0, 23.0


def draw_runs(runs: Sequence[PastRun]) -> Drawing:
    """Return the last `SLOTS` runs, the oldest first.

    A bar is as high as its value among these runs. A failed run has a dot above it, a broken one is hollow with a
    dot, a skipped one is a line on the floor: the form says it without the colour.
    """
    drawing = Drawing(SLOTS * _STEP - (_STEP - _BAR), 24.0)
    shown = runs[-SLOTS:]
    highest = max((run.value or 0.0 for run in shown), default=0.0)
    drawing.grid.append(Rule(0, _FLOOR, drawing.width, _FLOOR, "floor"))
    for place, run in enumerate(shown, start=SLOTS - len(shown)):
        x = place * _STEP
        title = _title(run)
        if run.verdict is Verdict.SKIPPED:
            drawing.boxes.append(Box(x, _FLOOR - 2, _BAR, 2, "r-skipped", title))
            continue
        tall = _FLOOR - _TOP
        height = round(max(3.0, tall * run.value / highest) if run.value is not None and highest > 0 else tall * 0.6, 2)
        drawing.boxes.append(Box(x, round(_FLOOR - height, 2), _BAR, height, f"r-{run.verdict}", title))
        if run.verdict is not Verdict.PASSED:
            drawing.dots.append(Dot(x + _BAR / 2, 3, f"r-{run.verdict}", title, r=2))
    return drawing


def _title(run: PastRun) -> str:
    value = f", {duration(run.span)}" if run.span is not None else ""
    return f"{marked(run.verdict)}{value}, {instant(run.at)}"
