"""Preflight: everything that keeps a drill from starting, said at once, before anything is touched. It only reads."""

from __future__ import annotations

from alertproof.drills.preflight.run import preflight
from alertproof.drills.preflight.survey import Survey, surveyed

__all__ = ["Survey", "preflight", "surveyed"]
