"""Where a group stands, and how a step moves it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from alertproof.datadog.monitor.definition import State

__all__ = ["GroupStatus", "moved"]


class GroupStatus(Struct, frozen=True, kw_only=True):
    """Where a group stands; the instants are those of the API's group rows.

    ``first_triggered_at`` opens a cycle of trouble and ``last_resolved_at`` closes it; ``last_triggered_at``
    is the last step into any state but OK [VAR]. ``renotified`` counts renotifications since that step.
    ``last_muted_at`` is when a notification was last due and a downtime kept it back.
    """

    state: State
    since: datetime
    value: float | None = None
    first_triggered_at: datetime | None = None
    last_triggered_at: datetime | None = None
    last_resolved_at: datetime | None = None
    last_nodata_at: datetime | None = None
    last_notified_at: datetime | None = None
    last_muted_at: datetime | None = None
    renotified: int = 0

    @property
    def in_trouble(self) -> bool:
        """Tell whether a cycle is open: it triggered and has not resolved since."""
        if self.first_triggered_at is None:
            return False
        return self.last_resolved_at is None or self.last_resolved_at < self.first_triggered_at

    @property
    def trouble_was_told(self) -> bool:
        """Tell whether the open cycle has notified anyone."""
        return self._is_of_this_trouble(self.last_notified_at)

    @property
    def trouble_was_due(self) -> bool:
        """Tell whether the open cycle has notified anyone or would have without a downtime, so that its end does."""
        return self._is_of_this_trouble(self.last_due_at)

    @property
    def last_due_at(self) -> datetime | None:
        """Return when a notification was last sent or kept back."""
        sent, kept_back = self.last_notified_at, self.last_muted_at
        if sent is None or kept_back is None:
            return sent or kept_back
        return max(sent, kept_back)

    def _is_of_this_trouble(self, at: datetime | None) -> bool:
        first = self.first_triggered_at
        return self.in_trouble and first is not None and at is not None and at >= first


def moved(before: GroupStatus, new: State, value: float | None, at: datetime) -> GroupStatus:
    """Return the status after an evaluation that found ``new``; the value of a skipped one is kept."""
    value = before.value if value is None else value
    if new is before.state:
        return before if value == before.value else replace(before, value=value)
    changes: dict[str, object] = {"state": new, "since": at, "value": value, "renotified": 0}
    if new is State.OK:
        return replace(before, **changes, **({"last_resolved_at": at} if before.in_trouble else {}))
    if not before.in_trouble:
        changes["first_triggered_at"] = at
    if new is State.NO_DATA:
        changes["last_nodata_at"] = at
    return replace(before, **changes, last_triggered_at=at)
