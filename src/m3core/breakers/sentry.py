"""Errors of this process do not reach Sentry, or Sentry wants no more of them.

It stands in this process's memory, and goes with it.
"""

from __future__ import annotations

from typing import final

from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault
from m3core.telemetry.sentry_wire import WIRE, WireTrouble

__all__ = ["SentryLoss"]


@final
class SentryLoss:
    """Has one thing wrong with the way to Sentry; ``reported`` says whether errors are reported at all."""

    def __init__(self, trouble: WireTrouble, *, reported: bool) -> None:
        self._trouble = trouble
        self._reported = reported

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:  # noqa: ARG002 - all that it needs is here
        """Break it; raises `CannotBreak` where there is no way, or where it is broken already."""
        if not self._reported:
            raise CannotBreak("errors are not reported: SENTRY_DSN is not set")
        if WIRE.trouble is not None:
            raise CannotBreak(f"Sentry is {WIRE.trouble} already; revert that fault first")
        WIRE.hits, WIRE.trouble = 0, self._trouble

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - there is one at a time
        """Return how many requests to Sentry were hit."""
        return WIRE.hits

    def end(self, fault: Fault) -> None:  # noqa: ARG002 - as above
        """Mend it; what was lost meanwhile stays lost."""
        if WIRE.trouble is self._trouble:
            WIRE.trouble = None
