"""Where a group stands, and how a step moves it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alertproof.datadog.monitor.definition import State

__all__ = ["GroupStatus", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """Where a group stands; the instants are those of the API's group rows.

    ``first_triggered_at`` opens a cycle of trouble and ``last_resolved_at`` closes it; ``last_triggered_at``
    is the last step into any state but OK [VAR]. ``renotified`` counts renotifications since that step.
    """

    state: State
    since: datetime
    value: float | None = None
    first_triggered_at: datetime | None = None
    last_triggered_at: datetime | None = None
    last_resolved_at: datetime | None = None
    last_nodata_at: datetime | None = None
    last_notified_at: datetime | None = None
    renotified: int = 0

    @property
    def in_trouble(self) -> bool:
        """Tell whether a cycle is open: it triggered and has not resolved since."""
        if self.first_triggered_at is None:
            return False
        return self.last_resolved_at is None or self.last_resolved_at < self.first_triggered_at

    @property
    def trouble_was_told(self) -> bool:
        """Tell whether the open cycle has notified anyone, so that its end does too."""
        first, told = self.first_triggered_at, self.last_notified_at
        return self.in_trouble and first is not None and told is not None and told >= first


def moved(before: GroupStatus, new: State, value: float | None, at: datetime) -> GroupStatus:
    """Return the status after an evaluation that found ``new``; the value of a skipped one is kept."""
    after = before if value is None else replace(before, value=value)
    if new is before.state:
        return after
    after = replace(after, state=new, since=at, renotified=0)
    if new is State.OK:
        return replace(after, last_resolved_at=at) if before.in_trouble else after
    if not before.in_trouble:
        after = replace(after, first_triggered_at=at)
    if new is State.NO_DATA:
        after = replace(after, last_nodata_at=at)
    return replace(after, last_triggered_at=at)
