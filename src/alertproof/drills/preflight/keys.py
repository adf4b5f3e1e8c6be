"""Preflight of keys: are they there, are they known, and may they read all that a drill reads?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from alertproof.drills.connections import missing_settings
from alertproof.drills.preflight.survey import Survey
from alertproof.drills.problem import Problem
from alertproof.errors import VendorError, VendorRejected

__all__ = ["datadog_keys", "pagerduty_keys", "sentry_keys", "settings"]

_SOME = timedelta(minutes=1)


def settings(survey: Survey) -> list[Problem]:
    """Find settings that the target does not say."""
    return [
        Problem(where=f"target {survey.name}", what=f"{name} is missing", do="set it in the environment")
        for name in missing_settings(survey.target)
    ]


def datadog_keys(survey: Survey) -> list[Problem]:
    """Find keys that Datadog refuses, and the scopes that the application key lacks."""
    client = survey.datadog
    if client is None:
        return []
    found: list[Problem] = []
    try:
        client.require_api_key()
    except VendorRejected as error:
        survey.datadog = None
        return [Problem(where="Datadog", what=str(error), do="look at DD_API_KEY, and at the site (DD_SITE)")]
    except VendorError as error:
        survey.datadog = None
        return [Problem(where="Datadog", what=str(error), do="look at the network and at DD_SITE")]
    now = survey.target.stack_clock().now()
    indicator = next(iter(survey.chosen().values())).indicator
    asked: dict[str, Callable[[], object]] = {
        "monitors_read": lambda: client.monitors_tagged("managed_by:alertproof"),
        "events_read": lambda: client.transitions(since=now - _SOME, until=now),
        "slos_read": lambda: client.slos_tagged("managed_by:alertproof"),
        "timeseries_query": lambda: client.points(_reading(indicator.numerator), since=now - _SOME, until=now),
    }
    for scope, ask in asked.items():
        Survey.asked("Datadog", ask, scope=f"the scope {scope} (DD_APP_KEY)", found=found)
    if len(found) == len(asked):
        # Not a scope: the key itself.
        survey.datadog = None
        return [Problem(where="Datadog", what=found[0].what, do="look at DD_APP_KEY: it may read nothing at all")]
    return found


def _reading(query: str) -> str:
    """Return a query that makes one series of any metric, for a percentile is asked for otherwise."""
    return "sum:" + query.partition(":")[2]


def sentry_keys(survey: Survey) -> list[Problem]:
    """Find a token that Sentry refuses, a project that is not there, and scopes that are lacking."""
    client = survey.sentry
    if client is None:
        return []
    found: list[Problem] = []
    Survey.asked("Sentry", client.keys, scope="project:read (SENTRY_AUTH_TOKEN)", found=found)
    Survey.asked("Sentry", lambda: client.events(most=1), scope="event:read (SENTRY_AUTH_TOKEN)", found=found)
    if len(found) == 2:
        survey.sentry = None
        do = "look at SENTRY_AUTH_TOKEN, SENTRY_ORG, SENTRY_PROJECT and SENTRY_URL"
        return [Problem(where="Sentry", what=found[0].what, do=do)]
    return found


def pagerduty_keys(survey: Survey) -> list[Problem]:
    """Find a token that PagerDuty refuses."""
    client = survey.pagerduty
    if client is None:
        return []
    now = survey.target.stack_clock().now()
    try:
        client.incidents(since=now - _SOME)
    except VendorError as error:
        survey.pagerduty = None
        do = "look at PAGERDUTY_API_TOKEN, and at PAGERDUTY_API_HOST for an account in the EU"
        return [Problem(where="PagerDuty", what=str(error), do=do)]
    return []
