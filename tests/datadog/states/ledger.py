"""What becomes of one group, and what is told of it, as sections 4 to 6 of the reference have it; kept by hand.

Nothing here is the engine's, but for what a downtime is: states, clocks and counts are kept anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any

from alertproof.datadog import State
from alertproof.datadog.downtime import Downtime

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
MINUTE, DAY = timedelta(minutes=1), timedelta(hours=24)
TOLD = {ALERT: "Triggered", WARN: "Warn", NO_DATA: "No Data", OK: "Recovered"}
MEETS: Mapping[str, Callable[[float, float], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a monitor was made with, as far as it decides on states and on what is told."""

    comparator: str
    critical: float
    warning: float
    #: The recovery thresholds of both; None: the thresholds themselves.
    held: float | None
    low: float | None
    missing: Mapping[str, Any]
    new_group_delay: timedelta
    again: frozenset[State]
    interval: timedelta
    occurrences: int | None
    priority: int | None

    @property
    def tells_no_data(self) -> bool:
        return "notify_no_data" in self.missing or self.missing.get("on_missing_data") == "show_and_notify_no_data"

    def judged(self, value: float, old: State) -> State:
        """Written as the states' regions: hysteresis widens the region that one is in [5.3, 5.4]."""

        def within(region: State, threshold: float, wider: float | None) -> bool:
            is_held = old is region and wider is not None and MEETS[self.comparator](value, wider)
            return is_held or MEETS[self.comparator](value, threshold)

        if within(ALERT, self.critical, self.held):
            return ALERT
        return WARN if within(WARN, self.warning, self.low) else OK


@dataclass
class Life:
    """One group's data and states."""

    terms: Terms
    points: list[datetime] = field(default_factory=list)
    #: The first evaluation without data: the clocks of retention and of auto-resolve start there [5.7].
    silent_since: datetime | None = None
    #: None while the group is in no list of states.
    state: State | None = None
    since: datetime | None = None
    value: float | None = None
    first_triggered: datetime | None = None
    last_triggered: datetime | None = None
    is_in_trouble: bool = False

    def see(self, value: float | None, written: datetime, now: datetime) -> None:
        """One evaluation, with the value of the minute before it or with none."""
        if value is not None:
            self.points.append(written)
            self.silent_since = None
        elif self.silent_since is None:
            self.silent_since = now
        if self.silent_since is not None and now - self.silent_since >= DAY:
            self.state, self.is_in_trouble = None, False
            self.value = self.first_triggered = self.last_triggered = None
            return
        if self.state is None and self.is_too_new(now):
            return
        new = self.led_to(value, now)
        if new is None:
            return
        self.value = self.value if value is None else value
        if self.state is None:
            self.since = now
        self.move(new, now)

    def is_too_new(self, now: datetime) -> bool:
        """A group not seen in the last 24 hours is not evaluated before the delay has passed [4.8]."""
        first = min((at for at in self.points if at >= now - DAY), default=None)
        return first is not None and now - first < self.terms.new_group_delay

    def led_to(self, value: float | None, now: datetime) -> State | None:
        """Without a value nothing moves, but for a rule of missing data [4.7, 5.5, 5.6]."""
        if value is not None:
            return self.terms.judged(value, self.state or NO_DATA)
        assert self.silent_since is not None
        silent, missing = now - self.silent_since, self.terms.missing
        if missing.get("on_missing_data") == "resolve":
            return OK
        if missing.get("on_missing_data") in {"show_no_data", "show_and_notify_no_data"}:
            return NO_DATA
        if self.state and "timeout_h" in missing and silent >= timedelta(hours=missing["timeout_h"]):
            return OK if self.is_in_trouble else self.state
        # The last point is two minutes old at the first evaluation without it.
        if "notify_no_data" in missing and silent >= timedelta(minutes=missing["no_data_timeframe"]) - MINUTE:
            return NO_DATA
        return self.state

    def move(self, new: State, now: datetime) -> None:
        """12.2: the first move from OK into trouble, and the last into any state of it, are remembered."""
        old, self.state = self.state or NO_DATA, new
        if new is old:
            return
        self.since = now
        if new is not OK:
            self.first_triggered = self.first_triggered if self.is_in_trouble else now
            self.last_triggered = now
        self.is_in_trouble = new is not OK


@dataclass
class Ledger:
    """What was told of a group, or of a cluster of them."""

    terms: Terms
    #: Whether the trouble that is on was told or only would have been without a downtime; None: there is none.
    trouble: bool | None = None
    told_at: datetime | None = None
    again: int = 0

    def tell(
        self, old: State, new: State, now: datetime, *, muting: list[Downtime], ended: Iterable[Downtime]
    ) -> str | None:
        """What one evaluation tells; `ended` are the downtimes that ended since the one before and tell their end."""
        if old is not new:
            self.again = 0
        due = self.is_due_again(new, now) if old is new else self.is_news(new)
        word = None
        if due and muting:
            # The first recovery from trouble that was told is let through, if all the downtimes let it [6.11].
            if new is OK and self.trouble and not any(each.mute_first_recovery for each in muting):
                word = TOLD[OK]
            self.trouble = bool(self.trouble)
            self.told_at = now
        elif old is new and self.trouble is not None and not muting and self.is_told_anew(new, ended):
            word = TOLD[new]
        elif due:
            word = "Renotify" if old is new else TOLD[new]
            self.again += old is new
        if word:
            self.told_at, self.trouble = now, True
        if new is OK:
            self.trouble = None
        return word

    def is_news(self, new: State) -> bool:
        """Only trouble that was told of, or would have been, is recovered from [6.2]."""
        if new is OK:
            return self.trouble is not None
        return new is not NO_DATA or self.terms.tells_no_data

    def is_told_anew(self, state: State, ended: Iterable[Downtime]) -> bool:
        """6.11: a downtime that ends in trouble tells it, if it is of a state that the downtime names."""
        named = any(state in each.notify_end_states for each in ended)
        return named and (state is not NO_DATA or self.terms.tells_no_data)

    def is_due_again(self, state: State, now: datetime) -> bool:
        """6.8: so long after the last notification, while in one of the states, and so many times at most."""
        terms = self.terms
        if state not in terms.again or self.trouble is None or self.told_at is None:
            return False
        if state is NO_DATA and not terms.tells_no_data:
            return False
        if terms.occurrences is not None and self.again >= terms.occurrences:
            return False
        return now - self.told_at >= terms.interval
