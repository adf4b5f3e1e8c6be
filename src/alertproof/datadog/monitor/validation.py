"""Checks a monitor's payload as the server does, with the server's recorded messages."""

from __future__ import annotations

import operator
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alertproof.datadog.monitor.clusters import TOGETHER
from alertproof.datadog.query.tree import Call, Change, CheckMonitor, MetricMonitor, Node, SloAlert, Window, walk
from alertproof.datadog.tagscope import read_downtime_scope
from alertproof.errors import AlertproofError, QuerySyntaxError, nearest

if TYPE_CHECKING:
    from alertproof.datadog.monitor.definition import Definition

__all__ = [
    "INVALID_QUERY",
    "DefinitionError",
    "PayloadReader",
    "rule_violations",
]

#: How the server begins its message about a query it cannot read [CASS].
INVALID_QUERY = "The value provided for parameter 'query' is invalid"

#: The end of the year 9999, the last that a date can have.
_LAST_SECOND = 253_402_300_799
_MOST_PRIORITY = 5
#: Of a whole number in a text; Python refuses to read thousands.
_MOST_DIGITS = 20
# Longer than any option's own limit, and short enough to be added to any date.
_LONGEST = timedelta(days=3650)
#: The longest window of a metric monitor, a month [METRIC].
_LONGEST_WINDOW = timedelta(hours=730)
_SLO_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_TIMEFRAMES = ("7d", "30d", "90d")


class DefinitionError(AlertproofError):
    """A monitor that the server would refuse; ``errors`` are its messages."""

    def __init__(self, errors: Sequence[str], source: str) -> None:
        super().__init__(list(errors), source)
        self.errors = list(errors)
        self.source = source

    def __str__(self) -> str:
        return "\n".join(f"{self.source}: {error}" for error in self.errors)


class PayloadReader:
    """Takes typed values out of a JSON object and gathers what is wrong with them."""

    def __init__(self, payload: Mapping[str, Any], source: str) -> None:
        self._payload = payload
        self.source = source
        self.errors: list[str] = []

    def names(self) -> tuple[str, ...]:
        """Return the names whose values are not null."""
        return tuple(str(name) for name, value in self._payload.items() if value is not None)

    def stop_on_errors(self) -> None:
        """Raise `DefinitionError` if anything was wrong so far."""
        if self.errors:
            raise DefinitionError(self.errors, self.source)

    def given(self, name: str) -> bool:
        """Tell whether a value is there and is not null, false or empty."""
        return bool(self._payload.get(name))

    def text(self, name: str, *, needed: bool = False) -> str:
        value = self._payload.get(name)
        if isinstance(value, str) and (value.strip() or not needed):
            return value
        if value is not None or needed:
            self._wrong(name, "a text")
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._payload.get(name) or []
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self._wrong(name, "a list of texts")
        return ()

    def choice(self, name: str, known: Sequence[str]) -> str | None:
        value = self.text(name)
        if value and value not in known:
            self.errors.append(f"Invalid {name} value: {value}{nearest(value, map(str, known))}")
            return None
        return value or None

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._payload.get(name)
        if isinstance(value, bool):
            return value
        if value is not None:
            self._wrong(name, "true or false")
        return default

    def integer(self, name: str) -> int | None:
        value = self._payload.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS:
            # Shipped monitors have "renotify_interval": "0".
            return int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self._wrong(name, "a whole number")
        return None

    def number(self, name: str) -> float | None:
        """Return a threshold; the server's message for anything else names none [ISSUE-372]."""
        value = self._payload.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
            return float(value)
        self.errors.append("Non-numeric threshold value.")
        return None

    def seconds(self, name: str) -> timedelta | None:
        return self._span(name, timedelta(seconds=1))

    def minutes(self, name: str) -> timedelta | None:
        """Return a span, None for 0 too: it switches the option off."""
        return self._span(name, timedelta(minutes=1)) or None

    def hours(self, name: str) -> timedelta | None:
        """Return a span of 0 to 24 hours, None for 0 too [OPTS]."""
        span = self._span(name, timedelta(hours=1))
        if span and span > timedelta(hours=24):
            self.errors.append(f"{name} must be between 0 and 24")
        return span or None

    def object(self, name: str) -> PayloadReader:
        """Return a reader of a nested object that reports into this one."""
        value = self._payload.get(name) or {}
        if not isinstance(value, Mapping):
            self._wrong(name, "an object")
            value = {}
        nested = PayloadReader(value, self.source)
        nested.errors = self.errors
        return nested

    def epochs(self) -> dict[str, int | None]:
        """Return the epoch seconds of all names, null for ever."""
        for name, value in self._payload.items():
            is_number = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (is_number and 0 <= value <= _LAST_SECOND):
                self._wrong(name, "epoch seconds or null")
                return {}
        return {str(name): value for name, value in self._payload.items()}

    def objects(self, name: str) -> tuple[PayloadReader, ...]:
        """Return readers of a list of objects that report into this one."""
        value = self._payload.get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            self._wrong(name, "a list of objects")
            return ()
        readers = tuple(PayloadReader(each, self.source) for each in value)
        for reader in readers:
            reader.errors = self.errors
        return readers

    def _span(self, name: str, unit: timedelta) -> timedelta | None:
        value = self.integer(name)
        if value is None:
            return None
        if value < 0:
            self._wrong(name, "0 or more")
            return None
        if value > _LONGEST // unit:
            self._wrong(name, f"at most {_LONGEST // unit}")
            return None
        return value * unit

    def _wrong(self, name: str, expected: str) -> None:
        value = self._payload.get(name)
        self.errors.append(f"The value provided for parameter '{name}' is invalid: {value!r} is not {expected}")


def rule_violations(definition: Definition) -> Iterator[str]:
    """Yield the server's message for each rule that a well-formed monitor breaks."""
    yield from _window_violations(definition.tree)
    yield from _recovery_violations(definition)
    options = definition.options
    if definition.priority is not None and not 1 <= definition.priority <= _MOST_PRIORITY:
        yield f"priority must be between 1 and {_MOST_PRIORITY}, or null for none"
    if isinstance(definition.tree, CheckMonitor) and not definition.tree.texts("by"):
        # Some checks of integrations have tags of their own to be grouped by; which, Datadog does not say [ISSUE-1321].
        yield "A grouping must be specified for custom checks"
    if options.new_group_delay and not definition.group_by:
        yield "The new_group_delay option can only be used for multi-alert monitors"
    missing = options.on_missing_data
    calls = {node.name for node in walk(definition.tree) if isinstance(node, Call)}
    if missing is not None and missing != "default" and "default_zero" in calls:
        yield f"Invalid on_missing_data value: {missing}; valid value is: default"
    if missing is not None and options.notify_no_data:
        yield "on_missing_data cannot be used together with notify_no_data"
    trigger, recovery = options.trigger_window, options.recovery_window
    if trigger and recovery and recovery <= trigger * (1 - options.thresholds.critical):
        # Else the share that recovers could be reached within the trigger window's own odd points [ANOM].
        yield f"recovery_window must be longer than {trigger * (1 - options.thresholds.critical)}"
    for key in options.notify_by if options.notify_by != TOGETHER else ():
        if key not in definition.group_by:
            yield f"notify_by: the monitor does not group by {key!r}{nearest(key, definition.group_by)}"
    for scope in options.silenced:
        try:
            read_downtime_scope(scope)
        except QuerySyntaxError as error:
            yield f"silenced: {error}"
    if options.evaluation_delay > timedelta(days=1):
        yield "evaluation_delay must be at most 86400 seconds"


def _window_violations(tree: Node) -> Iterator[str]:
    """Check the spans of the query: a metric monitor's window [METRIC], an SLO alert's timeframe and windows [BURN]."""
    if isinstance(tree, MetricMonitor):
        window = tree.head.window
        if window.kind == "last" and window.length > _LONGEST_WINDOW:
            yield f"{INVALID_QUERY}: the window last_{window.amount}{window.unit} is longer than a month"
        if isinstance(tree.head, Change) and tree.head.distance > _LONGEST_WINDOW:
            yield f"{INVALID_QUERY}: a change is compared with at most a month before, not with {tree.head.shift}"
        return
    if not isinstance(tree, SloAlert):
        return
    if tree.over not in _TIMEFRAMES:
        yield f"{INVALID_QUERY}: over({tree.over!r}) is none of {', '.join(_TIMEFRAMES)}"
    if tree.long_window is None:
        return
    long = _slo_span(tree.long_window)
    if long is None or not timedelta(hours=1) <= long <= timedelta(hours=48):
        yield f"{INVALID_QUERY}: long_window({tree.long_window!r}) is not between 1 and 48 hours, such as '1h'"
    if tree.short_window is None:
        return
    short = _slo_span(tree.short_window)
    if short is None or (long is not None and short >= long):
        yield (
            f"{INVALID_QUERY}: short_window({tree.short_window!r}) is not a span shorter than"
            f" long_window({tree.long_window!r}), such as '5m'"
        )


def _slo_span(text: str) -> timedelta | None:
    match = _SLO_SPAN.fullmatch(text)
    return Window("last", int(match[1]), match[2]).length if match else None


def _recovery_violations(definition: Definition) -> Iterator[str]:
    """A recovery threshold may equal its threshold, but not lie on its alerting side [TS-754]."""
    thresholds = definition.options.thresholds
    beyond = {">": operator.gt, ">=": operator.gt, "<": operator.lt, "<=": operator.lt}.get(
        definition.comparator, operator.ne
    )
    pairs = (
        ("alert", thresholds.critical, thresholds.critical_recovery),
        ("warning", thresholds.warning, thresholds.warning_recovery),
    )
    for word, limit, recovery in pairs:
        if limit is not None and recovery is not None and beyond(recovery, limit):
            yield (
                f"{word} and {word} recovery criteria are such that the monitor can be simultaneously"
                f" in {word} and {word} recovery states"
            )
