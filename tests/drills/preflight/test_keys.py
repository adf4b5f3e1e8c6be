"""Preflight of keys: each that is missing, refused, or may not read something is said with what to do."""

from __future__ import annotations

import pytest
from tests.drills.preflight.conftest import Elsewhere


@pytest.mark.parametrize("name", ["DD_APP_KEY", "SENTRY_PROJECT", "PAGERDUTY_API_TOKEN", "M3CORE_SEED_PASSWORD"])
def test_a_setting_that_is_missing_is_named(standing: Elsewhere, name: str) -> None:
    del standing.env[name]

    assert standing.problems()[0] == f"target staging: {name} is missing; set it in the environment"


def test_a_wrong_api_key_is_said_once_and_datadog_is_asked_no_more(standing: Elsewhere) -> None:
    standing.account.datadog.turn(path="/api/v1/validate", status=403)
    standing.account.datadog.control("DELETE", "requests")

    (said,) = standing.problems()

    assert said.startswith("Datadog: Datadog refused the API key: 403")
    assert said.endswith("look at DD_API_KEY, and at the site (DD_SITE)")
    rows = standing.account.datadog.control("GET", "requests")["requests"]
    assert [row["path"] for row in rows] == ["/api/v1/validate"]


def test_a_wrong_application_key_is_said_once(standing: Elsewhere) -> None:
    for path in ("/api/v1/monitor", "/api/v1/slo", "/api/v1/query", "/api/v2/events"):
        standing.account.datadog.turn(path=path, status=403)

    (said,) = standing.problems()

    assert said.endswith("look at DD_APP_KEY: it may read nothing at all")


@pytest.mark.parametrize(
    ("path", "scope"),
    [("/api/v1/slo", "slos_read"), ("/api/v1/query", "timeseries_query"), ("/api/v2/events", "events_read")],
)
def test_a_scope_that_the_application_key_lacks_is_named(standing: Elsewhere, path: str, scope: str) -> None:
    standing.account.datadog.turn(path=path, status=403)

    (said,) = standing.problems()

    assert said.endswith(f"the key needs the scope {scope} (DD_APP_KEY)")


def test_a_scope_that_only_downtimes_need_is_named(standing: Elsewhere) -> None:
    standing.account.datadog.turn(path=f"/api/v2/monitor/{standing.monitor_id()}/downtime_matches", status=403)

    (said,) = standing.problems()

    assert said.endswith("the key needs the scope monitors_downtime (DD_APP_KEY)")


def test_a_token_that_sentry_refuses_is_said_once(standing: Elsewhere) -> None:
    standing.sentry.turn(path="/api/0/", status=401)

    (said,) = standing.problems()

    assert said.startswith("Sentry: Sentry refused /api/0/projects/m3core/m3core-staging/keys/: 401")
    assert said.endswith("look at SENTRY_AUTH_TOKEN, SENTRY_ORG, SENTRY_PROJECT and SENTRY_URL")


def test_a_token_that_may_not_read_events_is_said_with_the_scope(standing: Elsewhere) -> None:
    standing.sentry.turn(path="/api/0/organizations/m3core/events/", status=403)

    (said,) = standing.problems()

    assert said.endswith("the key needs event:read (SENTRY_AUTH_TOKEN)")


def test_a_token_that_pagerduty_refuses_is_said_with_where_to_look(standing: Elsewhere) -> None:
    standing.account.pagerduty.turn(path="/incidents", status=401)

    found = standing.problems()

    assert found[0].startswith("PagerDuty: PagerDuty refused to list incidents: 401")
    assert "PAGERDUTY_API_HOST for an account in the EU" in found[0]


def test_a_vendor_that_does_not_answer_is_no_refusal(standing: Elsewhere) -> None:
    standing.sentry.turn(path="/api/0/projects/m3core/m3core-staging/keys/", status=503)

    (said,) = standing.problems()

    assert said.endswith("try again, and look at its status page")


def test_a_vendor_that_is_busy_is_waited_for(standing: Elsewhere) -> None:
    standing.account.datadog.turn(path="/api/v1/monitor", status=429, retry_after_s=1, times=1)
    standing.sentry.turn(path="/api/0/", status=429, retry_after_s=1, times=1)
    standing.account.pagerduty.turn(path="/incidents", status=429, retry_after_s=1, times=1)

    assert standing.problems() == []
    vendors = standing.account.datadog, standing.sentry, standing.account.pagerduty
    assert [vendor.taken() for vendor in vendors] == [[1], [1], [1]]
