"""Each kind of failure becomes one event that says where, in which release, whose and in which trace, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.sentry.verify import (
    breadcrumb,
    in_app,
    in_app_only,
    level,
    other_issue_than,
    same_issue_as,
    sample_rate,
    tag,
    title,
    trace,
    user,
)

if TYPE_CHECKING:
    from alert_tests.sentry.breaking import Crm
    from alertproof.plugin.sentry import SentryFixture

pytestmark = [pytest.mark.sentry_strict]


def test_a_request_that_fails_is_one_event_of_its_user_with_its_stack(
    sentry: SentryFixture, crm: Crm, traces_sample_rate: float
) -> None:
    broken = crm.break_request()

    sentry.wait_for_event(correlation_id=broken.correlation_id).expect(
        *sentry.as_agreed(tenant=crm.tenant),
        level("error"),
        title("DatabaseUnavailable: *"),
        tag("service", "m3core-api"),
        user(crm.user_id),
        breadcrumb(category="database"),
        in_app("m3core.faults", function="lose_database"),
        in_app_only("m3core"),
        sample_rate(traces_sample_rate),
    )


def test_one_cause_is_one_issue_and_another_is_another(sentry: SentryFixture, crm: Crm) -> None:
    first, second, job = crm.break_request(), crm.break_request(), crm.break_job()

    known = sentry.wait_for_event(correlation_id=first.correlation_id).expect(level("error"))
    sentry.wait_for_event(correlation_id=second.correlation_id).expect(same_issue_as(known))
    sentry.wait_for_event(correlation_id=job.correlation_id).expect(other_issue_than(known))


def test_a_request_that_fails_is_in_the_trace_of_its_caller(sentry: SentryFixture, crm: Crm) -> None:
    broken = crm.break_request(traced=True)

    sentry.wait_for_event(correlation_id=broken.correlation_id).expect(trace(broken.trace_id))


def test_a_job_that_fails_for_good_is_one_event_of_the_request_that_queued_it(sentry: SentryFixture, crm: Crm) -> None:
    broken = crm.break_job()

    sentry.wait_for_event(correlation_id=broken.correlation_id).expect(
        *sentry.as_agreed(tenant=crm.tenant),
        level("error"),
        title("SMTPNotSupportedError: *"),
        tag("service", "m3core-worker"),
        user(None),
        in_app("m3core.mail", function="*send"),
        in_app_only("m3core"),
    )
