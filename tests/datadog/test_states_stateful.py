"""A monitor lives through any sequence of values, silence and downtimes; what the reference says holds all along.

In the end the whole timeline at once has to come to what was stepped through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from alertproof.datadog import (
    Definition,
    GroupStatus,
    Routing,
    State,
    Step,
    advance,
    load_definition,
    run_timeline,
)
from alertproof.datadog.downtime import Downtime, EndType, OneTime
from alertproof.datadog.monitor.status import moved
from alertproof.datadog.tagscope import matches, read_downtime_scope
from alertproof.tags import EVERYTHING, Group, Tag
from alertproof.telemetry.series import MetricType, SeriesStore

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
START = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(hours=24)
PODS = ("a", "b")
CRITICAL, HELD, WARNING, LOW = 8.0, 6.0, 4.0, 2.0
#: Each threshold, and each side of it.
VALUES = st.sampled_from([1.0, 2.0, 2.5, 4.0, 4.5, 6.0, 6.5, 8.0, 8.5])
WORDS = {"alert": ALERT, "warn": WARN, "no data": NO_DATA}
TOLD = {ALERT: "Triggered", WARN: "Warn", NO_DATA: "No Data", OK: "Recovered"}

MISSING: tuple[dict[str, Any], ...] = (
    {},
    {"on_missing_data": "show_and_notify_no_data"},
    {"on_missing_data": "resolve"},
    {"notify_no_data": True, "no_data_timeframe": 3},
    {"timeout_h": 1},
)


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = SeriesStore(retention=None)
        self.now = self.evaluated = START
        self.steps: list[Step] = []
        self.clusters: Mapping[Group, GroupStatus] = {}
        self.downtimes: list[Downtime] = []
        self.resolved_by_hand = False
        self.statuses: Mapping[Group, GroupStatus] = {}
        self.definition: Definition
        self.told_at: dict[Group, datetime] = {}
        self.told_again: dict[Group, int] = {}
        #: Groups whose trouble was told (True) or kept back by a downtime.
        self.trouble: dict[Group, bool] = {}
        self.silent_since: dict[Group, datetime] = {}

    @initialize(
        missing=st.sampled_from(MISSING),
        recovery=st.booleans(),
        interval=st.sampled_from([0, 2, 5]),
        occurrences=st.sampled_from([None, 1, 2]),
        statuses=st.sampled_from([["alert"], ["alert", "warn"], ["alert", "no data"]]),
        together=st.sampled_from([[], [], ["*"]]),
    )
    def make(
        self,
        *,
        missing: dict[str, Any],
        recovery: bool,
        interval: int,
        occurrences: int | None,
        statuses: list[str],
        together: list[str],
    ) -> None:
        thresholds = {"critical": CRITICAL, "warning": WARNING}
        if recovery:
            thresholds |= {"critical_recovery": HELD, "warning_recovery": LOW}
        self.missing, self.recovery, self.together = missing, recovery, bool(together)
        self.interval, self.occurrences = timedelta(minutes=interval), occurrences
        self.again = {WORDS[name] for name in statuses} if interval else set()
        options: dict[str, Any] = {"thresholds": thresholds, "new_group_delay": 0, "notify_by": together, **missing}
        if interval:
            options |= {"renotify_interval": interval, "renotify_statuses": statuses}
            options |= {"renotify_occurrences": occurrences} if occurrences else {}
        query = "max(last_1m):max:g{*} by {pod} > 8"
        payload = {"name": "life", "type": "query alert", "query": query, "message": "@someone", "options": options}
        self.definition = load_definition(payload, source="life")

    @rule(a=VALUES, b=st.none() | VALUES)
    def minute(self, a: float, b: float | None) -> None:
        self.live({"a": a, "b": b})

    @rule(minutes=st.integers(1, 8))
    def silence(self, minutes: int) -> None:
        for _ in range(minutes):
            self.live({})

    @rule(a=VALUES, minutes=st.integers(2, 8))
    def standstill(self, a: float, minutes: int) -> None:
        for _ in range(minutes):
            self.live({"a": a})

    @precondition(lambda self: "timeout_h" in self.missing)
    @rule()
    def hour(self) -> None:
        for _ in range(61):
            self.live({})

    @precondition(lambda self: self.statuses and not self.again)
    @rule()
    def day(self) -> None:
        """The clocks of retention start at the first evaluation without data [5.7]."""
        self.live({})
        self.live({}, after=DAY - MINUTE)
        self.live({})

    @rule(
        minutes=st.none() | st.integers(1, 6),
        scope=st.sampled_from(["*", "pod:a", "-pod:a"]),
        mute_first=st.booleans(),
        states=st.sampled_from([frozenset({ALERT, WARN, NO_DATA}), frozenset({ALERT})]),
        how=st.sampled_from([frozenset({EndType.EXPIRED}), frozenset(EndType)]),
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

    @rule(a=VALUES, b=VALUES, minutes=st.integers(1, 4), mute_first=st.booleans(), before=st.booleans())
    def maintain(self, a: float, b: float, minutes: int, mute_first: bool, before: bool) -> None:
        """What happens in and after a downtime is rare among values and silences alone."""
        if before:
            self.live({"a": CRITICAL + 1, "b": b})
        states = frozenset({ALERT, WARN, NO_DATA})
        self.mute(minutes, "*", mute_first, states, frozenset({EndType.EXPIRED}))
        self.live({"a": a, "b": b})
        for _ in range(minutes + 2):
            self.live({"a": CRITICAL + 1, "b": b})

    @precondition(lambda self: self.downtimes)
    @rule()
    def cancel(self) -> None:
        last = self.downtimes[-1]
        if last.canceled_at is None:
            self.downtimes[-1] = replace(last, canceled_at=self.now + timedelta(seconds=45))

    @precondition(lambda self: self.statuses)
    @rule()
    def resolve(self) -> None:
        """Resolving by hand holds until the next evaluation [5.8]; a timeline knows nothing of it."""
        self.resolved_by_hand = True
        self.statuses = {group: moved(status, OK, None, self.now) for group, status in self.statuses.items()}
        self.clusters = {group: moved(status, OK, None, self.now) for group, status in self.clusters.items()}
        self.trouble.clear()

    def live(self, values: Mapping[str, float | None], *, after: timedelta = MINUTE) -> None:
        before, self.now = self.now, self.now + after
        for pod, value in values.items():
            if value is not None:
                tags = frozenset({Tag("pod", pod)})
                self.store.write("g", tags, MetricType.GAUGE, before.timestamp(), value, interval=60)
        step = advance(
            self.definition,
            self.statuses,
            self.store,
            self.now,
            routing=self.routing,
            clusters=self.clusters,
            since=self.evaluated if self.steps else None,
        )
        self.steps.append(step)
        here: dict[Group, float] = {(Tag("pod", pod),): value for pod, value in values.items() if value is not None}
        for group in self.statuses.keys() | here.keys():
            self.count_silence(group, here)
            if group in step.statuses:
                self.check(group, here.get(group), step)
            else:
                self.check_dropped(group)
        assert step.statuses.keys() <= self.statuses.keys() | here.keys()
        told = [each.group for each in step.notifications]
        assert len(told) == len(set(told))
        assert not self.together or told in ([], [EVERYTHING])
        self.statuses, self.clusters, self.evaluated = step.statuses, step.clusters, self.now

    def count_silence(self, group: Group, here: Mapping[Group, float]) -> None:
        if group in here:
            self.silent_since.pop(group, None)
        else:
            self.silent_since.setdefault(group, self.now)

    def check_dropped(self, group: Group) -> None:
        assert self.now - self.silent_since[group] >= DAY
        self.trouble.pop(group, None)
        self.told_at.pop(group, None)
        self.told_again.pop(group, None)
        del self.silent_since[group]

    def check(self, group: Group, value: float | None, step: Step) -> None:
        old = self.statuses[group].state if group in self.statuses else NO_DATA
        status = step.statuses[group]
        moved = [each for each in step.transitions if each.group == group]
        assert [(each.old, each.new) for each in moved] == ([(old, status.state)] if old is not status.state else [])
        if moved:
            assert status.since == self.now
        if group in self.silent_since:
            assert self.now - self.silent_since[group] < DAY
            assert step.values.get(group) is None
            assert status.state in self.after_silence(group, old)
        else:
            assert step.values[group] == value
            assert status.state is self.judged(value or 0.0, old)
        if not self.together:
            self.check_told(group, old, status.state, step)
        if status.first_triggered_at and status.last_triggered_at:
            assert status.first_triggered_at <= status.last_triggered_at <= self.now

    def judged(self, value: float, old: State) -> State:
        """Written as the states' regions: hysteresis widens the region that one is in [5.3, 5.4]."""
        if value > CRITICAL or (self.recovery and old is ALERT and value > HELD):
            return ALERT
        if value > WARNING or (self.recovery and old is WARN and value > LOW):
            return WARN
        return OK

    def after_silence(self, group: Group, old: State) -> set[State]:
        """Without a value nothing moves, but for a rule of missing data [4.7, 5.5, 5.6]."""
        silent = self.now - self.silent_since[group]
        match self.missing:
            case {"on_missing_data": "resolve"}:
                return {OK}
            case {"on_missing_data": _}:
                return {NO_DATA}
            case {"notify_no_data": True}:
                # The last point is two minutes old at the first evaluation without it.
                return {NO_DATA} if silent >= timedelta(minutes=2) else {old}
            case {"timeout_h": 1}:
                return {OK} if silent >= timedelta(hours=1) else {old}
            case _:
                return {old}

    def check_told(self, group: Group, old: State, new: State, step: Step) -> None:
        told = [each.transition for each in step.notifications if each.group == group]
        muting = [each for each in self.downtimes if self.covers(each, group, self.now)]
        # Only trouble that was told of, or would have been, is recovered from; a new group that is well says nothing.
        due = self.is_due(group, new) if old is new else new is not OK or group in self.trouble
        if old is not new:
            self.told_again[group] = 0
        if due and muting:
            # The first recovery from trouble that was told is let through, if all the downtimes let it.
            first = new is OK and self.trouble[group] and not any(each.mute_first_recovery for each in muting)
            assert told == ([TOLD[OK]] if first else [])
            self.told_at[group] = self.now
            self.trouble.setdefault(group, False)
        elif group in self.trouble and old is new and self.ends_loudly(group, new, muting):
            assert told == [TOLD[new]]
        elif due:
            assert told == (["Renotify"] if old is new else [TOLD[new]])
            self.told_again[group] = self.told_again.get(group, 0) + (old is new)
        else:
            assert told == []
        if told:
            self.told_at[group], self.trouble[group] = self.now, True
        if new is OK:
            self.trouble.pop(group, None)

    def covers(self, downtime: Downtime, group: Group, at: datetime) -> bool:
        start, end = self.span(downtime)
        return matches(downtime.scope, frozenset(group)) and start <= at and (end is None or at < end)

    def span(self, downtime: Downtime) -> tuple[datetime, datetime | None]:
        (schedule,) = downtime.schedules
        assert isinstance(schedule, OneTime)
        ends = [end for end in (schedule.end, downtime.canceled_at) if end is not None]
        return schedule.start, min(ends, default=None)

    def ends_loudly(self, group: Group, state: State, muting: list[Downtime]) -> bool:
        """6.11: a downtime that expires in trouble tells it, if it is of a state and an end that the downtime names."""
        for each in self.downtimes:
            start, end = self.span(each)
            (schedule,) = each.schedules
            assert isinstance(schedule, OneTime)
            how = EndType.EXPIRED if end == schedule.end else EndType.CANCELED
            over = end is not None and start < end and self.evaluated < end <= self.now
            named = state in each.notify_end_states and how in each.notify_end_types
            if over and named and matches(each.scope, frozenset(group)):
                return not muting
        return False

    def is_due(self, group: Group, state: State) -> bool:
        """6.8: so long after the last notification, while in one of the states, and so many times at most."""
        if state not in self.again or group not in self.trouble:
            return False
        if self.occurrences and self.told_again.get(group, 0) >= self.occurrences:
            return False
        return self.now - self.told_at[group] >= self.interval

    @property
    def routing(self) -> Routing:
        return Routing(downtimes=tuple(self.downtimes))

    def teardown(self) -> None:
        if self.resolved_by_hand or not self.steps:
            return
        instants = np.array([step.at.timestamp() for step in self.steps])
        timeline = run_timeline(self.definition, self.store, instants, routing=self.routing)
        assert timeline.transitions == tuple(each for step in self.steps for each in step.transitions)
        assert timeline.notifications == tuple(each for step in self.steps for each in step.notifications)
        for number, step in enumerate(self.steps):
            found = {group: timeline.status(group, number) for group in timeline.groups_at(number)}
            assert found == step.statuses


Life.TestCase.settings = settings(
    max_examples=max(20, settings().max_examples // 3),
    stateful_step_count=15,
    suppress_health_check=list(HealthCheck),
)
TestLife = pytest.mark.timeout(1800)(Life.TestCase)
