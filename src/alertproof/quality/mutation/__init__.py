"""Puts monitors wrong on purpose, one thing at a time, and looks whether their offline tests turn red, and by what."""

from __future__ import annotations

from alertproof.quality.mutation.defect import Change, Defect, Sign
from alertproof.quality.mutation.making import OPERATORS, defects_of, monitors_of, sample
from alertproof.quality.mutation.running import Outcome, require_green, run_defect

__all__ = [
    "OPERATORS",
    "Change",
    "Defect",
    "Outcome",
    "Sign",
    "defects_of",
    "monitors_of",
    "require_green",
    "run_defect",
    "sample",
]
