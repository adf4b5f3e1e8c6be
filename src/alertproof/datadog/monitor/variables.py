"""What the variables of a message are for one notification [VAR]."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from alertproof.datadog.message import Quantity, Value, Variables
from alertproof.datadog.monitor.record_variables import EVENT_ROOTS

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Moment
    from alertproof.datadog.monitor.options import Thresholds
    from alertproof.tags import Group

__all__ = ["quantity", "variables_of"]


def variables_of(definition: Definition, moment: Moment, *, digits: int) -> Variables:
    """Return all variables; ``digits`` are the significant ones of ``{{value}}``."""
    variables: dict[str, Value] = {**_conditions(definition.options.thresholds, definition.comparator)}
    variables["value"] = None if moment.value is None else quantity(moment.value, digits)
    variables.update(_instants(moment))
    for root, fact in moment.facts.items():
        if not (moment.is_blind and root in EVENT_ROOTS):
            variables.setdefault(root, fact)
    for key, name in _names(moment.group).items():
        _add_name(variables, key, name)
    return variables


def quantity(number: float, digits: int) -> Quantity:
    """Return a number as ``{{value}}`` prints it: so many significant digits, more for a large whole number."""
    text = f"{number:.{digits}g}"
    if "e" in text and 1 <= abs(number) < 1e15:
        text = f"{number:.0f}"
    return Quantity(number, text)


@lru_cache(maxsize=1024)
def _conditions(thresholds: Thresholds, comparator: str) -> Mapping[str, Value]:
    return {
        "comparator": comparator,
        "threshold": _threshold(thresholds.critical),
        "warn_threshold": _threshold(thresholds.warning),
        "alert_recovery_threshold": _threshold(thresholds.critical_recovery),
        "warn_recovery_threshold": _threshold(thresholds.warning_recovery),
        "ok_threshold": _threshold(thresholds.ok),
    }


def _threshold(number: float | None) -> Quantity | None:
    """Return a threshold, which is a float to the server and printed as such: 500000000.0 [3P-DOCK]."""
    return None if number is None else Quantity(float(number), repr(float(number)))


def _instants(moment: Moment) -> dict[str, Value]:
    first, last = moment.first_triggered_at, moment.last_triggered_at
    found: dict[str, Value] = {
        "first_triggered_at": first,
        "first_triggered_at_epoch": _epoch(first),
        "last_triggered_at": last,
        "last_triggered_at_epoch": _epoch(last),
    }
    if first is not None:
        found["triggered_duration_sec"] = round((moment.at - first).total_seconds())
    return found


def _epoch(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def _names(group: Group) -> Mapping[str, str]:
    """Return each key's values, several of them in lexicographic order with commas [VAR]."""
    values: dict[str, list[str]] = {}
    for tag in group:
        values.setdefault(tag.key, []).append(tag.value)
    return {key: ",".join(sorted(found)) for key, found in values.items()}


def _add_name(variables: dict[str, Value], key: str, name: str) -> None:
    known = variables.get(key)
    if known is None or isinstance(known, Mapping):
        variables[key] = {**(known or {}), "name": name}
    else:
        # A monitor grouped by a tag such as value: {{value}} stays the number, {{value.name}} is the tag's.
        variables[f"{key}.name"] = name
