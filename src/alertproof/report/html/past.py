"""A check's last runs as the page shows them: a row of bars and the words beside it."""

from __future__ import annotations

from dataclasses import dataclass

from alertproof.report.history import Past
from alertproof.report.html.drawing import Drawing, draw_runs
from alertproof.report.model import Report
from alertproof.report.summary.past import past_words
from alertproof.report.words import between

__all__ = ["PastView", "Recall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """The last runs of one check.

    A single run needs no ``drawing``. ``took`` is the range of their values, empty for a check that measures nothing.
    """

    drawing: Drawing | None
    words: str
    took: str


class Recall:
    """Knows the last runs of each check; false when there is no history at all."""

    def __init__(self, report: Report, past: Past) -> None:
        self._past = past
        self._run = report.started.run if report.started else ""
        self._now = report.ended

    def __bool__(self) -> bool:
        return bool(self._past) and self._now is not None

    def of(self, check: str) -> PastView | None:
        """Return the last runs of a check; None when none is known."""
        runs, now = self._past.get(check, ()), self._now
        if not runs or now is None:
            return None
        spans = [run.span for run in runs if run.span is not None]
        return PastView(
            drawing=draw_runs(runs) if len(runs) > 1 else None,
            words=past_words(runs, now=now, run=self._run),
            took=between(min(spans), max(spans)) if spans else "",
        )
