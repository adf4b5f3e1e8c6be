"""A step that holds the times of a course against budgets: to detect, to page, to acknowledge, to resolve."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from alertproof.drills.course.play import Play
from alertproof.drills.words import minutes
from alertproof.errors import ConfigError
from alertproof.requirements import AlertSpec, Span

__all__ = ["Budget"]

_WORDS = {
    "detect": "the alert comes within {} of the fault",
    "page": "the page comes within {} of the fault",
    "acknowledge": "somebody acknowledges within {} of the page",
    "resolve": "the incident ends within {} of the revert",
}


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The course took at most so long until the alert, the page, the acknowledgement and the end; a part is enough.

    Each is counted as in the journal, and one that did not come at all is not met. It looks at what the steps before it
    saw, so it stands behind them.
    """

    detect: Span | None = None
    page: Span | None = None
    acknowledge: Span | None = None
    resolve: Span | None = None

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        if not self._allowed():
            raise ConfigError(f"a budget is of one time or more: {', '.join(_WORDS)}")
        return tuple(_WORDS[name].format(minutes(most)) for name, most in self._allowed().items())

    def take(self, play: Play) -> None:
        took = _times(play)
        for text, (name, most) in zip(self.said(play.scene.alert), self._allowed().items(), strict=True):
            span = took[name]
            seen = "it did not come" if span is None else f"it took {minutes(span)}"
            play.checks.expect(text, span is not None and timedelta(0) <= span <= most, seen)

    def _allowed(self) -> dict[str, timedelta]:
        """Return the budgets that are given, by their name."""
        given = ((name, getattr(self, name)) for name in _WORDS)
        return {name: span.delta for name, span in given if span is not None}


def _times(play: Play) -> dict[str, timedelta | None]:
    seen = play.scene.seen
    incident = play.scene.incident(seen.incident.id) if seen.incident is not None else None
    ended = seen.fault.ended if seen.fault is not None else None
    acknowledged, resolved = (incident.acknowledged_at, incident.resolved_at) if incident else (None, None)
    return {
        "detect": seen.alerted.at - play.first if seen.alerted and play.first else None,
        "page": incident.opened_at - play.first if incident and play.first else None,
        "acknowledge": acknowledged - incident.opened_at if incident and acknowledged else None,
        "resolve": resolved - ended if resolved and ended else None,
    }
