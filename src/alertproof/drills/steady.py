"""The steady state that a drill starts from: without it nothing that follows would mean anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from alertproof.drills.indicator import read_indicator
from alertproof.drills.platform import Platform
from alertproof.errors import Broken
from alertproof.requirements import AlertSpec

__all__ = ["FIRING_TICKS", "QUIET_TICKS", "hold_steady"]

_TICK = timedelta(minutes=1)
#: With fewer the window might still hold the gap before the traffic began, and an alert could come early.
FIRING_TICKS = 3
#: Where nothing may fire, nothing can come early.
QUIET_TICKS = 2
_DEADLINE = timedelta(minutes=20)
_WORST_LAG = 0.25  # seconds by which the generator itself may be late before its rate means nothing
_ENOUGH = 0.9  # of the requests that were due in a tick


def _traffic(platform: Platform, since: datetime, until: datetime) -> str:
    tally = platform.traffic.tally(since=platform.real(since), until=platform.real(until))
    due = platform.traffic.plan.rate * platform.real_span(until - since).total_seconds()
    if tally.sent < _ENOUGH * due:
        return f"{tally.sent} of {due:.0f} requests were answered"
    if tally.failed:
        return f"{tally.failed} of {tally.sent} requests failed"
    if tally.worst_lag > _WORST_LAG:
        return f"the traffic generator was {tally.worst_lag:.2f} s late"
    return ""


def _monitors(platform: Platform) -> str:
    states = {
        f"{name} {group}": state
        for name, monitor_id in platform.deployment.monitors.items()
        for group, state in platform.datadog.group_states(monitor_id).items()
    }
    return "; ".join(sorted(f"{label} is {state}" for label, state in states.items() if state != "OK"))


def _indicator(platform: Platform, alert: AlertSpec, since: datetime, until: datetime) -> str:
    name = alert.indicator.name
    readings = read_indicator(
        alert.indicator,
        datadog=platform.datadog,
        since=since - _TICK,
        until=until,
        origin=platform.spec.environment,
        environment=platform.environment,
    )
    if not readings or readings[-1].at <= since:
        return f"no fresh points of the indicator {name!r} are at Datadog"
    if readings[-1].value > alert.indicator.threshold:
        return f"{name} is {readings[-1].value:.4g}, above its threshold"
    return ""


def _disturbed(platform: Platform, alert: AlertSpec, since: datetime, until: datetime) -> str:
    """Return what was not steady in ``[since, until]`` of the target's clock, empty when all was."""
    found = _traffic(platform, since, until), _monitors(platform), _indicator(platform, alert, since, until)
    return "; ".join(filter(None, found))


def hold_steady(platform: Platform, alert: AlertSpec, *, ticks: int) -> datetime:
    """Wait until so many ticks of a stack minute in a row were steady and return the instant.

    A tick is steady when the traffic kept its rate and no request failed, every deployed monitor is OK in
    every group, and fresh points of the indicator are at Datadog. Raises `Broken` with what was last seen.
    """
    clock = platform.clock
    deadline = clock.now() + _DEADLINE
    good, seen = 0, "nothing yet"
    while good < ticks:
        since = clock.now()
        if since > deadline:
            raise Broken(
                f"no steady state within {_DEADLINE // _TICK} stack minutes; last seen: {seen}; "
                "look at the platform and its telemetry before you break it on purpose"
            )
        clock.sleep(_TICK)
        seen = _disturbed(platform, alert, since, clock.now() - timedelta(seconds=10)) or "steady"
        good = good + 1 if seen == "steady" else 0
    return clock.now()
