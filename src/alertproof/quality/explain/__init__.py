"""Says in plain words what a monitor watches, when it fires and who is told: for whoever is new on call."""

from __future__ import annotations

from alertproof.quality.explain.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
