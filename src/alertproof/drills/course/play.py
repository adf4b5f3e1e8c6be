"""What a course has come to: what stands, which incident is looked at, and which notifications were expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TypeVar

from alertproof.clock import wait_until
from alertproof.drills.course.expecting import Expecting
from alertproof.drills.course.signalled import Signalled
from alertproof.drills.scene import EVALUATION, AlertScene
from alertproof.drills.words import minutes
from alertproof.errors import Broken, ConfigError
from alertproof.faults import SentSignals, injected
from alertproof.journal import FaultWindow
from alertproof.vendors import Incident, LogEntry, MonitorTransition

__all__ = ["LEEWAY", "Play", "Stopped"]

_T = TypeVar("_T")
#: How far a vendor's timer may be off: one evaluation.
LEEWAY = EVALUATION
_POLL_REAL = timedelta(milliseconds=40)
_LAG_REAL = timedelta(milliseconds=700)  # real: what a vendor needs to do and tell what was due
_SETTLED_REAL = timedelta(milliseconds=100)  # real: what was due can be read so long after it


class Stopped(Exception):
    """What must come before the other steps did not come: they cannot be judged."""


class Play:
    """The state of one course. Instants are those of the target's clock, as the vendors recorded them.

    ``last`` is the instant that the next step counts from: the last thing that was seen or done.
    """

    def __init__(
        self,
        watched: Signalled,
        scene: AlertScene,
        leaving: ExitStack,
        checks: Expecting,
        *,
        may: Sequence[str] = (),
    ) -> None:
        self.checks = checks
        self._may = [watched.spec.monitor_name(name) for name in may]
        self.watched = watched
        self.scene = scene
        self.leaving = leaving
        #: The spans in which it mattered that Datadog's evaluations came in time.
        self.relied_on: list[tuple[datetime, datetime]] = []
        #: What marks the errors that this course sends to Sentry.
        self.run = ""
        #: When the first fault began.
        self.first: datetime | None = None
        #: What stands, by the alert whose indicator it is about; it ends before the rest, when it is reverted.
        self._standing: dict[str, ExitStack] = {}
        self.last = scene.began
        self.claimed: dict[str, list[str]] = {}  # the notifications that a step expected, by the incident
        self.moved: list[MonitorTransition] = []  # the transitions that a step expected
        self._incident_id = ""

    # -- the fault ----------------------------------------------------------------------------------------

    def hold(self, name: str, fault: SentSignals) -> None:
        """Hold a fault about an alert's indicator from now on, in the place of one that stood."""
        watched, seen = self.watched, self.scene.seen
        began = watched.clock.now()
        others = [seen.fault.text] if seen.fault and seen.fault.ended is None and name not in self._standing else []
        self._end(name)
        held = injected(
            fault,
            door=watched.door_of(fault),
            ledger=watched.ledger,
            lease=watched.lease(),
            target=watched.name,
        )
        self._standing[name] = self.leaving.enter_context(ExitStack())
        self._standing[name].enter_context(held)
        self.first = self.first or began
        seen.fault = FaultWindow(text=", ".join([*others, fault.text]), began=began)
        self.last = began

    def let_go(self) -> None:
        """End all that stands; raises `Broken` where some of it had ended with its lease before."""
        window = self.scene.fault
        stood = len(self.watched.door.active())
        if stood < len(self._standing):
            raise Broken(f"signals ended with their lease of {self.watched.lease()} before the course reverted them")
        for name in [*self._standing]:
            self._end(name)
        self.last = self.watched.clock.now()
        self.scene.seen.fault = FaultWindow(text=window.text, began=window.began, ended=self.last)

    def _end(self, name: str) -> None:
        if name in self._standing:
            self._standing.pop(name).close()

    def relies(self, since: datetime) -> None:
        """Say that what a step saw since then was in time only where Datadog's evaluations were."""
        self.relied_on.append((since - EVALUATION, self.watched.clock.now()))

    # -- waiting ------------------------------------------------------------------------------------------

    def wait(self, look: Callable[[], _T | None], until: datetime) -> _T | None:
        """Look until something is there, at the most until an instant and what a vendor then needs to tell it."""
        clock = self.watched.clock
        factor = clock.anchor.factor
        poll = max(timedelta(seconds=6), _POLL_REAL * factor)
        return wait_until(look, clock=clock, deadline=until + _LAG_REAL * factor, every=poll)

    def wait_for(self, instant: datetime) -> None:
        """Wait until an instant has passed and what was due by then can be read."""
        clock = self.watched.clock
        clock.sleep(instant - clock.now() + _SETTLED_REAL * clock.anchor.factor)

    # -- the incident -------------------------------------------------------------------------------------

    @property
    def incident_id(self) -> str:
        """The incident that the course is about; raises `ConfigError` before a step saw one."""
        if not self._incident_id:
            raise ConfigError(
                "this step is about an incident, and no step before it expects one: put 'pages' before it"
            )
        return self._incident_id

    def take(self, incident: Incident) -> None:
        """Look at this incident from now on."""
        self._incident_id = incident.id
        self.claimed.setdefault(incident.id, [])
        self.scene.seen.incident = self.scene.seen.incident or incident  # the journal's times are those of the first

    def incident(self) -> Incident:
        """Return the incident as it is now; raises `Stopped` when it is gone."""
        found = self.scene.incident(self.incident_id)
        if found is None:
            raise Stopped
        return found

    def incidents(self) -> list[Incident]:
        """Return the incidents since the course began, without those of alerts that may come."""
        return [one for one in self.scene.incidents() if not any(name in one.title for name in self._may)]

    def others(self) -> list[str]:
        """Return the titles of the incidents that no step expected."""
        return [repr(one.title) for one in self.incidents() if one.id not in self.claimed]

    def entries(self, kind: str, *, since: datetime) -> list[LogEntry]:
        """Return the lines of a kind in the incident's log that came then or later."""
        return [one for one in self.watched.pagerduty.log(self.incident_id) if one.type == kind and one.at >= since]

    def people(self, level: int, *, at: datetime) -> dict[str, str]:
        """Return who is on call for the incident at a level: addresses by name."""
        pagerduty = self.watched.pagerduty
        return pagerduty.people(pagerduty.policy_of(self.incident_id), level=level, at=at)

    def somebody(self, service: str) -> str:
        """Return the address of somebody on call for a service; raises `Broken` where there is nobody."""
        pagerduty = self.watched.pagerduty
        found = pagerduty.service(service)
        people = pagerduty.people(found.policy_id, level=1, at=self.watched.clock.now()) if found else {}
        address = next(filter(None, people.values()), None)
        if address is None:
            raise Broken(f"nobody is on call for the PagerDuty service {service!r}")
        return address

    def unclaimed(self) -> list[tuple[Incident, LogEntry]]:
        """Return the notifications of all incidents since the course began that no step expected."""
        return [
            (incident, entry)
            for incident in self.incidents()
            for entry in self.watched.pagerduty.log(incident.id)
            if entry.type == "notify" and entry.id not in self.claimed.get(incident.id, ())
        ]

    def expect_told(self, text: str, *, at: datetime, level: int) -> None:
        """Decide that those on call at a level, and nobody else, were notified at an instant; they are then claimed."""
        told = [one for one in self.entries("notify", since=at) if one.at == at]
        self.claimed[self.incident_id] += [one.id for one in told]
        wanted = self.people(level, at=at)
        names = {one.user for one in told}
        self.checks.expect(text, bool(names) and names == set(wanted), _told(names, set(wanted)))

    def timed(self, text: str, at: datetime | None, *, after: timedelta, since: datetime, seen: str) -> datetime:
        """Decide that something came so long after an instant, a minute more or less; returns when it came.

        Raises `Stopped` when it did not come at all.
        """
        if at is None:
            self.checks.expect(text, False, seen)
            raise Stopped
        took = at - since
        self.checks.expect(text, abs(took - after) <= LEEWAY, f"{minutes(took)} after it")
        self.last = at
        return at


def _told(names: set[str], wanted: set[str]) -> str:
    said = f"{', '.join(sorted(names)) or 'nobody'} was notified"
    return said if names == wanted else f"{said}; on call there: {', '.join(sorted(wanted)) or 'nobody'}"
