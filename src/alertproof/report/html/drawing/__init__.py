"""Drawings as shapes: a timeline, a waterfall, panels over time, and the small ones that stand in tables."""

from __future__ import annotations

from alertproof.report.html.drawing.bars import PHASES, draw_budget, draw_gauge, draw_phases
from alertproof.report.html.drawing.panels import draw_load
from alertproof.report.html.drawing.runs import draw_runs
from alertproof.report.html.drawing.shapes import Drawing
from alertproof.report.html.drawing.timeline import draw_drill
from alertproof.report.html.drawing.waterfall import draw_journey

__all__ = [
    "PHASES",
    "Drawing",
    "draw_budget",
    "draw_drill",
    "draw_gauge",
    "draw_journey",
    "draw_load",
    "draw_phases",
    "draw_runs",
]
