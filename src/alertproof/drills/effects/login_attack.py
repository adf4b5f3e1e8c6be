"""Logins of one tenant fail, and nothing else: a count rises, and no other tenant's does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import final

from alertproof.clock import wait_until
from alertproof.drills.effects.requests import see_none_failed
from alertproof.drills.indicator import CountReader
from alertproof.drills.scene import EVALUATION, Scene
from alertproof.drills.timeline import counted_events
from alertproof.errors import NotModelled
from alertproof.faults import LoginAttack
from alertproof.requirements import LoginAttackSpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["FailingLogins"]

_POLL = timedelta(milliseconds=50)  # real, as logins are
_SLACK = timedelta(seconds=5)  # real: the attacker's process has to start
_NEAR = 0.2  # of the logins that fail in a full window


@final
class FailingLogins:
    """Somebody guesses passwords at one tenant, at a rate of the target's clock."""

    def __init__(self, fault: LoginAttackSpec, scene: Scene) -> None:
        if not isinstance(scene.reader, CountReader):
            raise NotModelled(f"failed logins show in a count of them, and {scene.alert.indicator.name!r} is none")
        self._spec = fault
        self._scene = scene
        self._reader = scene.reader

    @property
    def fault(self) -> LoginAttack:
        spec, factor = self._spec, self._scene.platform.clock.anchor.factor
        return LoginAttack(
            text=spec.text, tenant=spec.tenant, rate=spec.each_minute * factor / 60, sources=spec.sources
        )

    @property
    def bad_share(self) -> float:
        return self._in_window / self._scene.alert.indicator.threshold

    @property
    def _in_window(self) -> float:
        return self._spec.each_minute * (self._scene.alert.indicator.window.delta / timedelta(minutes=1))

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        return counted_events(self._reader.indicator, self._spec.each_minute, begins=begins, ends=ends)

    def announce(self) -> None:
        """Say nothing: all that is expected of it is decided in any case."""

    def see_first(self) -> None:
        clock = self._scene.system
        refused = wait_until(lambda: self._refused() or None, clock=clock, deadline=clock.now() + _SLACK, every=_POLL)
        self._scene.checklist.expect(
            f"the fault makes logins of {self._spec.tenant} fail", refused is not None, f"{refused or 0} were refused"
        )

    def see_traces(self) -> None:
        """See nothing: a login that is refused is no error."""

    def prove(self) -> None:
        self._see_others_alone()
        see_none_failed(self._scene)

    def see_at_datadog(self) -> None:
        scene, indicator = self._scene, self._scene.alert.indicator
        full = scene.fault.began + indicator.window.delta
        top = max((one.value for one in scene.readings() if full <= one.at <= scene.reverted), default=None)
        scene.checklist.expect(
            f"Datadog saw the fault: near {self._in_window:g} {indicator.name}, below {indicator.threshold:g}",
            top is not None and abs(top - self._in_window) <= _NEAR * self._in_window and top <= indicator.threshold,
            "no full window" if top is None else f"at the most {top:.0f} in a full window",
        )
        self._see_others_alone()
        see_none_failed(scene)

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        return ()

    def _refused(self) -> int:
        door = self._scene.platform.door_of(self.fault)
        return sum(state.injected for state in door.active() if state.kind == self.fault.kind)

    def _see_others_alone(self) -> None:
        """Decide that no failed login was counted for a tenant that was not attacked."""
        scene, platform = self._scene, self._scene.platform
        since, until = scene.fault.began - EVALUATION, platform.clock.now()
        query, mine = self._reader.volume, f"tenant:{self._spec.tenant}"
        if mine not in query:
            raise NotModelled(f"the indicator {scene.alert.indicator.name!r} does not say {mine}, which is attacked")
        counts = {
            tenant: sum(
                point.value
                for point in platform.datadog.points(query.replace(mine, f"tenant:{tenant}"), since=since, until=until)
            )
            for tenant in platform.spec.tenants
        }
        others = {tenant: count for tenant, count in counts.items() if tenant != self._spec.tenant}
        scene.checklist.expect(
            f"only {self._spec.tenant} has {scene.alert.indicator.name}",
            counts.get(self._spec.tenant, 0) > 0 and not any(others.values()),
            ", ".join(f"{tenant} {count:.0f}" for tenant, count in counts.items()),
        )
