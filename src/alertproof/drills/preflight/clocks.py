"""Preflight of clocks: times to detect and to page are differences between clocks of several owners."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from alertproof.drills.preflight.survey import Survey
from alertproof.drills.problem import Problem
from alertproof.vendors import time_at

__all__ = ["clock_skew"]

_MOST = timedelta(seconds=10)


def clock_skew(survey: Survey) -> list[Problem]:
    """Find a clock that differs from this machine's by more than ten seconds; a header ``Date`` has whole seconds."""
    found: list[Problem] = []
    endpoints = survey.target.endpoints
    places = {
        "Datadog": endpoints.datadog if survey.datadog else "",
        "Sentry": endpoints.sentry_api if survey.sentry else "",
        "PagerDuty": endpoints.pagerduty if survey.pagerduty else "",
    }
    for vendor, address in places.items():
        if not address:
            continue
        ask = partial(time_at, address, ca_file=survey.target.ca_file)
        there = Survey.asked(vendor, ask, scope="nothing", found=found)
        if there is None:
            continue
        skew = there - survey.system.now()
        if abs(skew) > _MOST:
            word = "ahead of" if skew > timedelta(0) else "behind"
            what = f"its clock is {abs(skew).total_seconds():.0f} s {word} this machine's"
            found.append(Problem(where=vendor, what=what, do="set this machine's clock (NTP)"))
    return found
