"""Runs every check of a preflight and keeps all that they find."""

from __future__ import annotations

from collections.abc import Callable

from alertproof.drills.preflight.clocks import clock_skew
from alertproof.drills.preflight.doors import fault_doors
from alertproof.drills.preflight.keys import datadog_keys, pagerduty_keys, sentry_keys, settings
from alertproof.drills.preflight.monitors import budgets, monitors
from alertproof.drills.preflight.people import people
from alertproof.drills.preflight.survey import Survey
from alertproof.drills.problem import Problem

__all__ = ["preflight"]

#: In this order: an account whose keys are refused is asked nothing more.
_CHECKS: tuple[Callable[[Survey], list[Problem]], ...] = (
    settings,
    datadog_keys,
    sentry_keys,
    pagerduty_keys,
    clock_skew,
    fault_doors,
    monitors,
    people,
    budgets,
)


def preflight(survey: Survey) -> list[Problem]:
    """Return all that is wrong, each once, in the order of the checks; nothing when a drill may start."""
    found = [problem for check in _CHECKS for problem in check(survey)]
    return list(dict.fromkeys(found))
