"""Compares what a test expected with what its monitors did."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from alertproof.datadog import Notification, State, Transition
from alertproof.errors import Broken
from alertproof.offline.words import after_start, moved, short_span, told
from alertproof.tags import Group, group_label
from alertproof.verdict import Expectation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from alertproof.datadog import GroupStatus
    from alertproof.offline.expectations import ExpectedNotification, ExpectedState
    from alertproof.offline.script import AlertTest
    from alertproof.offline.timeline import Run

__all__ = ["Judged", "Surplus", "judge"]


class Surplus(NamedTuple):
    """Something that happened though ``nothing_else`` should have."""

    run: Run
    what: Notification | Transition

    @property
    def text(self) -> str:
        """Return it in words."""
        what, start = self.what, self.run.start
        return f"{self.run.monitor.stem}: {told(what, start) if isinstance(what, Notification) else moved(what, start)}"


class Judged(NamedTuple):
    """An expectation and what asked for it; ``nothing_else`` has None, and what it found."""

    expectation: Expectation
    wanted: ExpectedState | ExpectedNotification | None = None
    surplus: tuple[Surplus, ...] = ()


def judge(test: AlertTest, runs: Mapping[str, Run], length: timedelta) -> tuple[Judged, ...]:
    """Return every expectation of a test and whether it was met.

    ``runs`` are by the names that the test uses, and where ``nothing_else`` is asked by the stems of the
    other monitors. Raises `Broken` for an expectation that the run could not have reached.
    """
    judged = [Judged(_state(expected, runs[expected.monitor], length), expected) for expected in test.states]
    logs = {id(run): _Log(run) for run in runs.values()}
    judged += [Judged(_notification(each, logs[id(runs[each.monitor])], length), each) for each in test.notifications]
    if test.nothing_else:
        judged.append(_nothing_else(logs.values()))
    return tuple(judged)


def _state(expected: ExpectedState, run: Run, length: timedelta) -> Expectation:
    if expected.at > length:
        raise Broken(f"{expected.text}: the data ends at {short_span(length)}")
    evaluation = run.evaluation_at(run.start + expected.at)
    if evaluation is None:
        raise Broken(f"{expected.text}: the first evaluation comes later")
    timeline = run.timeline
    groups = timeline.groups_at(evaluation) if expected.group is None else (expected.group,)
    found = {group: timeline.status(group, evaluation) for group in groups}
    statuses = {group: status for group, status in found.items() if status is not None}
    if expected.group is not None and not statuses:
        known = ", ".join(group_label(group) for group in timeline.groups_at(evaluation)) or "none"
        raise Broken(f"{expected.text}: there is no such group then (groups: {known})")
    if not statuses:
        raise Broken(f"{expected.text}: the monitor has no group then, so there is nothing to look at")
    seen = "; ".join(_seen(run, group, status, evaluation) for group, status in statuses.items())
    blind = [group_label(group) for group in statuses if timeline.is_silent(group, evaluation)]
    if blind and expected.state is not State.NO_DATA and not _handles_missing_data(run):
        raise Broken(
            f"{expected.text}: {', '.join(blind)} had no point in the window then, and a state that merely stays"
            f" verifies nothing; feed points up to there, or let the monitor say what missing data mean ({seen})"
        )
    met = all(status.state is expected.state for status in statuses.values())
    return Expectation(text=expected.text, met=met, last_seen=seen)


def _handles_missing_data(run: Run) -> bool:
    """Tell whether the monitor says what it makes of missing data, so that a state without data is a decision."""
    options = run.monitor.definition.options
    return options.notify_no_data or options.on_missing_data is not None or options.timeout is not None


def _seen(run: Run, group: Group, status: GroupStatus, evaluation: int) -> str:
    since = run.timeline.without_value_since(group, evaluation)
    missing = None if since is None else run.instant_of(since)
    begun = after_start(status.since, run.start)
    return f"{group_label(group)} is {status.state} since {begun}, {_value(status, missing, run.start)}"


def _value(status: GroupStatus, missing_since: datetime | None, start: datetime) -> str:
    if status.value is None:
        return "no value yet"
    value = f"value {status.value:.6g}"
    return value if missing_since is None else f"no value since {after_start(missing_since, start)} (last {value})"


class _Log:
    """The notifications of a run in the order of time, and which of them an expectation has taken.

    ``untold`` are the steps that nobody was to be told of, by instant and group.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.untold: set[tuple[datetime, Group]] = set()
        self.notifications = run.notifications
        self._ats = [each.at for each in run.notifications]
        self._taken: list[frozenset[str | None]] = [frozenset()] * len(run.notifications)

    def take(self, wanted: ExpectedNotification) -> bool:
        """Take what was wanted, once per group; tell whether there was any.

        A notification can be taken for each of its handles once, or as a whole by who asks for none.
        """
        first = bisect_left(self._ats, self.run.start + wanted.between[0])
        last = bisect_right(self._ats, self.run.start + wanted.between[1])
        found: set[Group] = set()
        for number in range(first, last):
            each = self.notifications[number]
            if self._is_left(number, wanted.to) and each.group not in found and _fits(wanted, each):
                found.add(each.group)
                self._taken[number] |= {wanted.to}
        return bool(found)

    def take_untold(self, wanted: ExpectedNotification) -> bool:
        """Take the step that was wanted and that nobody was told of, once per group; tell whether there was any."""
        first, last = (self.run.start + each for each in wanted.between)
        found: dict[Group, datetime] = {}
        for step in self.run.steps(wanted.transition, wanted.group):
            is_left = first <= step.at <= last and (step.at, step.group) not in self.untold
            if is_left and not self.run.told_of(step):
                found.setdefault(step.group, step.at)
        self.untold |= {(at, group) for group, at in found.items()}
        return bool(found)

    def _is_left(self, number: int, handle: str | None) -> bool:
        taken = self._taken[number]
        return not taken or (handle is not None and taken.isdisjoint({handle, None}))

    def taken(self) -> Iterator[Notification]:
        """Yield the notifications of which something was taken."""
        return (each for each, taken in zip(self.notifications, self._taken, strict=True) if taken)

    def left(self) -> Iterator[Notification]:
        """Yield what was not taken: notifications with the handles that nobody asked for."""
        for each, taken in zip(self.notifications, self._taken, strict=True):
            handles = () if None in taken else tuple(handle for handle in each.handles if handle not in taken)
            if handles:
                yield replace(each, handles=handles)

    @cached_property
    def all_told(self) -> str:
        """All notifications in words."""
        return "; ".join(told(each, self.run.start) for each in self.notifications) or "no notification at all"


def _notification(wanted: ExpectedNotification, log: _Log, length: timedelta) -> Expectation:
    if wanted.between[1] > length:
        raise Broken(f"{wanted.text}: the data ends at {short_span(length)}")
    if wanted.told:
        return Expectation(text=wanted.text, met=log.take(wanted), last_seen=log.all_told)
    steps = "; ".join(moved(each, log.run.start) for each in log.run.transitions) or "no transition at all"
    return Expectation(text=wanted.text, met=log.take_untold(wanted), last_seen=steps)


def _fits(wanted: ExpectedNotification, each: Notification) -> bool:
    return (
        each.transition == wanted.transition
        and (wanted.to is None or wanted.to in each.handles)
        and (wanted.group is None or wanted.group == each.group)
        and wanted.is_said_by(each)
    )


def _nothing_else(logs: Iterable[_Log]) -> Judged:
    others: list[Surplus] = []
    for log in logs:
        expected = {(each.at, each.group) for each in log.taken()} | log.untold
        told_of = {each.group for each in log.taken()}
        others += [Surplus(log.run, each) for each in log.left()]
        begun: set[Group] = set()
        for each in log.run.transitions:
            # A group merely leaves the No Data in which it began.
            first_ok = each.group not in begun and (each.old, each.new) == (State.NO_DATA, State.OK)
            begun.add(each.group)
            if not (first_ok or _is_known(log.run, each, expected, told_of)):
                others.append(Surplus(log.run, each))
    seen = "; ".join(each.text for each in others) or "nothing else"
    return Judged(Expectation(text="nothing else happens", met=not others, last_seen=seen), None, tuple(others))


def _is_known(run: Run, step: Transition, expected: set[tuple[datetime, Group]], told_of: set[Group]) -> bool:
    """Tell whether a transition was expected: as a notification, as one of a cluster that is told of, or as muted.

    A check that is not told of its Unknown is in OK meanwhile [SVC].
    """
    options = run.monitor.definition.options
    if {step.old, step.new} == {State.OK, State.UNKNOWN} and options.thresholds.unknown is None:
        return True
    if (step.at, step.group) in expected:
        return True
    if options.notify_by and run.cluster(step.group) in told_of:
        return True
    return bool(run.muted(step.group).at(step.at).active)
