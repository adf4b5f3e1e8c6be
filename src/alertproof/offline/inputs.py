"""Reads what a test feeds its monitors: series, records, the statuses of checks, bands, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from msgspec import Struct, field

from alertproof.datadog import Assumptions
from alertproof.datadog.message.values import read_path
from alertproof.datadog.monitor.routing import Routing
from alertproof.errors import ConfigError
from alertproof.offline.document import Entry
from alertproof.offline.notation import read_group, read_selector, read_values
from alertproof.offline.records import KINDS, InputRecords, read_records
from alertproof.offline.routing import Routed, read_routing
from alertproof.offline.start import START
from alertproof.tags import Tags
from alertproof.telemetry.evidence import Known
from alertproof.telemetry.series import Floats, MetricType

__all__ = ["INPUT_KEYS", "InputSeries", "Inputs", "read_inputs"]

_FIRST, _LAST = 1980, 2100
#: As much of a text is shown in an error.
_WIDEST = 200
_STATUSES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_KINDS_OF_METRICS = tuple(MetricType)
_STATUS = re.compile("|".join(_STATUSES))
#: The keys that `read_inputs` reads.
INPUT_KEYS = (
    "interval",
    "starts",
    "length",
    "input_series",
    *KINDS,
    "checks",
    "bands",
    "facts",
    "downtimes",
    "rules",
    "options",
)


class InputSeries(Struct, frozen=True, kw_only=True):
    """One series; value i stands for ``[i*interval, (i+1)*interval)``, NaN is none.

    ``flush`` is the metric's own interval where it is not the test's.
    """

    metric: str
    tags: Tags
    kind: MetricType
    values: Floats
    flush: timedelta


class Inputs(Struct, frozen=True, kw_only=True):
    """All that monitors are fed.

    ``records`` are by kind, ``checks`` the statuses of service checks as numbers, ``bands`` the values of what only
    Datadog computes, by the monitor's name, and ``recoveries`` those over recovery windows. ``check_messages`` and
    ``facts`` are what messages can tell: what a check says with a status, and what is known of groups with some tags.
    ``routed`` are the downtimes and notification rules. The data begin at ``start``; ``length`` is None where series
    tell. ``assumed`` are the readings of `Assumptions` that were asked for, by name.
    """

    interval: timedelta
    start: datetime = START
    length: timedelta | None = None
    series: tuple[InputSeries, ...] = ()
    records: Mapping[str, tuple[InputRecords, ...]]
    checks: tuple[InputSeries, ...] = ()
    bands: tuple[InputSeries, ...] = ()
    recoveries: tuple[InputSeries, ...] = ()
    check_messages: Mapping[tuple[str, Tags], Mapping[int, str]] = field(default_factory=dict)
    facts: tuple[Known, ...] = ()
    routed: tuple[Routed, ...] = ()
    assumed: Mapping[str, Any]

    @property
    def routing(self) -> Routing:
        """Return all that has a say in who is told."""
        return Routing(
            downtimes=tuple(each for item in self.routed for each in item.downtimes),
            rules=tuple(each for item in self.routed for each in item.rules),
        )


def read_inputs(entry: Entry, keys: Mapping[str, Entry]) -> Inputs:
    """Read those of the ``keys`` of ``entry`` that are inputs; refuses a test without any."""
    records = {kind: tuple(map(read_records, keys[kind].items())) for kind in KINDS if kind in keys}
    if not records and not {"input_series", "checks", "bands"} & keys.keys():
        entry.fail(f"the key 'input_series' is missing, or another input ({', '.join((*KINDS, 'checks', 'bands'))})")
    interval = keys["interval"].duration()
    if not interval:
        keys["interval"].fail("an interval is longer than nothing")

    def each_of(key: str, read: Callable[[Entry, timedelta], InputSeries]) -> tuple[InputSeries, ...]:
        return tuple(read(each, interval) for each in keys[key].items()) if key in keys else ()

    bands = keys["bands"].items() if "bands" in keys else ()
    start = _start(keys["starts"]) if "starts" in keys else START
    return Inputs(
        interval=interval,
        start=start,
        length=keys["length"].duration() if "length" in keys else None,
        series=each_of("input_series", _input),
        records=records,
        checks=each_of("checks", _check),
        bands=each_of("bands", _band),
        recoveries=tuple(found for each in bands for found in _recovery(each, interval)),
        check_messages=dict(_messages(each) for each in keys["checks"].items()) if "checks" in keys else {},
        facts=tuple(map(_fact, keys["facts"].items())) if "facts" in keys else (),
        routed=read_routing(keys.get("downtimes"), keys.get("rules"), start),
        assumed=_assumed(keys["options"]) if "options" in keys else {},
    )


def _start(entry: Entry) -> datetime:
    """Read ``2024-03-29T08:00+01:00``, an instant on a full minute; without an offset it is UTC."""
    text = entry.text()
    try:
        start = datetime.fromisoformat(text)
        start = (start if start.tzinfo else start.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        entry.fail(f"{text[:_WIDEST]!r} is no date or time, such as 2024-03-29 or 2024-03-29T08:00+01:00")
    if start.second or start.microsecond or not _FIRST <= start.year <= _LAST:
        entry.fail(f"a test begins on a full minute from {_FIRST} to {_LAST}")
    return start


def _input(entry: Entry, interval: timedelta) -> InputSeries:
    keys = entry.mapping(("series", "type", "values", "flush"), needed=("series", "type", "values"))
    flush = keys["flush"].duration() if "flush" in keys else interval
    if not flush or interval % flush:
        keys["flush"].fail(f"the interval of the test ({interval}) is not a multiple of the flush")
    metric, tags = keys["series"].parsed(read_selector)
    values = keys["values"].parsed(read_values)
    kind = MetricType(keys["type"].choice(_KINDS_OF_METRICS))
    return InputSeries(metric=metric, tags=tags, kind=kind, values=values, flush=flush)


def _assumed(entry: Entry) -> Mapping[str, Any]:
    """Read ``options``: the readings of what is not documented, ``{window_includes_end: true}``."""
    kinds = {each.name: str(each.type) for each in fields(Assumptions)}
    read = {"bool": Entry.flag, "int": Entry.whole, "float": Entry.number, "timedelta": Entry.duration}
    found: dict[str, Any] = {}
    for name, each in entry.mapping(tuple(sorted(kinds))).items():
        found[name] = read.get(kinds[name].split(" ")[0], Entry.text)(each)
        try:
            Assumptions(**{name: found[name]})
        except ConfigError as error:
            each.fail(str(error))
    return found


def _check(entry: Entry, interval: timedelta) -> InputSeries:
    """Read the statuses of a check, in words or numbers: ``OKx9 CRITICALx3 2``."""
    keys = entry.mapping(("check", "values", "messages"), needed=("check", "values"))
    name, tags = keys["check"].parsed(read_selector)
    values = keys["values"].parsed(_statuses)
    if not np.isin(values[np.isfinite(values)], range(len(_STATUSES))).all():
        keys["values"].fail(f"a status is one of {', '.join(_STATUSES)}, or its number from 0")
    return InputSeries(metric=name, tags=tags, kind=MetricType.GAUGE, values=values, flush=interval)


def _statuses(text: str) -> Floats:
    return read_values(_STATUS.sub(lambda word: str(_STATUSES.index(word[0])), text))


def _messages(entry: Entry) -> tuple[tuple[str, Tags], Mapping[int, str]]:
    """Read what a check says with its statuses: ``messages: {CRITICAL: connection refused}``."""
    keys = entry.pairs()
    said = keys["messages"].mapping(_STATUSES) if "messages" in keys else {}
    return keys["check"].parsed(read_selector), {_STATUSES.index(status): each.text() for status, each in said.items()}


def _fact(entry: Entry) -> Known:
    """Read what only Datadog knows of the groups with some tags: ``variables: {host.ip: 10.0.0.1}``."""
    keys = entry.mapping(("group", "variables"), needed=("variables",))
    variables: dict[str, object] = {}
    for name, value in keys["variables"].pairs().items():
        path = read_path(name)
        if path is None:
            value.fail(f"{name!r} is no variable of a message, such as host.ip")
        inner = variables
        for key in path[:-1]:
            below = inner.setdefault(key, {})
            if not isinstance(below, dict):
                value.fail(f"{name!r} is part of another variable")
            inner = below
        inner[path[-1]] = value.text()
    return Known(where=entry.where, tags=frozenset(read_group(keys.get("group")) or ()), variables=variables)


def _band(entry: Entry, interval: timedelta, key: str = "values") -> InputSeries:
    """Read the value of a monitor that nobody but Datadog computes: the share of anomalous points, a forecast."""
    keys = entry.mapping(("monitor", "group", "values", "recovery"), needed=("monitor", "values"))
    values = keys[key].parsed(read_values)
    tags = frozenset(read_group(keys.get("group")) or ())
    return InputSeries(metric=keys["monitor"].text(), tags=tags, kind=MetricType.GAUGE, values=values, flush=interval)


def _recovery(entry: Entry, interval: timedelta) -> Iterator[InputSeries]:
    """Yield the share of anomalous points over the recovery window, where it is given by itself."""
    if "recovery" in entry.mapping(("monitor", "group", "values", "recovery")):
        yield _band(entry, interval, "recovery")
