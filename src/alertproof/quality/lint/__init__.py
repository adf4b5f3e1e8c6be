"""Finds what people get wrong in monitors: one rule for each mistake, with a page that explains it."""

from __future__ import annotations

from alertproof.quality.lint.check import RULES, lint, rule_of
from alertproof.quality.lint.finding import Finding, Level
from alertproof.quality.lint.page import index, page
from alertproof.quality.lint.rule import Complaint, Example, Rule
from alertproof.quality.lint.subject import Subject

__all__ = [
    "RULES",
    "Complaint",
    "Example",
    "Finding",
    "Level",
    "Rule",
    "Subject",
    "index",
    "lint",
    "page",
    "rule_of",
]
