"""Says of an expectation that was not met by how much and when it was missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog import Notification, State
from alertproof.datadog.monitor.observation import verdict_of
from alertproof.offline.drawing.chart import levels_of
from alertproof.offline.expectations import ExpectedState
from alertproof.offline.words import after_start, distance, of_group, short_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alertproof.offline.expectations import ExpectedNotification
    from alertproof.offline.judge import Judged
    from alertproof.offline.timeline import Run
    from alertproof.tags import Group

__all__ = ["Miss", "miss_of", "next_to_alerting"]

_MOST_GROUPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """An expectation that was not met, why, and where to look: the groups of the monitors that it is about."""

    judged: Judged
    why: tuple[str, ...]
    places: tuple[tuple[Run, Group], ...]


def miss_of(judged: Judged, runs: Mapping[str, Run]) -> Miss:
    """Return what is to say of an expectation that was not met; ``runs`` are by the names that the test uses."""
    wanted = judged.wanted
    if wanted is None:
        places = dict.fromkeys(
            (one.run, group) for one in judged.surplus for group in _members(one.run, one.what.group)
        )
        return Miss(judged=judged, why=tuple(each.text for each in judged.surplus), places=tuple(places))
    run = runs[wanted.monitor]
    if isinstance(wanted, ExpectedState):
        at = run.evaluation_at(run.start + wanted.at) or 0
        groups = _strangers(run, wanted, at)
        why = tuple(_state_why(run, group, wanted, at) for group in groups[:_MOST_GROUPS])
        if len(groups) > _MOST_GROUPS:
            why += (f"and {len(groups) - _MOST_GROUPS} more groups",)
        return Miss(judged=judged, why=why, places=tuple((run, group) for group in groups))
    why = tuple(_notification_why(run, wanted) if wanted.told else _untold_why(run, wanted))
    return Miss(judged=judged, why=why, places=tuple((run, group) for group in _asked(run, wanted)))


# --- states -------------------------------------------------------------------------------------------


def _strangers(run: Run, wanted: ExpectedState, at: int) -> list[Group]:
    """Return the groups that were in another state."""
    groups = run.timeline.groups_at(at) if wanted.group is None else (wanted.group,)
    states = {group: run.timeline.status(group, at) for group in groups}
    return [group for group, status in states.items() if status and status.state is not wanted.state]


def _state_why(run: Run, group: Group, wanted: ExpectedState, at: int) -> str:
    status = run.timeline.status(group, at)
    state = status.state if status else "without a state"
    value = run.timeline.value(group, at)
    seen = "without a value" if value is None else _against(run, value, wanted.state)
    return f"{of_group(group).strip() or 'it'} was {state} then, {seen}; {_when(run, group, wanted, at)}"


def _against(run: Run, value: float, wanted: State) -> str:
    """Return a value and how far it is from the threshold that the wanted state is about."""
    levels = {level.name: level for level in levels_of(run.monitor.definition)}
    warns = wanted is State.WARN or (wanted is State.OK and "warning" in levels)
    level = levels.get("warning" if warns else "critical")
    if level is None:
        return f"at {value:.6g}"
    off = "exactly the threshold" if value == level.value else distance(value, level.value, of=f"{level.value:g}")
    return f"at {value:.6g}: {off}"


def _when(run: Run, group: Group, wanted: ExpectedState, at: int) -> str:
    """Return when the group was in the wanted state, next to the instant."""
    places = np.flatnonzero(run.timeline.states(group) == verdict_of(wanted.state))
    if not len(places):
        nearest = "" if wanted.state in {State.OK, State.NO_DATA} else _nearest_value(run, group, wanted.state, at)
        return f"it never was {wanted.state}{nearest}"
    near = int(places[np.argmin(np.abs(places - at))])
    instant = run.instant_of(near)
    late = instant - run.start - wanted.at
    if near > at:
        return f"{wanted.state} came at {after_start(instant, run.start)}, {short_span(late)} late"
    return f"{wanted.state} was last at {after_start(instant, run.start)}, {short_span(-late)} before"


def _nearest_value(run: Run, group: Group, state: State = State.ALERT, seen: int | None = None) -> str:
    """Return the value that came next to alerting and when; empty without any. One already ``seen`` is not repeated."""
    values = run.values(group)
    if not levels_of(run.monitor.definition) or not np.isfinite(values).any():
        return ""
    falls = run.monitor.definition.comparator in {"<", "<="}
    at = next_to_alerting(run, group)
    value = float(values[at])
    if seen is not None and values[seen] == value:
        return f", for no value was {'lower' if falls else 'higher'}"
    word = "lowest" if falls else "highest"
    return f"; its {word} value came at {after_start(run.instants[at], run.start)}, {_against(run, value, state)}"


def next_to_alerting(run: Run, group: Group) -> int:
    """Return the evaluation whose value is nearest to alerting or the farthest beyond; there must be a value."""
    values = run.values(group)
    falls = run.monitor.definition.comparator in {"<", "<="}
    return int(np.nanargmin(values) if falls else np.nanargmax(values))


# --- notifications ------------------------------------------------------------------------------------


def _asked(run: Run, wanted: ExpectedNotification) -> tuple[Group, ...]:
    """Return the groups that a missed notification is about: where none is named those with one like it, or any."""
    known = run.timeline.observations.groups
    if wanted.group is not None:
        return _members(run, wanted.group)
    alike = [each.group for each in run.notifications if each.transition == wanted.transition]
    told = alike or [each.group for each in run.notifications]
    return tuple(dict.fromkeys(group for one in told for group in _members(run, one))) or known[:1]


def _members(run: Run, told: Group) -> tuple[Group, ...]:
    """Return the groups that are told of as ``told``: itself, or the members of a cluster."""
    return tuple(group for group in run.timeline.observations.groups if told in {group, run.cluster(group)})


def _notification_why(run: Run, wanted: ExpectedNotification) -> Iterator[str]:
    alike = [each for each in run.notifications if each.transition == wanted.transition]
    alike.sort(key=lambda each: (_faults(run, wanted, each), abs(_off(run, wanted, each)), each.at))
    if not alike:
        yield from _never(run, wanted)
        return
    best = alike[0]
    reasons = list(_differences(run, wanted, best))
    label = of_group(best.group)
    if not reasons:
        yield f"{wanted.transition}{label} came at {after_start(best.at, run.start)}, and another expectation took it"
        return
    yield f"{wanted.transition}{label} came at {after_start(best.at, run.start)}: {'; '.join(reasons)}"


def _untold_why(run: Run, wanted: ExpectedNotification) -> Iterator[str]:
    """Say what became of a step that nobody was to be told of."""
    steps = list(run.steps(wanted.transition, wanted.group))
    if not steps:
        states = dict.fromkeys(str(each.new) for each in run.transitions)
        yield f"there was no such step, only to {', '.join(states)}" if states else "there was no step at all"
        return
    best = min(steps, key=lambda each: abs(_outside(each.at - run.start, wanted)))
    off, told = _outside(best.at - run.start, wanted), run.told_of(best)
    reasons = [f"{short_span(abs(off))} {'late' if off > timedelta(0) else 'early'}"] if off else []
    reasons += [f"it told {_listed(told)}"] if told else []
    came = f"{wanted.transition}{of_group(best.group)} came at {after_start(best.at, run.start)}"
    yield f"{came}: {'; '.join(reasons)}" if reasons else f"{came}, and another expectation took it"


def _faults(run: Run, wanted: ExpectedNotification, each: Notification) -> int:
    """Return how many of the things that were wanted a notification is not."""
    return (
        bool(_off(run, wanted, each))
        + (wanted.to is not None and wanted.to not in each.handles)
        + (wanted.group is not None and wanted.group != each.group)
        + (not wanted.is_said_by(each))
    )


def _off(run: Run, wanted: ExpectedNotification, each: Notification) -> float:
    """Return by how many seconds it came after the span, less than 0 for before."""
    return _outside(each.at - run.start, wanted).total_seconds()


def _outside(at: timedelta, wanted: ExpectedNotification) -> timedelta:
    """Return by how much an instant is after the span that was wanted, less than nothing for before."""
    first, last = wanted.between
    return at - min(max(at, first), last)


def _differences(run: Run, wanted: ExpectedNotification, each: Notification) -> Iterator[str]:
    at, (first, last) = each.at - run.start, wanted.between
    if at > last:
        yield f"{short_span(at - last)} late"
    if at < first:
        yield f"{short_span(first - at)} early"
    if wanted.group is not None and wanted.group != each.group:
        yield f"for another group than{of_group(wanted.group)}"
    if wanted.to is not None and wanted.to not in each.handles:
        yield f"it told {_listed(each.handles)}, not @{wanted.to}{_written(run, wanted.to)}"
    if not wanted.is_said_by(each):
        seen = each if wanted.to is None else each.seen_by(wanted.to)
        said = " / ".join(filter(None, (seen.title.strip(), seen.body.strip())))
        yield f"its text has no {wanted.contains!r}: {said}"


def _written(run: Run, handle: str) -> str:
    """Return whether the message has the handle at all."""
    if f"@{handle}" in run.monitor.definition.message:
        return ", which its message has elsewhere"
    return ", which its message does not have"


def _listed(handles: Sequence[str]) -> str:
    return ", ".join(f"@{each}" for each in handles) or "nobody"


def _never(run: Run, wanted: ExpectedNotification) -> Iterator[str]:
    if run.notifications:
        others = dict.fromkeys(each.transition for each in run.notifications)
        yield f"no {wanted.transition} came at all, only {', '.join(others)}"
        return
    groups = [wanted.group] if wanted.group is not None else list(run.timeline.observations.groups)
    known = [group for group in groups if group in run.timeline.observations.groups]
    moved = sorted({str(each.new) for each in run.transitions if each.new is not State.OK})
    if moved:
        yield f"nothing was told, though it went to {', '.join(moved)}"
    elif len(known) == 1:
        yield f"nothing was told: it never left {State.OK}{_nearest_value(run, known[0])}"
    else:
        yield f"nothing was told: none of {len(known)} groups ever left {State.OK}"
