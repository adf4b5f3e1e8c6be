"""The steady state that a drill starts from: without it nothing that follows would mean anything.

A pooled window remembers; that of a gauge does not, for one good value in it keeps the alert away. At the earliest
instant at which the alert may come a pooled one still holds what was before the fault, and slow or failed requests
from there would make the alert come early, as a gap in the traffic would. So a drill looks back as far as its window
can reach, and waits for as long as it finds something there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from alertproof.clock import Clock
from alertproof.drills.platform import Platform
from alertproof.drills.scene import AlertScene, Scene
from alertproof.drills.watched import Watched
from alertproof.drills.words import minutes, percent, quantity
from alertproof.errors import Broken
from alertproof.requirements import FiresSpec

__all__ = ["Baseline", "await_minute", "hold_steady", "remembered", "unsettled_monitors"]

_TICK = timedelta(minutes=1)
#: A budget that burnt in the drill before is remembered for half an hour.
_DEADLINE = timedelta(minutes=35)
_WORST_LAG = 0.25  # seconds by which the generator itself may be late before its rate means nothing
_ENOUGH = 0.9  # of the requests that were due in a tick
_EVEN = 0.25  # how much the rate of requests may have changed over what is looked back on
_EARLY = timedelta(
    seconds=15
)  # of the target's clock: a drill's fault begins so late in a minute that it does not matter
_FLUSH = timedelta(seconds=10)  # what came in since then may not be at Datadog yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What must have been before the fault.

    ``ticks`` stack minutes in a row were steady. ``back`` is how far what was before matters: the requests of that
    stretch came evenly, and at most a share ``trace`` of them was bad.
    """

    ticks: int
    back: timedelta
    trace: float

    @classmethod
    def for_firing(cls, side: FiresSpec, scene: AlertScene, *, bad_share: float) -> Self:
        """Look back as far as the window does when the alert may come first.

        What it may hold there is as much as the fault adds in the time by which the alert may come early.
        """
        window = scene.alert.indicator.window.delta
        back = window - side.after.start.delta if scene.reader.pooled else timedelta(0)
        return cls(ticks=3, back=max(back, timedelta(0)), trace=bad_share * (_EARLY / window))

    @classmethod
    def for_quiet(cls, scene: Scene, *, bad_share: float) -> Self:
        """Look back over a whole window; what it holds must leave room for the lesser fault.

        Two steady minutes are enough: where nothing may fire, nothing can come early.
        """
        room = scene.reader.allowed - bad_share
        back = scene.alert.indicator.window.delta if scene.reader.pooled else timedelta(0)
        return cls(ticks=2, back=back, trace=max(room, 0.0) / 2)


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


def unsettled_monitors(platform: Watched) -> str:
    """Return which groups of which monitors are not steady, in words; empty when all are.

    An alert of the specification is OK; one of what should not be has no data while nothing of it happens. One beside
    them may have no data: no browser looks at a platform in a drill. One that was never evaluated is not steady: its
    first state is still to come.
    """
    deployment, drilled = platform.deployment, platform.spec.drilled
    sure = {name for name, alert in drilled.items() if not alert.indicator.of_events}
    standing = platform.datadog.all_group_states(deployment.monitors.values())
    awaited = [name for name in sure if name in deployment.monitors and not standing[deployment.monitors[name]]]
    return "; ".join(
        sorted(
            [f"{name} was not evaluated yet" for name in awaited]
            + [
                f"{name} {group} is {state}"
                for name, monitor_id in deployment.monitors.items()
                for group, state in standing[monitor_id].items()
                if state != "OK" and (state != "No Data" or name in sure)
            ]
        )
    )


def _indicator(scene: Scene, since: datetime, until: datetime) -> str:
    indicator = scene.alert.indicator
    newest = scene.reader.newest(since=since - _TICK, until=until)
    if newest is None or newest <= since:
        return f"no fresh points of the indicator {indicator.name!r} are at Datadog"
    readings = scene.reader.readings(since=since - _TICK, until=until)
    if readings and readings[-1].value > indicator.threshold:
        return f"{indicator.name} is {quantity(readings[-1].value, indicator.unit)}, above its threshold"
    return ""


def _disturbed(scene: Scene, since: datetime, until: datetime) -> str:
    """Return what was not steady in ``[since, until]`` of the target's clock, empty when all was."""
    platform = scene.platform
    found = _traffic(platform, since, until), unsettled_monitors(platform), _indicator(scene, since, until)
    return "; ".join(filter(None, found))


def remembered(scene: AlertScene, baseline: Baseline, until: datetime) -> str:
    """Return what the window would still hold of something else than steady traffic, empty when it is nothing."""
    if not baseline.back:
        return ""
    since, reader = until - baseline.back, scene.reader
    stretch = f"in the {minutes(baseline.back)} that the window still holds"
    bad = reader.bad_share(since=since, until=until)
    if bad > baseline.trace:
        return f"{percent(bad)} were bad {stretch}, by {scene.alert.indicator.name}"
    now = reader.rate(since=until - baseline.ticks * _TICK, until=until)
    before = reader.rate(since=since, until=until)
    if not now or abs(before - now) > _EVEN * now:
        return f"Datadog has {before:.3g} requests a second {stretch}, and {now:.3g} now"
    return ""


def hold_steady(scene: Scene, baseline: Baseline) -> datetime:
    """Wait until so many ticks of a stack minute in a row were steady and return the instant.

    A tick is steady when the traffic kept its rate and no request failed, every deployed monitor is OK in
    every group, and fresh points of the indicator are at Datadog, not above the threshold. Then the window must
    hold nothing else. Raises `Broken` with what was last seen.
    """
    clock = scene.platform.clock
    within = _DEADLINE + baseline.back  # what is there at first leaves the window in that time
    deadline = clock.now() + within
    good, seen = 0, "nothing yet"
    while True:
        since = clock.now()
        if since > deadline:
            raise Broken(
                f"no steady state within {within // _TICK} stack minutes; last seen: {seen}; "
                "look at the platform and its telemetry before you break it on purpose"
            )
        clock.sleep(_TICK)
        until = clock.now() - _FLUSH
        found = _disturbed(scene, since, until)
        good = 0 if found else good + 1
        if good >= baseline.ticks:
            # A vendor may take its time to show what it was sent: what it does not show yet is no gap.
            shown = scene.reader.newest(since=since - _TICK, until=until)
            found = remembered(scene, baseline, min(until, shown or until))
            if not found:
                return clock.now()
        seen = found or seen


def await_minute(clock: Clock, *, past: timedelta) -> None:
    """Wait until ``past`` after the next full minute, when monitors are evaluated."""
    now = clock.now()
    full = now.replace(second=0, microsecond=0) + _TICK
    clock.sleep(full + past - now)
