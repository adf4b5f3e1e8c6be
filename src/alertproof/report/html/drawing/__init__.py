"""Drawings as shapes: a timeline, a waterfall, panels over time, widgets, and the small ones that stand in tables."""

from __future__ import annotations

from alertproof.report.html.drawing.bars import PHASES, draw_budget, draw_gauge, draw_phases, draw_share
from alertproof.report.html.drawing.panels import draw_load
from alertproof.report.html.drawing.runs import draw_runs
from alertproof.report.html.drawing.shapes import Drawing
from alertproof.report.html.drawing.timeline import draw_drill
from alertproof.report.html.drawing.waterfall import draw_journey
from alertproof.report.html.drawing.widgets import COLOURS, draw_widget, finite, ranked

__all__ = [
    "COLOURS",
    "PHASES",
    "Drawing",
    "draw_budget",
    "draw_drill",
    "draw_gauge",
    "draw_journey",
    "draw_load",
    "draw_phases",
    "draw_runs",
    "draw_share",
    "draw_widget",
    "finite",
    "ranked",
]
