"""The marks of a check: how often it runs on a schedule, that it is known to fail, and a journey's conditions.

``@pytest.mark.every("30s", jitter="3s")`` and
``@pytest.mark.quarantine(owner="team-web", until="2026-12-24", why="the search is being rebuilt")``.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from alertproof.clock import SystemClock
from alertproof.errors import ConfigError
from alertproof.requirements import parse_span
from alertproof.schedule.wire import Quarantine

__all__ = ["MARKS", "every_of", "honour_quarantine", "quarantine_of"]

#: As pytest lists them.
MARKS = (
    'every(span, jitter="0s"): how often alertproof schedule runs this check',
    'conditions(device="", network="", cpu=1): on which device, over which network, how slow a processor (journeys)',
    "quarantine(owner, until, why): known to fail; runs all the same, and is red from the day after `until` on",
)


def every_of(item: pytest.Item) -> tuple[timedelta | None, timedelta | None]:
    """Return the interval and the jitter of a check, each None where it says none; raises `ConfigError`."""
    mark = item.get_closest_marker("every")
    if mark is None:
        return None, None
    if len(mark.args) != 1 or set(mark.kwargs) - {"jitter"}:
        raise ConfigError(f'{item.nodeid}: write @pytest.mark.every("1m") or @pytest.mark.every("1m", jitter="5s")')
    jitter = mark.kwargs.get("jitter")
    return _span(item, mark.args[0]), None if jitter is None else _span(item, jitter)


def quarantine_of(item: pytest.Item) -> Quarantine | None:
    """Return the quarantine of a check, None where it has none; raises `ConfigError` where a part of it is missing."""
    mark = item.get_closest_marker("quarantine")
    if mark is None:
        return None
    said = mark.kwargs
    if (
        mark.args
        or set(said) != {"owner", "until", "why"}
        or not all(isinstance(one, str) and one for one in said.values())
    ):
        raise ConfigError(
            f'{item.nodeid}: write @pytest.mark.quarantine(owner="WHO", until="YYYY-MM-DD", why="..."), all three'
        )
    try:
        return Quarantine(owner=said["owner"], until=date.fromisoformat(said["until"]), why=said["why"])
    except ValueError as error:
        raise ConfigError(f"{item.nodeid}: until={said['until']!r} is no day; write 2026-12-24") from error


def honour_quarantine(item: pytest.Item, report: pytest.TestReport, *, softened: bool) -> None:
    """Make of a failure that is known a skip with its reason, and of a quarantine that has ended an error.

    Without ``softened`` a known failure stays what it is: who counts the runs knows of the quarantine.
    """
    if report.when != "call":
        return
    try:
        known = quarantine_of(item)
    except ConfigError as error:
        report.outcome, report.longrepr = "failed", str(error)
        return
    if known is None:
        return
    today = SystemClock().now().date()
    if today > known.until:
        report.outcome = "failed"
        report.longrepr = (
            f"the quarantine of {known.owner} ended on {known.until} ({known.why}); "
            "mend the check and take the mark away, or say another day"
        )
        return
    if softened and report.failed:
        report.wasxfail = f"quarantined until {known.until} by {known.owner}: {known.why}"
        report.outcome = "skipped"
        report.longrepr = ("", 0, f"Skipped: {report.wasxfail}; it failed: {report.longreprtext}")


def _span(item: pytest.Item, text: object) -> timedelta:
    try:
        return parse_span(str(text))
    except ValueError as error:
        raise ConfigError(f"{item.nodeid}: {error}") from error
