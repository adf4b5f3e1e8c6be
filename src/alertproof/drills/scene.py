"""What a drill works on: a platform, an alert, what was seen, and what the vendors say since it began."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from alertproof.clock import Clock, SystemClock, wait_until
from alertproof.datadog import Assumptions, load_definition
from alertproof.drills.checklist import Checklist
from alertproof.drills.indicator import IndicatorReader, reader_of, retargeted
from alertproof.drills.outcome import Outcome
from alertproof.drills.platform import Platform
from alertproof.drills.watched import Watched
from alertproof.drills.words import quantity
from alertproof.errors import Broken, VendorUnavailable
from alertproof.journal import FaultWindow, Reading
from alertproof.vendors import Incident, MonitorTransition

__all__ = ["EVALUATION", "AlertScene", "Scene"]

_T = TypeVar("_T")
_POLL = timedelta(seconds=6)  # of the target's clock
#: An evaluation comes each minute.
EVALUATION = timedelta(minutes=1)


class AlertScene:
    """One drill's working place: an alert of a watched target.

    Instants are those of the target's clock; ``system`` is real time.
    """

    def __init__(self, platform: Watched, name: str, *, system: Clock | None = None) -> None:
        self.platform = platform
        self.system = system or SystemClock()
        self.name = name
        self.alert = platform.spec.alert(name)
        self.checklist = Checklist()
        self.seen = Outcome()
        self.began = platform.clock.now()

    @cached_property
    def reader(self) -> IndicatorReader:
        """The alert's indicator, in the target's environment."""
        platform = self.platform
        own = retargeted(self.alert.indicator, origin=platform.spec.environment, environment=platform.environment)
        return reader_of(own, platform.datadog)

    @property
    def monitor_id(self) -> int:
        return self.platform.deployment.monitors[self.name]

    @property
    def fault(self) -> FaultWindow:
        """The fault as it stands or stood; raises `Broken` when there was none yet."""
        if self.seen.fault is None:
            raise Broken("the drill looked for the effect of a fault before it was injected")
        return self.seen.fault

    @property
    def reverted(self) -> datetime:
        """When the fault was reverted; raises `Broken` while it stands."""
        if self.fault.ended is None:
            raise Broken("the drill looked for what comes after a fault while it still stood")
        return self.fault.ended

    def wait(self, look: Callable[[], _T | None], within: timedelta, *, after: datetime) -> _T | None:
        """Look until something is there, or ``within`` after an instant has passed.

        Raises `VendorUnavailable` where the last look of all was not answered.
        """
        unanswered: list[VendorUnavailable] = []

        def patient() -> _T | None:
            unanswered.clear()
            try:
                return look()
            except VendorUnavailable as error:  # it may answer the next time
                unanswered.append(error)
                return None

        found = wait_until(patient, clock=self.platform.clock, deadline=after + within, every=_POLL)
        if unanswered:
            raise unanswered[0]
        return found

    # -- what Datadog says ----------------------------------------------------------------------------------

    def transitions(self) -> list[MonitorTransition]:
        """Return what every monitor did since the drill began."""
        platform = self.platform
        return platform.datadog.transitions(since=self.began, until=platform.clock.now() + EVALUATION)

    def transition(self, state: str, *, since: datetime) -> MonitorTransition | None:
        """Return the first time since then that the alert's own monitor went to a state."""
        own = (one for one in self.transitions() if one.monitor_id == self.monitor_id)
        return next((one for one in own if one.state == state and one.at >= since), None)

    def evaluation_delay(self) -> timedelta:
        """Return how old what the alert's monitor looks at is at the least."""
        monitor = self.platform.datadog.monitor(self.monitor_id)
        return load_definition(monitor, source=self.name).options.evaluation_delay

    def states(self) -> dict[str, str]:
        """Return the state of each group of the alert's monitor."""
        return self.platform.datadog.group_states(self.monitor_id)

    def readings(self) -> list[Reading]:
        """Return the indicator from a little before the drill until now."""
        return self.reader.readings(since=self.began - 2 * EVALUATION, until=self.platform.clock.now())

    def reading_text(self) -> str:
        """Return the indicator's last value in words."""
        indicator, readings = self.alert.indicator, self.readings()
        if not readings:
            return f"Datadog has no data for {indicator.name}"
        return f"{indicator.name} {quantity(readings[-1].value, indicator.unit)}"

    def monitor_now(self) -> str:
        """Return in words how the monitor stands, beside the indicator."""
        stood = ", ".join(f"{group} {state}" for group, state in sorted(self.states().items()))
        return f"the monitor is {stood}; {self.reading_text()}"

    def assumptions(self, *others: str) -> tuple[str, ...]:
        """Return the undocumented behaviours that the monitors of the alert and of ``others`` rest on, each once."""
        platform = self.platform
        found: list[str] = []
        for name in dict.fromkeys((self.name, *others)):
            monitor = platform.datadog.monitor(platform.deployment.monitors[name])
            found += Assumptions().relied_on(load_definition(monitor, source=name))
        return tuple(dict.fromkeys(found))

    # -- what PagerDuty says --------------------------------------------------------------------------------

    def incidents(self) -> list[Incident]:
        """Return what was opened on any service since the drill began."""
        return self.platform.pagerduty.incidents(since=self.began)

    def first_incident(self) -> Incident | None:
        """Return the first incident on the service that must be told, else the first on any."""
        opened = self.incidents()
        right = (one for one in opened if one.service == self.alert.told.pagerduty)
        return next(right, next(iter(opened), None))

    def own_incident(self) -> Incident | None:
        """Return the first incident on the alert's service that says its words: others may tell the same people."""
        told = self.alert.told
        right = (one for one in self.incidents() if one.service == told.pagerduty)
        return next((one for one in right if told.text.lower() in (one.title + one.details).lower()), None)

    def incident(self, incident_id: str) -> Incident | None:
        return next((one for one in self.incidents() if one.id == incident_id), None)

    def resolved(self, incident_id: str) -> Incident | None:
        """Return the incident once it is resolved."""
        found = self.incident(incident_id)
        return found if found is not None and found.resolved_at is not None else None


class Scene(AlertScene):
    """The working place of a drill that breaks a platform."""

    platform: Platform
