"""What happened, drawn in text: expected and actual states side by side, and values against their thresholds."""

from __future__ import annotations

from alertproof.offline.drawing.failure import draw_failure, draw_run
from alertproof.offline.drawing.ink import Drawing, Line, Part

__all__ = ["Drawing", "Line", "Part", "draw_failure", "draw_run"]
