"""A monitor lives through any sequence of values and silence; what the reference says of its states holds all along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from alertproof.datadog import Definition, GroupStatus, State, Step, advance, load_definition
from alertproof.tags import Group, Tag
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
        self.store = SeriesStore()
        self.now = START
        self.statuses: Mapping[Group, GroupStatus] = {}
        self.definition: Definition
        self.told_at: dict[Group, datetime] = {}
        self.told_again: dict[Group, int] = {}
        self.in_trouble: set[Group] = set()
        self.silent_since: dict[Group, datetime] = {}

    @initialize(
        missing=st.sampled_from(MISSING),
        recovery=st.booleans(),
        interval=st.sampled_from([0, 2, 5]),
        occurrences=st.sampled_from([None, 1, 2]),
        statuses=st.sampled_from([["alert"], ["alert", "warn"], ["alert", "no data"]]),
    )
    def make(
        self, missing: dict[str, Any], recovery: bool, interval: int, occurrences: int | None, statuses: list[str]
    ) -> None:
        thresholds = {"critical": CRITICAL, "warning": WARNING}
        if recovery:
            thresholds |= {"critical_recovery": HELD, "warning_recovery": LOW}
        self.missing, self.recovery = missing, recovery
        self.interval, self.occurrences = timedelta(minutes=interval), occurrences
        self.again = {WORDS[name] for name in statuses} if interval else set()
        options: dict[str, Any] = {"thresholds": thresholds, "new_group_delay": 0, **missing}
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

    def live(self, values: Mapping[str, float | None], *, after: timedelta = MINUTE) -> None:
        before, self.now = self.now, self.now + after
        for pod, value in values.items():
            if value is not None:
                tags = frozenset({Tag("pod", pod)})
                self.store.write("g", tags, MetricType.GAUGE, before.timestamp(), value, interval=60)
        step = advance(self.definition, self.statuses, self.store, self.now)
        here: dict[Group, float] = {(Tag("pod", pod),): value for pod, value in values.items() if value is not None}
        for group in self.statuses.keys() | here.keys():
            self.count_silence(group, here)
            if group in step.statuses:
                self.check(group, here.get(group), step)
            else:
                self.check_dropped(group)
        assert step.statuses.keys() <= self.statuses.keys() | here.keys()
        self.statuses = step.statuses

    def count_silence(self, group: Group, here: Mapping[Group, float]) -> None:
        if group in here:
            self.silent_since.pop(group, None)
        else:
            self.silent_since.setdefault(group, self.now)

    def check_dropped(self, group: Group) -> None:
        assert self.now - self.silent_since[group] >= DAY
        self.in_trouble.discard(group)
        self.told_at.pop(group, None)
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
        if old is not new:
            # Only trouble that was told of is recovered from; a new group that is well says nothing (Q10).
            assert told == ([TOLD[new]] if new is not OK or group in self.in_trouble else [])
            self.told_again[group] = 0
        else:
            assert told == (["Renotify"] if self.is_due(group, new) else [])
            self.told_again[group] = self.told_again.get(group, 0) + len(told)
        if told:
            self.told_at[group] = self.now
            (self.in_trouble.discard if new is OK else self.in_trouble.add)(group)

    def is_due(self, group: Group, state: State) -> bool:
        """6.8: so long after the last notification, while in one of the states, and so many times at most."""
        if state not in self.again or group not in self.in_trouble:
            return False
        if self.occurrences and self.told_again[group] >= self.occurrences:
            return False
        return self.now - self.told_at[group] >= self.interval


Life.TestCase.settings = settings(
    max_examples=max(20, settings().max_examples // 3),
    stateful_step_count=15,
    suppress_health_check=list(HealthCheck),
)
TestLife = pytest.mark.timeout(1800)(Life.TestCase)
