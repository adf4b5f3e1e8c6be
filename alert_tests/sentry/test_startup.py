"""The platform's SDKs were started with the DSN of the project that is meant, and the platform says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alert_tests.sentry.breaking import Crm
    from alertproof.plugin.sentry import SentryFixture
    from alertproof.requirements import Target


def test_the_dsn_leads_into_the_project_by_a_key_that_is_active(sentry: SentryFixture, target: Target) -> None:
    sentry.expect_dsn(target.endpoints.sentry_dsn)


def test_the_platform_says_that_it_reports_its_errors(crm: Crm) -> None:
    assert crm.ready()["errors"] == "reported"
