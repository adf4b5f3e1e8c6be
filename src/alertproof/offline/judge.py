"""Compares what a test expected with what its monitors did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.datadog import Notification, State, Transition
from alertproof.errors import Broken
from alertproof.offline.timeline import START, Timeline
from alertproof.tags import Group, group_label
from alertproof.verdict import Expectation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from alertproof.datadog import GroupStatus
    from alertproof.offline.script import AlertTest, ExpectedNotification, ExpectedState

__all__ = ["judge"]


def judge(test: AlertTest, timelines: Mapping[str, Timeline], length: timedelta) -> tuple[Expectation, ...]:
    """Return every expectation of a test and whether it was met.

    ``timelines`` are by the names that the test uses, and where ``nothing_else`` is asked by the stems of the
    other monitors. Raises `Broken` for an expectation that the run could not have reached.
    """
    judged = [_state(expected, timelines[expected.monitor], length) for expected in test.states]
    taken: set[int] = set()
    judged.extend(_notification(wanted, timelines[wanted.monitor], length, taken) for wanted in test.notifications)
    if test.nothing_else:
        distinct = {id(timeline): timeline for timeline in timelines.values()}
        judged.append(_nothing_else(distinct.values(), taken))
    return tuple(judged)


def _state(expected: ExpectedState, timeline: Timeline, length: timedelta) -> Expectation:
    if expected.at > length:
        raise Broken(f"{expected.text}: the data ends at {_span(length)}")
    evaluation = timeline.evaluation_at(START + expected.at)
    if evaluation is None:
        raise Broken(f"{expected.text}: the first evaluation comes later")
    statuses = timeline.statuses[evaluation]
    if expected.group is not None:
        if expected.group not in statuses:
            seen = ", ".join(group_label(group) for group in statuses) or "none"
            raise Broken(f"{expected.text}: there is no such group then (groups: {seen})")
        statuses = {expected.group: statuses[expected.group]}
    if not statuses:
        raise Broken(f"{expected.text}: the monitor has no group then, so there is nothing to look at")
    seen = _seen_states(statuses, timeline.without_value[evaluation])
    blind = [group_label(group) for group in statuses if group in timeline.silent[evaluation]]
    if blind and expected.state is not State.NO_DATA and not _handles_missing_data(timeline):
        raise Broken(
            f"{expected.text}: {', '.join(blind)} had no point in the window then, and a state that merely stays"
            f" verifies nothing; feed points up to there, or let the monitor say what missing data mean ({seen})"
        )
    met = all(status.state is expected.state for status in statuses.values())
    return Expectation(text=expected.text, met=met, last_seen=seen)


def _handles_missing_data(timeline: Timeline) -> bool:
    """Tell whether the monitor says what it makes of missing data, so that a state without data is a decision."""
    options = timeline.monitor.definition.options
    return options.notify_no_data or options.on_missing_data is not None or options.timeout is not None


def _seen_states(statuses: Mapping[Group, GroupStatus], without_value: Mapping[Group, datetime]) -> str:
    return "; ".join(
        f"{group_label(group)} is {status.state} since {_ago(status.since)}, {_value(status, without_value.get(group))}"
        for group, status in statuses.items()
    )


def _value(status: GroupStatus, missing_since: datetime | None) -> str:
    if status.value is None:
        return "no value yet"
    value = f"value {status.value:.6g}"
    return value if missing_since is None else f"no value since {_ago(missing_since)} (last {value})"


def _notification(wanted: ExpectedNotification, timeline: Timeline, length: timedelta, taken: set[int]) -> Expectation:
    """Find what was wanted, once per group; ``taken`` gathers the notifications that an expectation used."""
    if wanted.between[1] > length:
        raise Broken(f"{wanted.text}: the data ends at {_span(length)}")
    found: dict[Group, Notification] = {}
    for each in timeline.notifications:
        if id(each) not in taken and each.group not in found and _fits(wanted, each):
            found[each.group] = each
    taken.update(id(each) for each in found.values())
    seen = "; ".join(_told(each) for each in timeline.notifications) or "no notification at all"
    return Expectation(text=wanted.text, met=bool(found), last_seen=seen)


def _fits(wanted: ExpectedNotification, each: Notification) -> bool:
    first, last = wanted.between
    return (
        first <= each.at - START <= last
        and each.transition == wanted.transition
        and (wanted.to is None or wanted.to in each.handles)
        and (wanted.group is None or wanted.group == each.group)
        and (wanted.contains in each.title or wanted.contains in each.body)
    )


def _nothing_else(timelines: Iterable[Timeline], taken: set[int]) -> Expectation:
    others: list[str] = []
    for timeline in timelines:
        stem = timeline.monitor.stem
        expected = {(each.at, each.group) for each in timeline.notifications if id(each) in taken}
        others += [
            f"{stem}: {_told(each)}" for each in timeline.notifications if id(each) not in taken and each.handles
        ]
        others += [
            f"{stem}: {_moved(each)}"
            for each in timeline.transitions
            if (each.at, each.group) not in expected and not _is_first_ok(each, timeline)
        ]
    return Expectation(text="nothing else happens", met=not others, last_seen="; ".join(others) or "nothing else")


def _is_first_ok(transition: Transition, timeline: Timeline) -> bool:
    """Tell whether a group merely left the No Data in which it began."""
    first = next(each for each in timeline.transitions if each.group == transition.group)
    return first is transition and (transition.old, transition.new) == (State.NO_DATA, State.OK)


def _told(notification: Notification) -> str:
    handles = ", ".join(notification.handles) or "nobody"
    label = f" {group_label(notification.group)}" if notification.group else ""
    return f"{notification.transition}{label} at {_ago(notification.at)} to {handles}"


def _moved(transition: Transition) -> str:
    value = "" if transition.value is None else f", value {transition.value:.6g}"
    label = f" {group_label(transition.group)}" if transition.group else ""
    return f"{transition.old} to {transition.new}{label} at {_ago(transition.at)}{value}"


def _ago(at: datetime) -> str:
    return _span(at - START)


def _span(span: timedelta) -> str:
    """Return ``16m``, or ``90s`` where that is not whole."""
    seconds = int(span.total_seconds())
    return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"
