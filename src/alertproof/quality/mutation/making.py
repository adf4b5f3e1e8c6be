"""Makes all defects of the monitors of offline test files, and draws a sample of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeVar

from alertproof.datadog import load_definition
from alertproof.errors import AlertproofError, ConfigError
from alertproof.quality.mutation import conditions, scopes, telling
from alertproof.quality.mutation.defect import Defect, Operator
from alertproof.quality.mutation.editing import payload_of

if TYPE_CHECKING:
    from alertproof.offline.script import Monitor, Script

__all__ = ["OPERATORS", "defects_of", "monitors_of", "sample"]


class _Drawn(Protocol):
    """What can be drawn: a defect of a monitor, or of anything else."""

    @property
    def operator(self) -> str: ...

    @property
    def name(self) -> str: ...


_D = TypeVar("_D", bound=_Drawn)

#: Each operator by what it is called in reports.
OPERATORS: Mapping[str, Operator] = {
    "threshold": conditions.threshold,
    "comparator": conditions.comparator,
    "window": conditions.window,
    "warning threshold": conditions.warning,
    "recovery threshold": conditions.recovery,
    "missing data": conditions.missing_data,
    "renotify": conditions.renotify,
    "composite": conditions.parts,
    "filter dropped": scopes.filter_dropped,
    "filter changed": scopes.filter_changed,
    "group dropped": scopes.group_dropped,
    "space aggregator": scopes.space_aggregator,
    "time aggregator": scopes.time_aggregator,
    "handle dropped": telling.handle_dropped,
    "handle renamed": telling.handle_renamed,
    "wrong block": telling.block_turned,
    "variable broken": telling.variable_broken,
    "runbook dropped": telling.runbook_dropped,
}


def monitors_of(scripts: Sequence[Script]) -> tuple[Monitor, ...]:
    """Return the monitors of the files, each once, sorted by name."""
    found = {monitor.stem: monitor for script in scripts for monitor in script.monitors}
    return tuple(found[stem] for stem in sorted(found))


def defects_of(monitor: Monitor) -> Iterator[Defect]:
    """Yield each change of a monitor by each operator, but what the server would refuse."""
    payload = payload_of(monitor.given)
    for name, operator in OPERATORS.items():
        for change in operator(payload):
            defect = Defect(operator=name, monitor=monitor.stem, change=change)
            try:
                load_definition(change.payload, source=defect.name)
            except AlertproofError:
                continue
            yield defect


def sample(defects: Sequence[_D], *, seed: int, count: int) -> tuple[_D, ...]:
    """Draw defects so that each operator comes up, in turn: a seed draws the same again.

    Raises `ConfigError` where there is nothing to draw from.
    """
    if not defects:
        raise ConfigError("no defect can be made: no monitor has a threshold, a window, a filter or a handle")
    random = Random(seed)  # noqa: S311 - drawn to be repeated
    left: dict[str, list[_D]] = {}
    for defect in sorted(defects, key=lambda each: each.name):
        left.setdefault(defect.operator, []).append(defect)
    for each in left.values():
        random.shuffle(each)
    names = sorted(left)
    random.shuffle(names)
    drawn: list[_D] = []
    while len(drawn) < min(count, len(defects)):
        drawn += [left[name].pop() for name in names if left[name]]
    return tuple(drawn[:count])
