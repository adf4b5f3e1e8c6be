"""What Sentry counts of the platform: the share of traces that is kept, sessions, and that no error is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.sentry.verify import level

if TYPE_CHECKING:
    from alert_tests.sentry.breaking import Crm
    from alertproof.plugin.sentry import SentryFixture

#: Enough to tell a tenth from none, a fifth or all.
REQUESTS = 400


pytestmark = pytest.mark.usefixtures("flushed")  # before the test's own watch begins


def test_the_agreed_share_of_traces_is_kept_and_the_sdk_reports_the_others(
    sentry: SentryFixture, crm: Crm, traces_sample_rate: float
) -> None:
    crm.read_leads(REQUESTS)
    crm.flush()

    sentry.expect_sampled(traces_sample_rate)


def test_sessions_say_how_the_release_does_and_a_crash_is_counted(sentry: SentryFixture, crm: Crm) -> None:
    before = sentry.health()
    crm.read_leads(9)
    broken = crm.break_request()
    crm.flush()
    sentry.wait_for_event(correlation_id=broken.correlation_id).expect(level("error"))

    sentry.expect_crash_free(0.5)
    assert sentry.health().since(before).by_status.get("crashed") == 1


def test_no_error_is_dropped_on_its_way(sentry: SentryFixture, crm: Crm) -> None:
    broken = [crm.break_request() for _ in range(5)]
    crm.flush()
    for each in broken:
        sentry.wait_for_event(correlation_id=each.correlation_id).expect(level("error"))

    sentry.expect_nothing_dropped("error")
