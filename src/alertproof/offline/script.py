"""An offline alert test as its file says it, parsed and checked, not yet run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from alertproof.datadog import Assumptions, Definition, Slo, Slos, State, load_definition, load_slo
from alertproof.errors import Broken, ConfigError
from alertproof.offline.document import Entry, read_document
from alertproof.offline.notation import read_selector, read_values
from alertproof.offline.records import KINDS, InputRecords, read_records
from alertproof.tags import Group, Tag, Tags
from alertproof.telemetry.series import Floats, MetricType

__all__ = ["AlertTest", "ExpectedNotification", "ExpectedState", "InputSeries", "Monitor", "Script", "read_script"]

_STATUSES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_STATUS = re.compile("|".join(_STATUSES))
_TRANSITIONS = ("Triggered", "Warn", "No Data", "Recovered", "Renotify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A definition and the stem of its file, which is one of its names."""

    stem: str
    definition: Definition

    def is_called(self, name: str) -> bool:
        """Tell whether ``name`` is its file's stem, its name or its id."""
        definition = self.definition
        return name in {self.stem, definition.name, str(definition.id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSeries:
    """One series; value i stands for ``[i*interval, (i+1)*interval)``, NaN is none.

    ``flush`` is the metric's own interval where it is not the test's.
    """

    metric: str
    tags: Tags
    kind: MetricType
    values: Floats
    flush: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedState:
    """At ``at`` after the start the monitor's ``group``, or each group where it is None, is in ``state``."""

    text: str
    monitor: str
    at: timedelta
    state: State
    group: Group | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedNotification:
    """Between the two spans after the start, ends included, ``to`` is told of the transition.

    None stands for any: any handle or none, any group, any text.
    """

    text: str
    monitor: str
    to: str | None
    transition: str
    between: tuple[timedelta, timedelta]
    group: Group | None
    contains: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTest:
    """One test of a file; ``where`` is ``file:line``.

    ``records`` are by kind, ``checks`` the statuses of service checks as numbers, ``bands`` the values of what only
    Datadog computes, by the monitor's name. ``length`` is None where series tell. ``assumed`` are the readings of
    `Assumptions` that the test asks for, by name.
    """

    name: str
    where: str
    interval: timedelta
    length: timedelta | None
    input_series: tuple[InputSeries, ...]
    records: Mapping[str, tuple[InputRecords, ...]]
    checks: tuple[InputSeries, ...]
    bands: tuple[InputSeries, ...]
    states: tuple[ExpectedState, ...]
    notifications: tuple[ExpectedNotification, ...]
    assumed: Mapping[str, Any]
    nothing_else: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A whole file."""

    path: Path
    monitors: tuple[Monitor, ...]
    slos: Slos
    tests: tuple[AlertTest, ...]


def read_script(path: Path) -> Script:
    """Read an ``*.alert.yaml``.

    Raises `ConfigError` with file and line for what it does not understand, `Broken` for a pattern that finds
    no monitor and for a file without tests, `DefinitionError` and `NotModelled` for a monitor.
    """
    document = read_document(path).mapping(("monitors", "slos", "tests"), needed=("monitors", "tests"))
    monitors = _monitors(document["monitors"])
    slos = _slos(document["slos"]) if "slos" in document else {}
    tests = tuple(_test(entry) for entry in document["tests"].items())
    for entry, found in ((document["monitors"], monitors), (document["tests"], tests)):
        if not found:
            raise Broken(f"{entry.where}: the list is empty, so nothing would be verified")
    names = [test.name for test in tests]
    for test in tests:
        if names.count(test.name) > 1:
            raise ConfigError(f"{test.where}: two tests are called {test.name!r}")
    return Script(path=path, monitors=monitors, slos=slos, tests=tests)


def _monitors(entry: Entry) -> tuple[Monitor, ...]:
    """Return the monitors; a file that two patterns find is one, two files of one stem are refused."""
    found: dict[str, Path] = {}
    for each in entry.items():
        for path in _files(each):
            if not path.samefile(found.setdefault(path.stem, path)):
                each.fail(f"two monitors are called {path.stem!r}: {found[path.stem]} and {path}")
    return tuple(
        Monitor(stem=stem, definition=load_definition(path.read_bytes(), source=str(path)))
        for stem, path in found.items()
    )


def _slos(entry: Entry) -> Slos:
    """Return the SLOs by each of their names: the stem of the file, the name and the id."""
    found: dict[str, Slo] = {}
    for path in (path for each in entry.items() for path in _files(each)):
        slo = load_slo(path.read_bytes(), source=str(path))
        found |= {path.stem: slo, slo.name: slo, slo.id: slo}
    return found


def _files(entry: Entry) -> list[Path]:
    """Return the files that a path or pattern names, relative to the file of the test, sorted."""
    pattern, folder = entry.text(), entry.path.parent
    if Path(pattern).is_absolute():
        pattern, folder = str(Path(pattern).relative_to("/")), Path("/")
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not found:
        raise Broken(f"{entry.where}: no file matches {pattern!r} in {folder}")
    return found


_TEST_KEYS = (
    "name",
    "interval",
    "length",
    "input_series",
    *KINDS,
    "checks",
    "bands",
    "options",
    "expect",
    "notified",
    "nothing_else",
)


def _test(entry: Entry) -> AlertTest:
    keys = entry.mapping(_TEST_KEYS, needed=("name", "interval"))
    records = {kind: tuple(map(read_records, keys[kind].items())) for kind in KINDS if kind in keys}
    if not records and not {"input_series", "checks", "bands"} & keys.keys():
        entry.fail(f"the key 'input_series' is missing, or another input ({', '.join((*KINDS, 'checks', 'bands'))})")
    interval = keys["interval"].duration()
    if not interval:
        keys["interval"].fail("an interval is longer than nothing")
    series, expect, notified = keys.get("input_series"), keys.get("expect"), keys.get("notified")
    return AlertTest(
        name=keys["name"].text(),
        where=entry.where,
        interval=interval,
        length=keys["length"].duration() if "length" in keys else None,
        input_series=tuple(_input(each, interval) for each in series.items()) if series else (),
        records=records,
        checks=tuple(_check(each, interval) for each in keys["checks"].items()) if "checks" in keys else (),
        bands=tuple(_band(each, interval) for each in keys["bands"].items()) if "bands" in keys else (),
        states=tuple(_expected_state(each) for each in expect.items()) if expect else (),
        notifications=tuple(_expected_notification(each) for each in notified.items()) if notified else (),
        assumed=_assumed(keys["options"]) if "options" in keys else {},
        nothing_else=keys["nothing_else"].flag() if "nothing_else" in keys else False,
    )


def _input(entry: Entry, interval: timedelta) -> InputSeries:
    keys = entry.mapping(("series", "type", "values", "flush"), needed=("series", "type", "values"))
    flush = keys["flush"].duration() if "flush" in keys else interval
    if not flush or interval % flush:
        keys["flush"].fail(f"the interval of the test ({interval}) is not a multiple of the flush")
    try:
        metric, tags = read_selector(keys["series"].text())
        values = read_values(keys["values"].text())
    except ConfigError as error:
        raise ConfigError(f"{entry.where}: {error}") from error
    kind = MetricType(keys["type"].choice(tuple(MetricType)))
    return InputSeries(metric=metric, tags=tags, kind=kind, values=values, flush=flush)


def _assumed(entry: Entry) -> Mapping[str, Any]:
    """Read ``options``: the readings of what is not documented, ``{window_includes_end: true}``."""
    kinds = {each.name: str(each.type) for each in fields(Assumptions)}
    read = {"bool": Entry.flag, "int": Entry.whole, "float": Entry.number, "timedelta": Entry.duration}
    found = entry.mapping(tuple(sorted(kinds)))
    return {name: read.get(kinds[name].split(" ")[0], Entry.text)(each) for name, each in found.items()}


def _check(entry: Entry, interval: timedelta) -> InputSeries:
    """Read the statuses of a check, in words or numbers: ``OKx9 CRITICALx3 2``."""
    keys = entry.mapping(("check", "values"), needed=("check", "values"))
    try:
        name, tags = read_selector(keys["check"].text())
        values = read_values(_STATUS.sub(lambda word: str(_STATUSES.index(word[0])), keys["values"].text()))
    except ConfigError as error:
        raise ConfigError(f"{entry.where}: {error}") from error
    if not np.isin(values[np.isfinite(values)], range(len(_STATUSES))).all():
        keys["values"].fail(f"a status is one of {', '.join(_STATUSES)}, or its number from 0")
    return InputSeries(metric=name, tags=tags, kind=MetricType.GAUGE, values=values, flush=interval)


def _band(entry: Entry, interval: timedelta) -> InputSeries:
    """Read the value of a monitor that nobody but Datadog computes: the share of anomalous points, a forecast."""
    keys = entry.mapping(("monitor", "group", "values"), needed=("monitor", "values"))
    try:
        values = read_values(keys["values"].text())
    except ConfigError as error:
        raise ConfigError(f"{entry.where}: {error}") from error
    tags = frozenset(_group(keys.get("group")) or ())
    return InputSeries(metric=keys["monitor"].text(), tags=tags, kind=MetricType.GAUGE, values=values, flush=interval)


def _expected_state(entry: Entry) -> ExpectedState:
    keys = entry.mapping(("monitor", "at", "state", "group"), needed=("monitor", "at", "state"))
    monitor, at = keys["monitor"].text(), keys["at"]
    state = State(keys["state"].choice(tuple(State)))
    group = _group(keys.get("group"))
    about = f" {_label(group)}" if group is not None else ""
    return ExpectedState(
        text=f"{monitor}{about} is {state} at {at.text()}",
        monitor=monitor,
        at=at.duration(),
        state=state,
        group=group,
    )


def _expected_notification(entry: Entry) -> ExpectedNotification:
    known = ("monitor", "to", "transition", "between", "group", "text")
    keys = entry.mapping(known, needed=("monitor", "transition", "between"))
    ends = keys["between"].items()
    if len(ends) != 2 or ends[0].duration() > ends[1].duration():
        keys["between"].fail("expected two instants, the earlier first, such as [10m, 16m]")
    monitor, transition = keys["monitor"].text(), keys["transition"].choice(_TRANSITIONS)
    to = keys["to"].text().removeprefix("@") if "to" in keys else None
    group = _group(keys.get("group"))
    about = f" {_label(group)}" if group is not None else ""
    span = f"between {ends[0].text()} and {ends[1].text()}"
    contains = keys["text"].text() if "text" in keys else ""
    saying = f" saying {contains!r}" if contains else ""
    return ExpectedNotification(
        text=f"{monitor}{about} tells {to or 'anyone'} {transition} {span}{saying}",
        monitor=monitor,
        to=to,
        transition=transition,
        between=(ends[0].duration(), ends[1].duration()),
        group=group,
        contains=contains,
    )


def _group(entry: Entry | None) -> Group | None:
    if entry is None:
        return None
    return tuple(sorted(Tag(key, value.text()) for key, value in entry.pairs().items()))


def _label(group: Group) -> str:
    return "{" + ",".join(str(tag) for tag in group) + "}"
