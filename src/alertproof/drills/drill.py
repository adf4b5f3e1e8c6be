"""One drill: break the platform on purpose and see who is told, when, and that nobody else is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from alertproof.clock import SystemClock, wait_until
from alertproof.datadog import Assumptions, load_definition, retarget_text
from alertproof.drills.checklist import Checklist
from alertproof.drills.indicator import read_indicator
from alertproof.drills.outcome import Outcome, Setting, expect_in_order, write_journal
from alertproof.drills.platform import Platform
from alertproof.drills.rehearsal import rehearse
from alertproof.drills.sentry import SentryCheck
from alertproof.drills.steady import FIRING_TICKS, QUIET_TICKS, hold_steady
from alertproof.drills.words import minutes, percent
from alertproof.errors import AlertproofError, Broken, ConfigError, RevertFailed, VendorError
from alertproof.faults import DoorFault, injected
from alertproof.journal import DrillJournal, FaultWindow, Reading
from alertproof.redact import Secret
from alertproof.requirements import AlertSpec, FaultSpec, FiresSpec, QuietSpec
from alertproof.vendors import Incident, MonitorTransition

__all__ = ["Drill"]

_T = TypeVar("_T")
_POLL = timedelta(seconds=6)  # of the target's clock
_GRACE = timedelta(minutes=1)  # an evaluation comes each minute
_LATEST = timedelta(seconds=20)  # the lateness of an evaluation that is still believed


class Drill:
    """A drill of one alert of the specification on one platform.

    ``fires`` and ``stays_quiet`` return the journal, whatever the verdict: what goes wrong on the way makes it
    broken. They raise only `RevertFailed`, and `ConfigError` for an alert that the specification does not have.
    """

    def __init__(self, platform: Platform, alert: str, *, name: str) -> None:
        self._platform = platform
        self._alert_name = alert
        self._alert: AlertSpec = platform.spec.alert(alert)
        self._name = name
        self._list = Checklist()
        self._lost: dict[str, int] = {}
        self._wall = SystemClock().monotonic()
        self._began = platform.clock.now()
        self._seen = Outcome()

    # -- the two sides ------------------------------------------------------------------------------------

    def fires(self) -> DrillJournal:
        """Hold the reference fault until somebody is told, revert it, and see everything resolve."""
        side = self._alert.fires
        if side is None:
            raise ConfigError(f"{self._alert_name}: the specification has no 'fires' for this alert")
        self._seen.fired = True
        return self._run("fires", lambda: self._fires(side))

    def stays_quiet(self) -> DrillJournal:
        """Hold the lesser fault for its whole time and see that nobody is told."""
        side = self._alert.quiet
        if side is None:
            raise ConfigError(f"{self._alert_name}: the specification has no 'quiet' for this alert")
        return self._run("quiet", lambda: self._quiet(side))

    def _run(self, side: Literal["fires", "quiet"], body: Callable[[], None]) -> DrillJournal:
        try:
            self._lost = self._platform.lost()
            body()
        except RevertFailed:
            raise
        except AlertproofError as error:
            self._seen.broken = str(error)
        return self._journal(side)

    # -- the alert comes ------------------------------------------------------------------------------------

    def _fires(self, side: FiresSpec) -> None:
        self._rehearse(side)
        self._began = hold_steady(self._platform, self._alert, ticks=FIRING_TICKS)
        plant = Secret(f"alertproof-{secrets.token_hex(12)}")
        sentry = SentryCheck(self._platform, self._list, plant)
        latest = side.after.end.delta
        lease = self._platform.real_span(latest + _GRACE * 2) + timedelta(seconds=15)
        began = self._fault_begins(side.fault)
        with injected(
            self._door_fault(side.fault, plant), door=self._platform.door, ledger=self._platform.ledger,
            lease=lease, target=self._platform.name,
        ):  # fmt: skip
            self._see_first_failure(side.fault.share)
            if self._seen.first is not None:
                self._seen.event = sentry.scrubbed_event(self._seen.first)
            self._see_alert(began, side)
            self._see_incident()
        self._fault_ended()
        self._see_recovery(side)
        sentry.control()
        self._see_tenants()
        self._nothing_else(side.may)
        expect_in_order(self._seen, self._list, self._platform)

    def _rehearse(self, side: FiresSpec) -> None:
        platform = self._platform
        monitor = platform.datadog.monitor(platform.deployment.monitors[self._alert_name])
        self._seen.rehearsal = rehearse(
            monitor,
            self._alert.indicator,
            side.fault,
            limit=side.after.end.delta + timedelta(minutes=30),
            origin=platform.spec.environment,
            environment=platform.environment,
        )
        if self._seen.rehearsal is None:
            return
        earliest, latest = self._seen.rehearsal.earliest, self._seen.rehearsal.latest
        first, last = side.after.start.delta, side.after.end.delta
        self._list.expect(
            f"by its own query the monitor fires {minutes(first)} to {minutes(last)} after the fault",
            earliest is not None and latest is not None and first <= earliest and latest <= last,
            f"computed from the deployed query: {self._seen.rehearsal.text()}",
        )

    def _see_first_failure(self, share: float) -> None:
        assert self._seen.fault is not None  # noqa: S101 - set by _fault_begins
        since = self._platform.real(self._seen.fault.began)
        traffic = self._platform.traffic
        within = timedelta(seconds=3 + 2 / (share * traffic.plan.rate))  # the last of 1/share requests is the one
        self._seen.first = traffic.first_failure(since=since, within=within)
        tally = traffic.tally(since=since)
        self._list.expect(
            "the fault makes requests of the steady traffic fail",
            self._seen.first is not None,
            f"{tally.failed} of {tally.sent} requests failed within {within.total_seconds():.1f} s of real time",
        )

    def _see_alert(self, began: datetime, side: FiresSpec) -> None:
        first, last = side.after.start.delta, side.after.end.delta
        text = f"the monitor goes to Alert {minutes(first)} to {minutes(last)} after the fault, never before"
        self._list.announce(text)
        deadline = began + last + _GRACE / 4
        self._seen.alerted = self._wait(lambda: self._transition("Alert", since=began), deadline)
        if self._seen.alerted is None:
            self._list.expect(text, False, self._monitor_now())
            return
        took = self._seen.alerted.at - began
        self._list.expect(text, first <= took <= last, f"Alert {minutes(took)} after the fault; {self._reading_text()}")

    def _see_incident(self) -> None:
        told = self._alert.told
        text = f"one {told.urgency}-urgency incident opens on {told.pagerduty}, severity {told.severity}"
        self._list.announce(text)
        if self._seen.alerted is None:
            return
        self._seen.incident = self._wait(self._first_incident, self._seen.alerted.at + _GRACE)
        opened = self._seen.incident
        if opened is None:
            self._list.expect(text, False, f"no incident within {minutes(_GRACE)} of the transition to Alert")
            return
        seen = f"{opened.urgency}-urgency incident on {opened.service}, severity {', '.join(opened.severities)}"
        right = (opened.urgency, opened.service, opened.severities) == (told.urgency, told.pagerduty, (told.severity,))
        self._list.expect(text, right, seen)
        self._list.expect(
            f"the page says {told.text!r}",
            told.text.lower() in (opened.title + opened.details).lower(),
            f"its title is {opened.title!r}",
        )
        self._list.expect(
            "somebody on call is told", bool(opened.told), ", ".join(opened.told) or "nobody was notified"
        )

    def _see_recovery(self, side: FiresSpec) -> None:
        assert self._seen.fault is not None  # noqa: S101 - set by _fault_begins
        assert self._seen.fault.ended is not None  # noqa: S101 - set by _fault_ended
        reverted, within = self._seen.fault.ended, side.recovers_within.delta
        recovers = f"the monitor is OK again within {minutes(within)} of the revert"
        resolves = "the incident resolves by itself, with the dedup key it was opened with"
        self._list.announce(recovers, resolves)
        if self._seen.alerted is None:
            return
        self._seen.recovered = self._wait(
            lambda: self._transition("OK", since=reverted), reverted + within + _GRACE / 4
        )
        if self._seen.recovered is None:
            self._list.expect(recovers, False, self._monitor_now())
            return
        took = self._seen.recovered.at - reverted
        self._list.expect(recovers, took <= within, f"OK {minutes(took)} after the revert")
        opened = self._seen.incident
        if opened is None:
            return
        resolved = self._wait(lambda: self._resolved(opened.id), self._seen.recovered.at + _GRACE)
        self._seen.incident = now = resolved or self._incident_by_id(opened.id)
        keys = now.dedup_keys if now else ()
        self._list.expect(
            resolves,
            resolved is not None and keys == opened.dedup_keys and len(keys) == 1,
            f"the incident is {now.status if now else 'gone'}, dedup keys {', '.join(keys)}",
        )

    def _see_tenants(self) -> None:
        """Decide that the indicator's metric names the tenants: without them no support team knows who suffers."""
        platform, query = self._platform, self._alert.indicator.denominator
        if query is None:
            return
        own = retarget_text(query, environment=platform.environment, origin=platform.spec.environment)
        since, until = self._began, platform.clock.now()
        silent = [
            tenant
            for tenant in platform.spec.tenants
            if not platform.datadog.points(own.replace("}", f",tenant:{tenant}}}", 1), since=since, until=until)
        ]
        self._list.expect(
            f"the metric of {self._alert.indicator.name} is tagged with each tenant",
            not silent,
            f"no points of tenant {', '.join(silent)}" if silent else f"points of {', '.join(platform.spec.tenants)}",
        )

    # -- the alert does not come ----------------------------------------------------------------------------

    def _quiet(self, side: QuietSpec) -> None:
        platform, threshold = self._platform, self._alert.indicator.threshold
        self._began = hold_steady(platform, self._alert, ticks=QUIET_TICKS)
        held = side.duration.delta
        lease = platform.real_span(held) + timedelta(seconds=15)
        began = self._fault_begins(side.fault)
        with injected(
            self._door_fault(side.fault, None), door=platform.door, ledger=platform.ledger,
            lease=lease, target=platform.name,
        ):  # fmt: skip
            self._see_first_failure(side.fault.share)
            self._wait(lambda: self._first_incident() or self._transition("Alert", since=began), began + held)
        self._fault_ended()
        self._await_evaluation()
        readings = [one for one in self._readings() if one.at >= began + self._alert.indicator.window.delta]
        top = max((one.value for one in readings), default=0.0)
        self._list.expect(
            f"Datadog saw the fault: {self._alert.indicator.name} came near {percent(side.fault.share)}, "
            f"below {percent(threshold)}",
            0.7 * side.fault.share <= top < threshold,
            f"highest {percent(top)} in {len(readings)} readings" if readings else "no readings under a full window",
        )
        states = platform.datadog.group_states(platform.deployment.monitors[self._alert_name])
        self._list.expect(
            f"the monitor is OK after {minutes(held)} of the fault",
            bool(states) and set(states.values()) == {"OK"},
            ", ".join(f"{group} is {state}" for group, state in sorted(states.items())),
        )
        self._nothing_else(())

    def _await_evaluation(self) -> None:
        """Wait until the next full minute was evaluated, so that the last of the fault has been looked at too."""
        now = self._platform.clock.now()
        full = now.replace(second=0, microsecond=0) + _GRACE
        self._platform.clock.sleep(full + _LATEST + _POLL - now)

    # -- what both sides need -------------------------------------------------------------------------------

    def _door_fault(self, fault: FaultSpec, plant: Secret | None) -> DoorFault:
        return DoorFault(kind=fault.kind, text=fault.text, share=fault.share, seconds=fault.seconds, plant=plant)

    def _fault_begins(self, fault: FaultSpec) -> datetime:
        """Note the fault just before it is injected, so that nothing that it causes can be older."""
        began = self._platform.clock.now()
        self._seen.fault = FaultWindow(text=fault.text, began=began)
        return began

    def _fault_ended(self) -> None:
        assert self._seen.fault is not None  # noqa: S101 - set by _fault_begins
        self._seen.fault = FaultWindow(
            text=self._seen.fault.text, began=self._seen.fault.began, ended=self._platform.clock.now()
        )

    def _wait(self, look: Callable[[], _T | None], deadline: datetime) -> _T | None:
        return wait_until(look, clock=self._platform.clock, deadline=deadline, every=_POLL)

    def _transitions(self) -> list[MonitorTransition]:
        return self._platform.datadog.transitions(since=self._began, until=self._platform.clock.now() + _GRACE)

    def _transition(self, state: str, *, since: datetime) -> MonitorTransition | None:
        mine = self._platform.deployment.monitors[self._alert_name]
        found = [one for one in self._transitions() if one.monitor_id == mine and one.state == state]
        return next((one for one in found if one.at >= since), None)

    def _first_incident(self) -> Incident | None:
        """Return the first incident on the service that must be told, else the first on any."""
        opened = self._platform.pagerduty.incidents(since=self._began)
        right = (one for one in opened if one.service == self._alert.told.pagerduty)
        return next(right, next(iter(opened), None))

    def _incident_by_id(self, incident_id: str) -> Incident | None:
        opened = self._platform.pagerduty.incidents(since=self._began)
        return next((one for one in opened if one.id == incident_id), None)

    def _resolved(self, incident_id: str) -> Incident | None:
        found = self._incident_by_id(incident_id)
        return found if found is not None and found.resolved_at is not None else None

    def _readings(self) -> list[Reading]:
        platform = self._platform
        return read_indicator(
            self._alert.indicator,
            datadog=platform.datadog,
            since=self._began - timedelta(minutes=2),
            until=platform.clock.now(),
            origin=platform.spec.environment,
            environment=platform.environment,
        )

    def _reading_text(self) -> str:
        readings = self._readings()
        if not readings:
            return f"Datadog has no data for {self._alert.indicator.name}"
        value = percent(readings[-1].value) if self._alert.indicator.unit == "%" else f"{readings[-1].value:.4g}"
        return f"{self._alert.indicator.name} {value}"

    def _monitor_now(self) -> str:
        states = self._platform.datadog.group_states(self._platform.deployment.monitors[self._alert_name])
        stood = ", ".join(f"{group} {state}" for group, state in sorted(states.items()))
        return f"the monitor is {stood}; {self._reading_text()}"

    def _nothing_else(self, may: tuple[str, ...]) -> None:
        """Decide that no other monitor moved, that the own one moved once each way, and that nobody else was told."""
        platform, mine = self._platform, self._platform.deployment.monitors[self._alert_name]
        moved = self._transitions()
        allowed = {platform.deployment.monitors[name] for name in may}
        others = [one for one in moved if one.monitor_id != mine and one.monitor_id not in allowed]
        said = [f"{platform.deployment.alert_of(one.monitor_id)} {one.group} went to {one.state}" for one in others]
        self._list.expect("no other monitor changes state", not others, "; ".join(said) or "none did")
        expected = ["Alert", "OK"] if self._alert.fires and self._seen.fired else []
        own = [one.state for one in moved if one.monitor_id == mine]
        self._list.expect(
            f"the monitor's own transitions are {' and '.join(expected) or 'none'}",
            own == expected,
            ", ".join(own) or "none",
        )
        also = [platform.spec.monitor_name(name) for name in may]
        opened = platform.pagerduty.incidents(since=self._began)
        incidents = [one for one in opened if not any(name in one.title for name in also)]
        self._list.expect(
            "exactly one incident opens" if expected else "nobody is paged",
            len(incidents) == len(expected) // 2,
            ", ".join(f"{one.title!r} on {one.service}" for one in incidents) or "no incident",
        )
        trouble = platform.trouble(since=self._began, lost_before=self._lost)
        if trouble:
            raise Broken("; ".join(trouble))

    def _recorded(self, read: Callable[[], Sequence[_T]]) -> Sequence[_T]:
        """Read for the journal; what cannot be read any more is said, and must not cost the journal."""
        try:
            return read()
        except VendorError as error:
            self._seen.broken = self._seen.broken or str(error)
            return ()

    def _assumptions(self) -> Sequence[str]:
        monitor = self._platform.datadog.monitor(self._platform.deployment.monitors[self._alert_name])
        return Assumptions().relied_on(load_definition(monitor, source=self._alert_name))

    def _journal(self, side: Literal["fires", "quiet"]) -> DrillJournal:
        platform = self._platform
        return write_journal(
            self._seen,
            self._list,
            Setting(
                drill=self._name,
                alert_name=self._alert_name,
                alert=self._alert,
                side=side,
                platform=platform,
                began=self._began,
                wall=SystemClock().monotonic() - self._wall,
                readings=tuple(self._recorded(self._readings)),
                transitions=tuple(self._recorded(self._transitions)),
                incidents=tuple(self._recorded(lambda: platform.pagerduty.incidents(since=self._began))),
                assumptions=tuple(self._recorded(self._assumptions)),
            ),
        )
