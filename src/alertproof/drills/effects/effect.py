"""The seam between a drill and what a fault does to the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from alertproof.faults import Fault
from alertproof.telemetry.series import SeriesStore

__all__ = ["Effect"]


class Effect(Protocol):
    """One fault's effect in one drill.

    The methods decide expectations on the scene's checklist and keep the moments in its outcome. They are called in
    the order in which they stand here; ``announce``, ``see_traces`` and ``prove`` on the firing side only,
    ``see_at_datadog`` on the quiet side only.
    """

    @property
    def fault(self) -> Fault:
        """The fault as it is injected."""

    @property
    def bad_share(self) -> float:
        """Which share of what a pooled indicator counts is bad while the fault stands, in a full window."""

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        """Return the indicator's metrics as they are when the fault stands from ``begins`` on."""

    def announce(self) -> None:
        """Say what the firing side is going to expect."""

    def see_first(self) -> None:
        """Wait for the first sign of the fault outside of the platform: a request of the steady traffic, a value."""

    def see_traces(self) -> None:
        """See what that left behind elsewhere."""

    def prove(self) -> None:
        """Afterwards: see that what was looked at could have been seen, and that nothing else was wrong."""

    def see_at_datadog(self) -> None:
        """Afterwards: decide that Datadog saw the lesser fault, and below the threshold."""

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        """Return what must lie between the fault and the alert, in order; None for what was not seen."""
