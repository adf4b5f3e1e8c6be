"""Steps that keep people from being told: a maintenance window at PagerDuty, a downtime at Datadog, an outage."""

from __future__ import annotations

import httpx
import msgspec

from alertproof.addresses import is_loopback
from alertproof.drills.course.play import Play
from alertproof.errors import ConfigError, VendorUnavailable
from alertproof.requirements import AlertSpec, Span

__all__ = ["Downtime", "Maintenance", "Refused"]


class _Muting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ()


class Maintenance(_Muting, frozen=True, kw_only=True):
    """Put the service that is told into maintenance for so long."""

    lasts: Span = msgspec.field(name="for")

    def take(self, play: Play) -> None:
        pagerduty, clock = play.watched.pagerduty, play.watched.clock
        service = play.scene.alert.told.pagerduty
        by = play.somebody(service)
        window = pagerduty.maintain(service, until=clock.now() + self.lasts.delta, by=by)
        play.leaving.callback(pagerduty.end_maintenance, window, by=by)
        play.last = clock.now()


class Downtime(_Muting, frozen=True, kw_only=True):
    """Mute the alert's monitor for so long; where it still alerts at the end, Datadog tells of it then."""

    lasts: Span = msgspec.field(name="for")

    def take(self, play: Play) -> None:
        datadog, clock = play.watched.datadog, play.watched.clock
        downtime = datadog.mute(play.scene.monitor_id, until=clock.now() + self.lasts.delta)
        play.leaving.callback(datadog.unmute, downtime)
        play.last = clock.now()


class Refused(_Muting, frozen=True, kw_only=True):
    """Let PagerDuty refuse the next so many events, as if it were down. Stand-ins alone can be told to."""

    events: int

    def take(self, play: Play) -> None:
        target = play.watched.target
        door = target.endpoints.pagerduty_control
        if not door:
            raise ConfigError("'refused' turns PagerDuty off, which only a stack's can be told: --target local")
        knob = {"path": "/v2/enqueue", "status": 503, "times": self.events}
        headers = target.control_headers()
        try:
            with httpx.Client(timeout=10.0, trust_env=not is_loopback(door), headers=headers) as client:
                client.post(f"{door}/knobs", json=knob).raise_for_status()
        except httpx.HTTPError as error:
            raise VendorUnavailable(f"the stack's control door did not answer: {error!r}") from error
        play.leaving.callback(httpx.delete, f"{door}/knobs", headers=headers, trust_env=False)
