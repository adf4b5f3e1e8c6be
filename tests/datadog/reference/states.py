"""The states of a monitor's groups, minute after minute, and what is told of them: slow and obvious.

Written from sections 4 to 6 of the reference alone. All times are seconds after START.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from tests.datadog.reference.evaluate import Outcome, evaluate, is_count
from tests.datadog.reference.model import (
    Arithmetic,
    Case,
    DefaultZero,
    Expression,
    GroupKey,
    Query,
    grouping,
    queries,
)
from tests.datadog.reference.readings import Readings

OK, WARN, ALERT, NO_DATA = "OK", "Warn", "Alert", "No Data"
DAY = 24 * 3600
NOT_ASSIGNED = ""


@dataclass
class Status:
    state: str = NO_DATA
    first_seen: int = 0
    moved: bool = False
    last_point: int | None = None
    silent_since: int | None = None
    last_notified: int | None = None
    told_of_trouble: bool = False
    renotified: int = 0


@dataclass
class Minute:
    """What one evaluation led to."""

    values: dict[GroupKey, Fraction | None] = field(default_factory=dict)
    states: dict[GroupKey, str] = field(default_factory=dict)
    transitions: list[tuple[GroupKey, str, str]] = field(default_factory=list)
    told: list[tuple[GroupKey, str]] = field(default_factory=list)


def assigned(expression: Expression, typed: set[str]) -> Expression:
    """The expression in which metrics without a type are "Not Assigned" [1.2], which no rule takes for a gauge."""
    if isinstance(expression, Arithmetic):
        left, right = assigned(expression.left, typed), assigned(expression.right, typed)
        return Arithmetic(expression.operator, left, right)
    if isinstance(expression, DefaultZero):
        inner = expression.inner
        return DefaultZero(inner if inner.metric in typed else replace(inner, kind=NOT_ASSIGNED))
    if isinstance(expression, Query) and expression.metric not in typed:
        return replace(expression, kind=NOT_ASSIGNED)
    return expression


class Monitor:
    def __init__(self, case: Case, readings: Readings | None = None) -> None:
        self.case = case
        self.readings = readings or Readings()
        self.statuses: dict[GroupKey, Status] = {}

    def step(self, at: int) -> Minute:
        """Evaluate the monitor once. Nothing but the states is remembered [4.1]."""
        minute = Minute()
        for group, outcome in evaluate(self.known_at(at), at, self.readings).items():
            if outcome.seconds or not grouping(self.case) or group in self.statuses:
                self.look_at(group, outcome, at, minute)
        for group, status in self.statuses.items():
            minute.states[group] = status.state
        return minute

    def known_at(self, at: int) -> Case:
        """The same monitor with the points, and the types [1.4], that were there by then."""
        cut = [replace(one, points=tuple(point for point in one.points if point[0] < at)) for one in self.case.series]
        known = tuple(one for one in cut if one.points)
        if self.case.declared:
            return replace(self.case, series=known)
        typed = {one.metric for one in known}
        return replace(self.case, series=known, expression=assigned(self.case.expression, typed))

    def look_at(self, group: GroupKey, outcome: Outcome, at: int, minute: Minute) -> None:
        if group not in self.statuses:
            self.statuses[group] = Status(first_seen=outcome.seconds[0] if outcome.seconds else at)
        status = self.statuses[group]
        seen_for = at - int(self.case.options.get("evaluation_delay", 0)) - status.first_seen
        if grouping(self.case) and seen_for < self.case.options.get("new_group_delay", 60):  # 4.8
            return
        self.note_silence(status, outcome, at)
        value = outcome.value
        if outcome.seconds and not self.window_is_full(outcome, at):  # 4.6: cancelled
            value = None
            new = status.state
        elif value is not None:
            new = self.judged(value, status.state)
        elif outcome.seconds:  # 4.7, 3.8: points, but none with a value: skipped
            new = status.state
        else:
            value, new = self.missing(status, at)
        triggered = (ALERT, WARN, NO_DATA) if self.readings.s56_no_data_times_out else (ALERT, WARN)
        if value is None and status.moved and new in triggered and self.timed_out(status, at):  # 5.6
            new = OK
        if status.silent_since is not None and grouping(self.case) and at - status.silent_since >= DAY:  # 5.7
            del self.statuses[group]
            return
        minute.values[group] = value
        self.move(group, status, new, at, minute)

    def note_silence(self, status: Status, outcome: Outcome, at: int) -> None:
        """Retention's and auto-resolve's clocks start at the first evaluation without data [5.7]."""
        if outcome.seconds:
            status.last_point = outcome.seconds[-1]
            status.silent_since = None
        elif status.silent_since is None:
            status.silent_since = at

    def window_is_full(self, outcome: Outcome, at: int) -> bool:
        if not self.case.options.get("require_full_window", False):
            return True
        window = self.case.window
        size = 60 if window < 60 else 600 if window < 24 * 60 else 3600
        if window % 60:
            size = 60
        start = at - int(self.case.options.get("evaluation_delay", 0)) - window * 60
        filled = {(second - start) // size for second in outcome.seconds}
        empty = window * 60 // size - len(filled)
        return 0 in filled and empty <= 3

    def judged(self, value: Fraction, state: str) -> str:
        """5.3 and 5.4."""
        thresholds = self.case.thresholds
        stays = self.readings.q6_stays_between_thresholds
        if self.meets(value, thresholds["critical"]):
            return ALERT
        held = thresholds.get("critical_recovery")
        if stays and state == ALERT and held is not None and not self.recovers(value, held):
            return ALERT
        if "warning" in thresholds and self.meets(value, thresholds["warning"]):
            return WARN
        held = thresholds.get("warning_recovery")
        if stays and state == WARN and held is not None and not self.recovers(value, held):
            return WARN
        return OK

    def meets(self, value: Fraction, threshold: Fraction) -> bool:
        return {
            ">": value > threshold,
            ">=": value >= threshold,
            "<": value < threshold,
            "<=": value <= threshold,
            "==": value == threshold,
            "!=": value != threshold,
        }[self.case.comparator]

    def recovers(self, value: Fraction, threshold: Fraction) -> bool:
        return {
            ">": value <= threshold,
            ">=": value < threshold,
            "<": value >= threshold,
            "<=": value > threshold,
        }[self.case.comparator]

    def missing(self, status: Status, at: int) -> tuple[Fraction | None, str]:
        """What an empty window leads to [5.5]."""
        options = self.case.options
        how = options.get("on_missing_data")
        if how in ("show_no_data", "show_and_notify_no_data"):
            return None, NO_DATA
        if how == "resolve":
            return None, OK
        if how == "default":
            if self.is_evaluated_as_zero():
                return Fraction(0), self.judged(Fraction(0), status.state)
            return None, status.state
        return None, NO_DATA if self.no_data_is_due(status, at) else status.state

    def no_data_is_due(self, status: Status, at: int) -> bool:
        """5.5 (a): no point for the timeframe, of a group that had one."""
        options = self.case.options
        if not options.get("notify_no_data", False) or status.last_point is None:
            return False
        frame = options.get("no_data_timeframe") or self.readings.q2_no_data_windows * self.case.window
        return status.last_point < at - int(options.get("evaluation_delay", 0)) - frame * 60

    def is_evaluated_as_zero(self) -> bool:
        """Count queries and sums without default_zero() are zero where data is missing [5.5 b]."""
        expression = self.case.expression
        if isinstance(expression, DefaultZero):
            return False
        return all(is_count(query) for query in queries(expression))

    def timed_out(self, status: Status, at: int) -> bool:
        hours = self.case.options.get("timeout_h") or 0
        return bool(hours) and status.silent_since is not None and at - status.silent_since >= hours * 3600

    # --- what is told [6.2, 6.8] ---------------------------------------------------------------------------------

    def move(self, group: GroupKey, status: Status, new: str, at: int, minute: Minute) -> None:
        old, status.state = status.state, new
        if old != new:
            status.moved = True
            minute.transitions.append((group, old, new))
            status.renotified = 0
            word = self.word(status, old, new)
            if word:
                minute.told.append((group, word))
                status.last_notified = at
            status.told_of_trouble = new != OK and (status.told_of_trouble or bool(word))
        elif self.is_told_again(status, at):
            status.renotified += 1
            status.last_notified = at
            minute.told.append((group, "Renotify"))

    def notifies_no_data(self) -> bool:
        options = self.case.options
        how = options.get("on_missing_data")
        return how == "show_and_notify_no_data" if how else bool(options.get("notify_no_data", False))

    def word(self, status: Status, old: str, new: str) -> str:
        if new == ALERT:
            return "Triggered"
        if new == WARN:
            return "Warn"
        if new == NO_DATA:
            return "No Data" if self.notifies_no_data() else ""
        return "Recovered" if status.told_of_trouble else ""

    def is_told_again(self, status: Status, at: int) -> bool:
        options = self.case.options
        every = options.get("renotify_interval") or 0
        if not every or status.last_notified is None:
            return False
        words = {"alert": ALERT, "warn": WARN, "no data": NO_DATA}
        among = [words[name] for name in options.get("renotify_statuses", ["alert", "no data"])]
        if status.state not in among or (status.state == NO_DATA and not self.notifies_no_data()):
            return False
        limit = options.get("renotify_occurrences")
        if limit is not None and status.renotified >= limit:
            return False
        return at - status.last_notified >= every * 60
