"""What the vendors say of one alert from an instant on, waited for with deadlines on the stack's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from alertproof.clock import wait_until
from alertproof.drills.steady import unsettled_monitors
from alertproof.vendors import Incident, MonitorTransition

if TYPE_CHECKING:
    from alertproof.drills import Platform

__all__ = ["MINUTE", "Seeing"]

MINUTE = timedelta(minutes=1)
_T = TypeVar("_T")
_POLL = timedelta(milliseconds=200)  # real
_SETTLES = 90 * MINUTE
#: Real: what the vendors need to tell what was due.
_LAG = timedelta(seconds=3)


class Seeing:
    """One alert of the specification on a platform that is watched."""

    def __init__(self, platform: Platform, alert: str) -> None:
        self.platform = platform
        self.alert = alert
        self.monitor_id = platform.deployment.monitors[alert]
        self.made = self.began = platform.clock.now()

    def settle(self) -> None:
        """Wait until every monitor is well, the alert's among them; from then on all is looked at."""
        clock = self.platform.clock

        def well() -> bool | None:
            states = self.platform.datadog.group_states(self.monitor_id)
            return True if set(states.values()) == {"OK"} and not unsettled_monitors(self.platform) else None

        seen = self.wait(well, _SETTLES)
        assert seen, f"not settled within {_SETTLES}: {unsettled_monitors(self.platform) or self.states()}"
        self.began = clock.now()

    def wait(self, look: Callable[[], _T | None], within: timedelta) -> _T | None:
        """Look until something is there, so long by the stack's clock, and what the vendors then need to tell it."""
        clock = self.platform.clock
        factor = clock.anchor.factor
        return wait_until(look, clock=clock, deadline=clock.now() + within + _LAG * factor, every=_POLL * factor)

    def sleep(self, span: timedelta) -> None:
        self.platform.clock.sleep(span)

    def states(self) -> dict[str, str]:
        return self.platform.datadog.group_states(self.monitor_id)

    def transition(
        self, state: str, *, since: datetime, within: timedelta, besides: Callable[[], object] = str
    ) -> MonitorTransition:
        """Wait for the monitor to go to a state; ``besides`` is what else to say where it does not."""
        found = self.wait(lambda: next((one for one in self.moved(since) if one.state == state), None), within)
        assert found is not None, (
            f"{self.alert} did not go to {state} within {within}; now {self.states()}; {besides()}"
        )
        return found

    def moved(self, since: datetime | None = None) -> list[MonitorTransition]:
        """Return the changes of the alert's monitor."""
        return [one for one in self._transitions(since or self.began) if one.monitor_id == self.monitor_id]

    def others(self) -> list[str]:
        """Return the changes of all other monitors since it settled, in words; a first OK is none."""
        moved = [one for one in self._transitions(self.made) if one.monitor_id != self.monitor_id]
        first = {(one.monitor_id, one.group): one for one in reversed(moved)}
        return [
            f"{self.platform.deployment.alert_of(one.monitor_id)} went to {one.state}"
            for one in moved
            if one.at >= self.began and not (one.state == "OK" and one is first[one.monitor_id, one.group])
        ]

    def incidents(self) -> list[Incident]:
        """Return all incidents since it settled."""
        return self.platform.pagerduty.incidents(since=self.began)

    def incident(self, *, within: timedelta) -> Incident:
        """Wait for an incident."""
        found = self.wait(lambda: next(iter(self.incidents()), None), within)
        assert found is not None, f"no incident within {within}"
        return found

    def resolved(self, *, within: timedelta) -> Incident:
        """Wait for the only incident to be resolved."""

        def done() -> Incident | None:
            (one,) = self.incidents()
            return one if one.status == "resolved" else None

        found = self.wait(done, within)
        assert found is not None, f"not resolved within {within}: {self.incidents()}"
        return found

    def points(self, query: str, *, since: datetime) -> list[float]:
        """Return the values of a query, which makes one series, from an instant on."""
        now = self.platform.clock.now()
        if now - since < MINUTE:  # Datadog counts in whole seconds, and takes no span without one
            return []
        return [one.value for one in self.platform.datadog.points(query, since=since, until=now)]

    def _transitions(self, since: datetime) -> list[MonitorTransition]:
        return self.platform.datadog.transitions(since=since, until=self.platform.clock.now())
