"""A monitor lives through any sequence of values, silence and downtimes; what the reference says holds all along.

In the end the whole timeline at once has to come to what was stepped through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace
from tests.datadog.states.ledger import ALERT, MINUTE, NO_DATA, OK, TOLD, WARN, Ledger, Life, Terms

from alertproof.datadog import (
    GroupStatus,
    Notification,
    Routing,
    State,
    Step,
    advance,
    load_definition,
    run_timeline,
)
from alertproof.datadog.downtime import ALL_BAD, Downtime, EndType, OneTime
from alertproof.datadog.monitor.status import moved
from alertproof.datadog.tagscope import matches, read_downtime_scope
from alertproof.tags import Group, Tag
from alertproof.telemetry.series import MetricType, SeriesStore

START = datetime(2024, 1, 1, tzinfo=UTC)
#: The groups, two of them in one zone.
GROUPS: tuple[Group, ...] = tuple(
    (Tag("pod", pod), Tag("zone", zone)) for pod, zone in (("a", "x"), ("b", "x"), ("c", "y"))
)
#: The thresholds of a monitor that watches for high values, and of one that watches for low ones.
CRITICAL, HELD, WARNING, LOW = 8.0, 6.0, 4.0, 2.0
#: How bad a value is: at each threshold, and on each side of it.
BAD = (1.0, 2.0, 2.5, 4.0, 4.5, 6.0, 6.5, 8.0, 8.5)
VALUES = st.sampled_from(BAD)
SEVERITY = (OK, NO_DATA, WARN, ALERT)
WORDS = {"alert": ALERT, "warn": WARN, "no data": NO_DATA}
MISSING: tuple[dict[str, Any], ...] = (
    {},
    {"on_missing_data": "default"},
    {"on_missing_data": "show_no_data"},
    {"on_missing_data": "show_and_notify_no_data"},
    {"on_missing_data": "resolve"},
    {"notify_no_data": True, "no_data_timeframe": 2},
    {"notify_no_data": True, "no_data_timeframe": 4},
    {"notify_no_data": True, "no_data_timeframe": 3, "timeout_h": 1},
    {"timeout_h": 1},
    {"timeout_h": 24},
)
EXPIRED, EITHER = frozenset({EndType.EXPIRED}), frozenset(EndType)
SCOPES = st.sampled_from(["*", "pod:a", "-pod:a", "zone:x"])


class Monitor(RuleBasedStateMachine):
    @initialize(
        comparator=st.sampled_from([">", ">=", "<", "<="]),
        missing=st.sampled_from(MISSING),
        recovery=st.booleans(),
        interval=st.sampled_from([0, 2, 5]),
        occurrences=st.sampled_from([None, 1, 2]),
        statuses=st.sampled_from([["alert"], ["alert", "warn"], ["alert", "no data"], ["alert", "warn", "no data"]]),
        notify_by=st.sampled_from([[], [], ["*"], ["zone"]]),
        delay=st.sampled_from([0, 0, 2, 3]),
        priority=st.sampled_from([None, 1, 3]),
        by_hand=st.sampled_from([False, False, True]),
    )
    def make(
        self,
        *,
        comparator: str,
        missing: dict[str, Any],
        recovery: bool,
        interval: int,
        occurrences: int | None,
        statuses: list[str],
        notify_by: list[str],
        delay: int,
        priority: int | None,
        by_hand: bool,
    ) -> None:
        self.store = SeriesStore(retention=None)
        self.now = self.evaluated = START
        self.steps: list[Step] = []
        self.downtimes: list[Downtime] = []
        self.statuses: Mapping[Group, GroupStatus] = {}
        self.clusters: Mapping[Group, GroupStatus] = {}
        self.lives: dict[Group, Life] = {}
        self.ledgers: dict[Group, Ledger] = {}
        self.by_hand, self.notify_by, self.sign = by_hand, tuple(notify_by), -1 if "<" in comparator else 1
        critical, held, warning, low = (self.sign * each for each in (CRITICAL, HELD, WARNING, LOW))
        self.terms = Terms(
            comparator=comparator,
            critical=critical,
            warning=warning,
            held=held if recovery else None,
            low=low if recovery else None,
            missing=missing,
            new_group_delay=delay * MINUTE,
            again=frozenset(WORDS[name] for name in statuses) if interval else frozenset(),
            interval=interval * MINUTE,
            occurrences=occurrences,
            priority=priority,
        )
        thresholds = {"critical": critical, "warning": warning}
        if recovery:
            thresholds |= {"critical_recovery": held, "warning_recovery": low}
        options = {"thresholds": thresholds, "new_group_delay": 60 * delay, "notify_by": notify_by, **missing}
        if interval:
            options |= {"renotify_interval": interval, "renotify_statuses": statuses}
            options |= {"renotify_occurrences": occurrences} if occurrences else {}
        worst = "min" if self.sign < 0 else "max"
        payload = {
            "name": "life",
            "type": "query alert",
            "query": f"{worst}(last_1m):{worst}:g{{*}} by {{pod,zone}} {comparator} {critical:g}",
            "message": "{{#is_warning}}{{override_priority 'P5'}}{{/is_warning}} @someone",
            "options": options,
            "priority": priority,
        }
        self.definition = load_definition(payload, source="life")

    # --- what happens --------------------------------------------------------------------------------------------

    @rule(a=VALUES, b=st.none() | VALUES, c=st.none() | VALUES)
    def minute(self, a: float, b: float | None, c: float | None) -> None:
        self.live(a, b, c)

    @rule(a=VALUES, b=st.none() | VALUES, minutes=st.integers(2, 8))
    def standstill(self, a: float, b: float | None, minutes: int) -> None:
        """Long enough for a renotification, or one minute too short."""
        for _ in range(minutes):
            self.live(a, b)

    @rule(worst=st.sampled_from([4.5, 8.5]), then=VALUES, last=VALUES)
    def recover(self, worst: float, then: float, last: float) -> None:
        """From trouble to a value about a threshold of recovery, and on."""
        for value in (worst, then, last):
            self.live(value, 1.0)

    @rule(minutes=st.integers(1, 8))
    def silence(self, minutes: int) -> None:
        for _ in range(minutes):
            self.live()

    @rule(worst=VALUES, hours=st.sampled_from([1, 24]), early=st.booleans(), then=st.none() | VALUES)
    def gap(self, worst: float, hours: int, early: bool, then: float | None) -> None:
        """Silence, up to a minute before a clock of missing data ends, and to its end [5.6, 5.7]."""
        self.live(worst, worst)
        self.live()
        self.live(after=timedelta(hours=hours) - MINUTE)
        if not early:
            self.live()
        self.live(then)

    @rule(
        minutes=st.none() | st.integers(1, 6),
        scope=SCOPES,
        mute_first=st.booleans(),
        states=st.sampled_from([ALL_BAD, frozenset({ALERT})]),
        how=st.sampled_from([EXPIRED, EITHER]),
    )
    def mute(
        self, minutes: int | None, scope: str, mute_first: bool, states: frozenset[State], how: frozenset[EndType]
    ) -> None:
        """A downtime that begins between two evaluations: what is past stays as it was."""
        start = self.now + timedelta(seconds=30)
        self.downtimes.append(
            Downtime(
                id=str(len(self.downtimes)),
                scope=read_downtime_scope(scope),
                schedules=(OneTime(start=start, end=None if minutes is None else start + minutes * MINUTE),),
                mute_first_recovery=mute_first,
                notify_end_states=states,
                notify_end_types=how,
            )
        )

    @rule(before=st.sampled_from([1.0, 8.5]), a=VALUES, b=VALUES, last=VALUES, minutes=st.integers(1, 4))
    def maintain(self, before: float, a: float, b: float, last: float, minutes: int) -> None:
        """Trouble before, in and after a downtime is rare among values and silences alone."""
        self.live(before, b)
        self.mute(minutes, "*", False, ALL_BAD, EXPIRED)
        for value in (a, *[last] * minutes, last):
            self.live(value, b)

    @rule(mute_first=st.booleans(), scope=SCOPES, again=VALUES)
    def mend(self, mute_first: bool, scope: str, again: float) -> None:
        """6.11: the first recovery in a downtime, and a second from trouble that began in it."""
        self.live(8.5, 4.5)
        self.mute(4, scope, mute_first, ALL_BAD, EXPIRED)
        for value in (1.0, again, 1.0):
            self.live(value, value)

    @precondition(lambda self: any(each.canceled_at is None for each in self.downtimes[-1:]))
    @rule()
    def cancel(self) -> None:
        self.downtimes[-1] = replace(self.downtimes[-1], canceled_at=self.now + timedelta(seconds=45))

    @precondition(lambda self: self.by_hand and self.statuses)
    @rule()
    def resolve(self) -> None:
        """Resolving by hand holds until the next evaluation [5.8]; a timeline knows nothing of it."""
        self.statuses = {group: moved(status, OK, None, self.now) for group, status in self.statuses.items()}
        self.clusters = {group: moved(status, OK, None, self.now) for group, status in self.clusters.items()}
        for life in self.lives.values():
            if life.state is not None:
                life.move(OK, self.now)
        for ledger in self.ledgers.values():
            ledger.trouble = None

    def live(self, *bad: float | None, after: timedelta = MINUTE) -> None:
        """One evaluation, of how bad the groups were in the minute before, in their order."""
        before, self.now = self.now, self.now + after
        here = {group: self.sign * value for group, value in zip(GROUPS, bad, strict=False) if value is not None}
        for group, value in here.items():
            self.store.write("g", frozenset(group), MetricType.GAUGE, before.timestamp(), value, interval=60)
            self.lives.setdefault(group, Life(self.terms))
        step = advance(
            self.definition,
            self.statuses,
            self.store,
            self.now,
            routing=self.routing,
            clusters=self.clusters,
            since=self.evaluated if self.steps else None,
        )
        were = self.units()
        for group, life in self.lives.items():
            self.check(group, here.get(group), before, step)
            assert (life.state is not None) is (group in step.statuses)
        self.check_told(were, step)
        self.steps.append(step)
        self.statuses, self.clusters, self.evaluated = step.statuses, step.clusters, self.now

    # --- what has to hold ----------------------------------------------------------------------------------------

    def check(self, group: Group, value: float | None, written: datetime, step: Step) -> None:
        life = self.lives[group]
        old = life.state or NO_DATA
        life.see(value, written, self.now)
        steps = [(each.old, each.new) for each in step.transitions if each.group == group]
        if life.state is None:
            assert group not in step.statuses
            assert steps == []
            return
        status = step.statuses[group]
        assert status.state is life.state
        assert steps == ([(old, life.state)] if old is not life.state else [])
        assert step.values[group] == value
        assert (status.value, status.since) == (life.value, life.since)
        assert status.first_triggered_at == life.first_triggered
        assert status.last_triggered_at == life.last_triggered

    def units(self) -> dict[Group, tuple[State, float | None]]:
        """What is told of together, each with its state and value: as the worst of its groups [6.4]."""
        found: dict[Group, list[Life]] = {}
        for group, life in self.lives.items():
            if life.state is not None:
                together = tuple(tag for tag in group if tag.key in self.notify_by) if self.notify_by else group
                found.setdefault(together, []).append(life)
        return {unit: self.worst(lives) for unit, lives in found.items()}

    def worst(self, lives: Iterable[Life]) -> tuple[State, float | None]:
        state = max((life.state for life in lives if life.state), key=SEVERITY.index)
        values = [life.value for life in lives if life.state is state and life.value is not None]
        return state, max(values, key=lambda value: self.sign * value, default=None)

    def check_told(self, were: Mapping[Group, tuple[State, float | None]], step: Step) -> None:
        units = self.units()
        expected = {}
        for gone in self.ledgers.keys() - units.keys():
            del self.ledgers[gone]
        for unit, (state, value) in units.items():
            old = self.before(unit, were)
            ledger = self.ledgers.setdefault(unit, Ledger(self.terms))
            muting = [each for each in self.downtimes if self.covers(each, unit)]
            word = ledger.tell(old, state, self.now, muting=muting, ended=self.ended(unit))
            if word:
                expected[unit] = (word, state, value, *self.worded(word, state, unit))
        assert {each.group: self.heard(each) for each in step.notifications} == expected
        assert len(step.notifications) == len(expected)

    def before(self, unit: Group, were: Mapping[Group, tuple[State, float | None]]) -> State:
        """A new group is in No Data until it is evaluated, and one that was resolved by hand was OK."""
        return were[unit][0] if unit in were else NO_DATA

    @staticmethod
    def heard(told: Notification) -> tuple[object, ...]:
        assert told.handles == ("someone",)
        return told.transition, told.state, told.value, told.priority, told.title

    def worded(self, word: str, state: State, unit: Group) -> tuple[str | None, str]:
        """The priority that the message sets, or the monitor's [6.9], and the title with it [6.5]."""
        own = None if self.terms.priority is None else f"P{self.terms.priority}"
        priority = "P5" if state is WARN else own
        shown = f"Re-{TOLD[state]}" if word == "Renotify" else word
        on = f" on {{{','.join(f'{tag.key}:{tag.value}' for tag in unit)}}}" if unit else ""
        return priority, f"{f'[{priority}] ' if priority else ''}[{shown}{on}] life"

    def covers(self, downtime: Downtime, unit: Group) -> bool:
        start, end = self.span(downtime)
        return matches(downtime.scope, frozenset(unit)) and start <= self.now and (end is None or self.now < end)

    def span(self, downtime: Downtime) -> tuple[datetime, datetime | None]:
        (schedule,) = downtime.schedules
        assert isinstance(schedule, OneTime)
        ends = [end for end in (schedule.end, downtime.canceled_at) if end is not None]
        return schedule.start, min(ends, default=None)

    def ended(self, unit: Group) -> list[Downtime]:
        """The downtimes of it that ended since the last evaluation, in a way that they name."""
        found = []
        for each in self.downtimes:
            start, end = self.span(each)
            (schedule,) = each.schedules
            assert isinstance(schedule, OneTime)
            how = EndType.EXPIRED if end == schedule.end else EndType.CANCELED
            over = end is not None and start < end and self.evaluated < end <= self.now
            if over and how in each.notify_end_types and matches(each.scope, frozenset(unit)):
                found.append(each)
        return found

    @property
    def routing(self) -> Routing:
        return Routing(downtimes=tuple(self.downtimes))

    def teardown(self) -> None:
        if not hasattr(self, "steps") or not self.steps or self.by_hand:
            return
        instants = np.array([step.at.timestamp() for step in self.steps])
        timeline = run_timeline(self.definition, self.store, instants, routing=self.routing)
        assert timeline.transitions == tuple(each for step in self.steps for each in step.transitions)
        assert timeline.notifications == tuple(each for step in self.steps for each in step.notifications)
        for number, step in enumerate(self.steps):
            found = {group: timeline.status(group, number) for group in timeline.groups_at(number)}
            assert found == step.statuses


MANY = settings().max_examples > 1000
Monitor.TestCase.settings = settings(
    max_examples=max(20, settings().max_examples // 3),
    stateful_step_count=30 if MANY else 15,
    suppress_health_check=list(HealthCheck),
)
TestMonitor = pytest.mark.timeout(1800)(Monitor.TestCase)
