"""The worker's scheduled job tells Sentry that it ran: a job that stops running is missed there and not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.plugin.sentry import SentryFixture


def test_the_scheduled_job_checks_in_and_is_done_in_time(sentry: SentryFixture) -> None:
    sentry.expect_check_in("m3core-tidy-up", status="ok", took="5m", age="2h", within="90s")
