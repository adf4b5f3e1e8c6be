"""Tells Sentry that the scheduler is alive: check-ins of a cron monitor, whose absence Sentry alerts on."""

from __future__ import annotations

from datetime import timedelta
from typing import final

import sentry_sdk
from sentry_sdk.crons import capture_checkin

from alertproof.schedule.record import Gap
from alertproof.schedule.scheduler import RunTold

__all__ = ["SentryListener", "slug_of"]

_MARGIN = 2  # minutes; a machine may start anew in that time


@final
class SentryListener:
    """Checks in each ``beat``, by a client of its own: one that the process may have stays as it is.

    A beat is an *error* where the scheduler itself could not write or run since the last one. The monitor makes itself,
    with its schedule, by the first check-in.
    """

    def __init__(self, dsn: str, *, environment: str, location: str, beat: timedelta) -> None:
        self._client = sentry_sdk.Client(dsn=dsn, environment=environment or None, default_integrations=False)
        self._slug = slug_of(location)
        minutes = max(1, round(beat / timedelta(minutes=1)))
        self._config: dict[str, object] = {
            "schedule": {"type": "interval", "value": minutes, "unit": "minute"},
            "checkin_margin": _MARGIN,
            "failure_issue_threshold": 1,
            "recovery_threshold": 1,
        }

    def ran(self, run: RunTold) -> None:
        """Say nothing: a check that fails is no fault of the scheduler."""

    def missed(self, gap: Gap) -> None:
        """Say nothing, too."""

    def alive(self, *, healthy: bool) -> None:
        """Check in."""
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope() as scope:
            scope.set_client(self._client)
            capture_checkin(
                monitor_slug=self._slug,
                status="ok" if healthy else "error",
                monitor_config=self._config,  # type: ignore[arg-type]
            )

    def close(self) -> None:
        """Send what is left."""
        self._client.close(timeout=2.0)


def slug_of(location: str) -> str:
    """Return the name of a location's monitor, as Sentry takes names: ``alertproof-schedule-dublin``."""
    plain = "".join(one if one.isascii() and one.isalnum() else "-" for one in location.lower()).strip("-")
    return f"alertproof-schedule-{plain}"[:50].rstrip("-")
