"""Requests are slow because there are too many: real load holds their share, in the place of the specified fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import final

from alertproof.clock import wait_until
from alertproof.drills.effects.effect import Effect
from alertproof.drills.effects.requests import highest_under, is_near, see_none_failed, see_tenants
from alertproof.drills.indicator import PercentileReader
from alertproof.drills.load_door import LoadDoor
from alertproof.drills.readings import READINGS, fires_after, read_as, reading_of
from alertproof.drills.rehearsal import Rehearsal, rehearse
from alertproof.drills.replay import first_alert, seen_by_clients
from alertproof.drills.scene import EVALUATION, Scene
from alertproof.drills.timeline import STEP, slow_requests
from alertproof.drills.words import minutes, percent, quantity
from alertproof.errors import Broken, NotModelled
from alertproof.faults import Overload, injected
from alertproof.loadgen import HeldLoad, HoldProfile, read_hold_profile
from alertproof.requirements import DelaySpec, FaultSpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["Overloaded", "overloading"]

_POLL = timedelta(milliseconds=200)  # real
_SETTLES = timedelta(seconds=60)  # real: ten waves
_PATIENCE = timedelta(seconds=180)  # real: until a wave is slow at all
#: How many times the share that is to be held it may be: until the alert comes there are some ten waves. On its side of
#: the threshold it has to be in any case.
_HELD = 2.0
_LIMIT = timedelta(minutes=30)  # of the target's clock: what a computed time is looked for in


def overloading(profile: Path) -> Callable[[FaultSpec, Scene], Effect]:
    """Return what makes of a specified delay the load of a profile; it settles before it is given out."""

    def of(fault: FaultSpec, scene: Scene) -> Effect:
        if not isinstance(fault, DelaySpec):
            raise NotModelled(f"load makes requests late, and {scene.name} is about {fault.text!r}")
        effect = Overloaded(read_hold_profile(profile), fault, scene)
        effect.settle()
        return effect

    return of


@final
class Overloaded:
    """A share of all requests is slow, for the platform has more of them than it takes in time."""

    def __init__(self, profile: HoldProfile, fault: DelaySpec, scene: Scene) -> None:
        reader, indicator = scene.reader, scene.alert.indicator
        if not isinstance(reader, PercentileReader) or indicator.unit != "s":
            raise NotModelled(f"slow requests show in a percentile in seconds, and {indicator.name!r} is none")
        door = scene.platform.doors["load"]
        assert isinstance(door, LoadDoor)  # noqa: S101 - the platform's own
        self._profile, self._scene, self._reader, self._door = profile, scene, reader, door
        self._slow = timedelta(seconds=fault.seconds)  # what a slow one is taken to need, before any was seen
        self._threshold = timedelta(seconds=indicator.threshold)
        self._longer = f"slower than {indicator.threshold * 1000:g} ms"
        if profile.limit != self._threshold:
            raise Broken(f"{profile.path}: limit is {profile.limit.total_seconds():g} s, the alert's {self._threshold}")

    @property
    def fault(self) -> Overload:
        return self._overload(self._profile.share)

    def _overload(self, share: float) -> Overload:
        text = f"load of {self._profile.name} holds {percent(share)} of the requests {self._longer}"
        return Overload(text=text, share=share, profile=str(self._profile.path))

    @property
    def bad_share(self) -> float:
        return self._profile.share

    def settle(self) -> None:
        """Learn how much load the platform needs, well below the threshold; raises `Broken` where it does not come."""
        scene, platform, learned = self._scene, self._scene.platform, self._door.learned(self._profile)
        if learned is None:
            fault = self._overload(self._reader.allowed / 2)
            clock = scene.system
            until = clock.now() + _PATIENCE
            with injected(
                fault, door=self._door, ledger=platform.ledger, lease=_PATIENCE + _SETTLES, target=platform.name
            ):
                load = self._load()
                if not wait_until(lambda: load.hold.settled or None, clock=clock, deadline=until, every=_POLL):
                    raise Broken(f"no request of {self._profile.name} was {self._longer} within {_PATIENCE}")
                clock.sleep(_SETTLES)
            learned = self._door.learned(self._profile)
            if learned is None or load.trouble():
                raise Broken(f"the load did not settle: {load.trouble() or 'nothing was slow'}")
        self._growth = learned.growth
        scene.seen.notes.append(
            f"the load settled first: waves of {learned.extra:.0f} arrivals more, with which the platform has "
            f"{self._growth:.2f} times the requests of the steady traffic"
        )

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        return slow_requests(
            self._reader.indicator,
            self._profile.share,
            self._slow,
            begins=begins,
            ends=ends,
            growth=self._growth,
        )

    def announce(self) -> None:
        """Compute when the alert would come by each reading of its words, twice, and say it."""
        scene = self._scene
        monitor = scene.platform.datadog.monitor(scene.monitor_id)
        said, agree = [], True
        for reading in READINGS:
            exact = fires_after(
                reading,
                window=scene.alert.indicator.window.delta,
                share=self._profile.share,
                value=self._slow,
                threshold=self._threshold,
                growth=self._growth,
                allowed=self._reader.allowed,
            )
            found = rehearse(read_as(monitor, reading), self.timeline, limit=_LIMIT, slos={})
            agree = agree and _alike(exact, found)
            own = " (the deployed one)" if reading == reading_of(monitor) else ""
            said.append(f"{reading}{own} {'never' if exact is None else minutes(exact)}, by the engine {found.text()}")
        scene.checklist.expect(
            "for each reading of the alert's words, formula and the monitor's engine agree when it comes",
            agree,
            "; ".join(said),
        )

    def see_first(self) -> None:
        scene, clock, load = self._scene, self._scene.system, self._load()

        def look() -> datetime | None:
            slow = next((tick.own.second for tick in [*load.ticks] if tick.all.slow), None)
            return None if slow is None or load.began is None else load.began + slow * load.profile.tick

        found = wait_until(look, clock=clock, deadline=clock.now() + timedelta(seconds=60), every=_POLL)
        if found is not None:
            scene.seen.delayed = max(scene.platform.stack(found), scene.fault.began)
        n, slow = load.counted()
        scene.checklist.expect(
            f"the load makes requests {self._longer}", found is not None, f"{slow} of {n} requests in the first seconds"
        )

    def see_traces(self) -> None:
        """See nothing: a late request is no error, and leaves no event at Sentry."""

    def prove(self) -> None:
        self._see_share()
        self._see_time()
        see_none_failed(self._scene)
        see_tenants(self._scene)

    def see_at_datadog(self) -> None:
        self._see_share()
        see_none_failed(self._scene)
        indicator = self._scene.alert.indicator
        top, said = highest_under(self._scene)
        self._scene.checklist.expect(
            f"under it {indicator.name} stayed below {quantity(indicator.threshold, indicator.unit)}",
            top is not None and top < indicator.threshold,
            said,
        )

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        return (("first slow request", self._scene.seen.delayed),)

    def _load(self) -> HeldLoad:
        if self._door.load is None:
            raise Broken("the drill looked at load before any was sent")
        return self._door.load

    def _see_share(self) -> None:
        """Decide that the clients saw the share that was to be held, and that Datadog saw what they did.

        Raises `Broken` where the generator could not keep its rate.
        """
        scene, load, share = self._scene, self._load(), self._profile.share
        if trouble := load.trouble():
            raise Broken(trouble)
        n, slow = self._counted(load)
        seen = slow / n if n else 0.0
        most = share * _HELD if share > self._reader.allowed else min(share * _HELD, self._reader.allowed)
        least = max(share / _HELD, self._reader.allowed) if share > self._reader.allowed else share / _HELD
        scene.checklist.expect(
            f"{percent(least)} to {percent(most)} of all requests were {self._longer}, by those who sent them",
            least < seen < most,
            f"{slow} of {n}, {percent(seen)}; {percent(share)} were to be held",
        )
        at_datadog = self._reader.share_above(
            self._threshold.total_seconds(), since=scene.fault.began, until=scene.reverted
        )
        scene.checklist.expect(
            f"Datadog saw what they saw: near {percent(seen)} {self._longer}",
            is_near(at_datadog, seen),
            f"{percent(at_datadog)} of them",
        )

    def _counted(self, load: HeldLoad) -> tuple[int, int]:
        """Return how many requests began while the load was held, the steady ones too, and how many were slow."""
        scene, limit = self._scene, self._threshold.total_seconds()
        began, ended = (scene.platform.real(at) for at in (scene.fault.began, scene.reverted))
        steady = scene.platform.traffic.answers(since=began, until=ended)
        own = [tick.own for tick in load.ticks]
        slow = sum(one.slow for one in own) + sum(one.failed or one.seconds > limit for one in steady)
        return sum(one.n for one in own) + len(steady), slow

    def _see_time(self) -> None:
        """Decide that the monitor fired when its query says, by what the clients saw; note the other readings."""
        scene, platform = self._scene, self._scene.platform
        alerted, began = scene.seen.alerted, scene.fault.began
        text = "the monitor fired when its query says by what the clients saw, to one evaluation"
        if alerted is None:
            scene.checklist.announce(text)
            return
        monitor = platform.datadog.monitor(scene.monitor_id)
        store = seen_by_clients(scene.reader.indicator, self._requests(), factor=platform.clock.anchor.factor)
        until, said, times = alerted.at + 3 * EVALUATION, [], {}
        for reading in READINGS:
            at = first_alert(read_as(monitor, reading), store, since=began, until=until, slos={})
            times[reading] = at
            said.append(f"{reading} {'not by then' if at is None else minutes(at - began)}")
        own = times[reading_of(monitor)]
        scene.checklist.expect(
            text,
            own is not None and abs(own - alerted.at) <= EVALUATION,
            f"seen {minutes(alerted.at - began)} after the fault; computed: {', '.join(said)}",
        )

    def _requests(self) -> list[tuple[datetime, float]]:
        """Return all that the drill sent in the window before the fault and since: its beginning there, its seconds."""
        scene, platform = self._scene, self._scene.platform
        since = platform.real(scene.fault.began - scene.alert.indicator.window.delta)
        steady = [(platform.stack(one.at), one.seconds) for one in platform.traffic.answers(since=since)]
        tick = self._profile.tick
        loaded = [
            (platform.stack(began + tick * index / len(taken)), microseconds / 1e6)
            for began, taken in self._load().latencies()
            for index, microseconds in enumerate(taken)
        ]
        return steady + loaded


def _alike(exact: timedelta | None, found: Rehearsal) -> bool:
    """Return whether a time by formula is the engine's, which evaluates each minute what comes in steps."""
    if exact is None or found.earliest is None or found.latest is None:
        return exact is None and found.earliest is None and found.latest is None
    slack = timedelta(seconds=2 * STEP)
    return exact - slack <= found.earliest <= found.latest <= exact + EVALUATION + slack
