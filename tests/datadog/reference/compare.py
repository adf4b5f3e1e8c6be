"""Run the engine and the slow evaluator over one case, and say where they first part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from tests.datadog.reference.model import START, Case, GroupKey
from tests.datadog.reference.readings import Readings
from tests.datadog.reference.states import Minute, Monitor

from alertproof.datadog import Definition, GroupStatus, Step, advance, load_definition
from alertproof.tags import Group, Tag
from alertproof.telemetry.series import MetricType, SeriesStore

ORIGIN = datetime.fromtimestamp(START, UTC)
CLOSE = 1e-9


class Fragile(Exception):
    """A value that summation rounds lies on a threshold: what follows cannot be compared."""


def declare(store: SeriesStore, case: Case) -> None:
    """Say the types of the metrics of which points will come, if the case declares them."""
    if case.declared:
        for series in case.series:
            store.declare(series.metric, MetricType(series.kind))


def write(store: SeriesStore, case: Case, since: int, until: int) -> None:
    """Write the points of ``since <= second < until``, as they come in."""
    for series in case.series:
        tags = frozenset(Tag(key, value) for key, value in series.tags)
        for second, value in series.points:
            if since <= second < until:
                store.write(
                    series.metric, tags, MetricType(series.kind), START + second, float(value), interval=series.interval
                )


class Both:
    """The engine and the slow evaluator, side by side."""

    def __init__(self, case: Case, readings: Readings | None = None) -> None:
        self.case = case
        self.definition: Definition = load_definition(case.payload(), source="differential")
        self.store = SeriesStore()
        declare(self.store, case)
        self.written = 0
        self.statuses: Mapping[Group, GroupStatus] = {}
        self.slow = Monitor(case, readings)

    def step(self, number: int) -> tuple[Step, Minute]:
        write(self.store, self.case, self.written, number * 60)
        self.written = number * 60
        step = advance(self.definition, self.statuses, self.store, ORIGIN + timedelta(minutes=number))
        self.statuses = step.statuses
        return step, self.slow.step(number * 60)


def difference(case: Case, seen: set[str], readings: Readings | None = None) -> str:
    """Say where the two first part, or nothing; add to ``seen`` what the case had of interest.

    Raises `Fragile`, or `NotModelled` as the engine does.
    """
    both = Both(case, readings)
    for number in range(case.minutes + 1):
        step, minute = both.step(number)
        seen |= {f"is {state}" for state in minute.states.values()} | {f"told {word}" for _, word in minute.told}
        seen |= {"a value"} if any(value is not None for value in minute.values.values()) else set()
        seen |= {"a transition"} if minute.transitions else set()
        seen |= {"groups"} if len(minute.states) > 1 else set()
        for found in parted(case, step, minute):
            return f"minute {number}: {found}\n{case.payload()}\n{case.series}"
    return ""


def parted(case: Case, step: Step, minute: Minute) -> list[str]:
    values = {key_of(group): value for group, value in step.values.items()}
    known = {group: value for group, value in values.items() if value is not None}
    expected = {group: value for group, value in minute.values.items() if value is not None}
    if known.keys() != expected.keys():
        return [f"values of {show(known)}, expected of {show(expected)}"]
    for group, value in expected.items():
        if not same(known[group], value):
            return [f"value of {group} is {known[group]}, expected {float(value)}"]
    for group, value in expected.items():
        if known[group] != float(value) and any(near(value, each) for each in case.thresholds.values()):
            raise Fragile
    seen = {key_of(group): status.state.value for group, status in step.statuses.items()}
    wanted = minute.states
    # A group that was never evaluated is in no state yet: whether it is listed as No Data is not documented.
    both = seen.keys() | wanted.keys()
    apart = {group for group in both if seen.get(group, "No Data") != wanted.get(group, "No Data")}
    if apart:
        return [f"states {show(seen)}, expected {show(wanted)} (values {show(known)})"]
    moved = [(key_of(each.group), each.old.value, each.new.value) for each in step.transitions]
    if sorted(moved) != sorted(minute.transitions):
        return [f"transitions {moved}, expected {minute.transitions}"]
    told = [(key_of(each.group), each.transition) for each in step.notifications]
    if sorted(told) != sorted(minute.told):
        return [f"told {told}, expected {minute.told}"]
    return []


def same(found: float, expected: Fraction) -> bool:
    return abs(Fraction(found) - expected) <= Fraction(CLOSE) * max(Fraction(1), abs(expected))


def near(value: Fraction, threshold: Fraction) -> bool:
    return same(float(value), threshold)


def key_of(group: Group) -> GroupKey:
    return tuple((tag.key, tag.value) for tag in group)


def show(found: Mapping[GroupKey, object]) -> str:
    return ", ".join(f"{dict(group) or '*'}: {found[group]}" for group in sorted(found)) or "nothing"
