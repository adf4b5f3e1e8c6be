"""The options of a monitor, read from the API's JSON into frozen values [OPTS]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from alertproof.datadog.monitor.observation import State
from alertproof.datadog.monitor.schedule import Schedule, read_schedules, read_zone
from alertproof.datadog.query.tree import (
    CheckMonitor,
    CompositeMonitor,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    Number,
    Window,
)
from alertproof.errors import nearest

if TYPE_CHECKING:
    from alertproof.datadog.monitor.validation import PayloadReader
    from alertproof.datadog.query.tree import SloAlert

    Evaluated = MetricMonitor | SloAlert | EventMonitor | FormulaMonitor | CheckMonitor | CompositeMonitor

__all__ = ["CumulativeWindow", "MissingData", "Options", "Preset", "Thresholds", "read_options"]


class MissingData(StrEnum):
    """What ``on_missing_data`` asks for [ONMISS]."""

    SHOW_NO_DATA = "show_no_data"
    SHOW_AND_NOTIFY = "show_and_notify_no_data"
    RESOLVE = "resolve"
    DEFAULT = "default"


class Preset(StrEnum):
    """What ``notification_preset_name`` leaves out of an event's text [OPENAPI]."""

    SHOW_ALL = "show_all"
    HIDE_QUERY = "hide_query"
    HIDE_HANDLES = "hide_handles"
    HIDE_ALL = "hide_all"
    HIDE_QUERY_AND_HANDLES = "hide_query_and_handles"
    SHOW_ONLY_SNAPSHOT = "show_only_snapshot"
    HIDE_HANDLES_AND_FOOTER = "hide_handles_and_footer"

    @property
    def shows_query(self) -> bool:
        return self in {Preset.SHOW_ALL, Preset.HIDE_HANDLES, Preset.HIDE_HANDLES_AND_FOOTER}

    @property
    def shows_handles(self) -> bool:
        return self in {Preset.SHOW_ALL, Preset.HIDE_QUERY}

    @property
    def shows_footer(self) -> bool:
        return self in {Preset.SHOW_ALL, Preset.HIDE_QUERY, Preset.HIDE_HANDLES, Preset.HIDE_QUERY_AND_HANDLES}


class Thresholds(Struct, frozen=True, kw_only=True):
    """The numbers a value is compared with; ``critical`` is the one in the query.

    For a service check they are numbers of statuses in a row; only it has ``ok`` and ``unknown``.
    """

    critical: float
    warning: float | None = None
    critical_recovery: float | None = None
    warning_recovery: float | None = None
    ok: float | None = None
    unknown: float | None = None


class CumulativeWindow(Struct, frozen=True, kw_only=True):
    """When ``current_1h``, ``current_1d`` and ``current_1mo`` begin anew [CFG]: minute, time of day, and its zone."""

    hour_starts: int = 0
    day_starts: tuple[int, int] = (0, 0)
    zone: tzinfo = UTC


class Options(Struct, frozen=True, kw_only=True):
    """The options that change when a monitor fires or what it says; None where the payload has none [OPTS].

    ``not_modelled`` names the options of the payload that would change an evaluation and are not evaluated.
    """

    thresholds: Thresholds
    notify_no_data: bool = False
    no_data_timeframe: timedelta | None = None
    on_missing_data: MissingData | None = None
    renotify_interval: timedelta | None = None
    renotify_statuses: tuple[State, ...] = (State.ALERT, State.NO_DATA)
    renotify_occurrences: int | None = None
    escalation_message: str = ""
    require_full_window: bool = False
    evaluation_delay: timedelta = timedelta(0)
    new_group_delay: timedelta | None = None
    new_host_delay: timedelta | None = None
    timeout: timedelta | None = None
    include_tags: bool = True
    preset: Preset = Preset.SHOW_ALL
    cumulative: CumulativeWindow = CumulativeWindow()
    schedules: tuple[Schedule, ...] = ()
    trigger_window: timedelta | None = None
    recovery_window: timedelta | None = None
    group_retention: timedelta | None = None
    notify_by: tuple[str, ...] = ()
    silenced: Mapping[str, int | None] = field(default_factory=dict)
    not_modelled: tuple[str, ...] = ()


# Options that would change when a monitor fires or whom it tells; null, 0 and empty ones change nothing.
_NOT_MODELLED = (
    "group_retention_duration",
    "min_failure_duration",
    "threshold_windows",
    "variables",
)
_SCHEDULING = ("custom_schedule", "evaluation_window")
_WINDOW = re.compile(r"last_([1-9][0-9]{0,4})(mo|[mhdw])")
_RETENTION = re.compile(r"([1-9][0-9]{0,4})([mhd])")
#: How long a group without data may be kept [OPENAPI].
_LEAST_RETENTION, _MOST_RETENTION = timedelta(hours=1), timedelta(hours=72)
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_THRESHOLDS = ("critical", "critical_recovery", "warning", "warning_recovery")
#: What stands beside the thresholds and nothing reads: the page's remarks, and those of service checks [ISSUE-796].
_UNREAD = ("comparison", "ok", "period", "timeAggregator", "unknown")


def read_options(reader: PayloadReader, tree: Evaluated) -> Options:
    """Return the options of a monitor's payload; what is wrong with them is told to the reader."""
    options = reader.object("options")
    scheduling = options.object("scheduling_options")
    missing = options.choice("on_missing_data", tuple(MissingData))
    read = Options(
        thresholds=_thresholds(options.object("thresholds"), tree),
        notify_no_data=options.flag("notify_no_data", default=False),
        no_data_timeframe=options.minutes("no_data_timeframe"),
        on_missing_data=_missing_data(missing, options, tree),
        renotify_interval=options.minutes("renotify_interval"),
        renotify_statuses=_renotify_statuses(options),
        renotify_occurrences=options.integer("renotify_occurrences"),
        escalation_message=options.text("escalation_message"),
        require_full_window=options.flag("require_full_window", default=False),
        evaluation_delay=options.seconds("evaluation_delay") or timedelta(0),
        new_group_delay=options.seconds("new_group_delay"),
        new_host_delay=options.seconds("new_host_delay"),
        timeout=options.hours("timeout_h"),
        include_tags=options.flag("include_tags", default=True),
        preset=Preset(options.choice("notification_preset_name", tuple(Preset)) or Preset.SHOW_ALL),
        notify_by=options.texts("notify_by"),
        silenced=options.object("silenced").epochs(),
        cumulative=_cumulative(scheduling.object("evaluation_window")),
        schedules=_schedules(scheduling, options, tree),
    )
    formula = isinstance(tree, FormulaMonitor)
    windows = options.object("threshold_windows")
    read = replace(
        read, trigger_window=_window(windows, "trigger_window"), recovery_window=_window(windows, "recovery_window")
    )
    modelled = {"variables"} if formula else set()
    if isinstance(tree, EventMonitor | FormulaMonitor):
        read, modelled = replace(read, group_retention=_retention(options)), {*modelled, "group_retention_duration"}
    unknown = [name for name in _NOT_MODELLED if options.given(name) and name not in modelled]
    unknown += [f"scheduling_options.{name}" for name in scheduling.names() if name not in _SCHEDULING]
    return replace(read, not_modelled=tuple(unknown))


def _window(reader: PayloadReader, name: str) -> timedelta | None:
    """Read ``last_15m``, a window of an anomaly monitor [ANOM]."""
    text = reader.text(name)
    match = _WINDOW.fullmatch(text)
    if text and match is None:
        reader.errors.append(f"{name} must be a window such as last_15m, not {text!r}")
    return Window("last", int(match[1]), match[2]).length if match else None


def _retention(reader: PayloadReader) -> timedelta | None:
    """Read ``group_retention_duration``: 60m, 1h, 2d; only monitors of the event platform have it [OPENAPI]."""
    text = reader.text("group_retention_duration")
    match = _RETENTION.fullmatch(text)
    length = Window("last", int(match[1]), match[2]).length if match else None
    if text and (length is None or not _LEAST_RETENTION <= length <= _MOST_RETENTION):
        reader.errors.append(f"group_retention_duration must be between 1h and 72h, such as 90m or 2d, not {text!r}")
    return length


def _missing_data(asked: str | None, options: PayloadReader, tree: Evaluated) -> MissingData | None:
    """Return what is asked for; an event-platform monitor that asks for nothing has the default [ONMISS]."""
    if asked:
        return MissingData(asked)
    legacy = options.flag("notify_no_data", default=False)
    searched = isinstance(tree, EventMonitor | FormulaMonitor)
    return MissingData.DEFAULT if searched and not legacy else None


def _cumulative(reader: PayloadReader) -> CumulativeWindow:
    """Read ``scheduling_options.evaluation_window`` [OPENAPI MonitorOptionsSchedulingOptionsEvaluationWindow]."""
    hour_starts = reader.integer("hour_starts") or 0
    if not 0 <= hour_starts <= 59:
        reader.errors.append("hour_starts must be between 0 and 59")
    if reader.integer("month_starts") not in {None, 1}:
        reader.errors.append("month_starts must be 1")
    day_starts = reader.text("day_starts") or "00:00"
    match = _TIME_OF_DAY.fullmatch(day_starts)
    if match is None:
        reader.errors.append(f"day_starts must be a time such as 13:00, not {day_starts!r}")
    return CumulativeWindow(
        hour_starts=hour_starts,
        day_starts=(int(match[1]), int(match[2])) if match else (0, 0),
        zone=read_zone(reader, "timezone"),
    )


def _schedules(scheduling: PayloadReader, options: PayloadReader, tree: Evaluated) -> tuple[Schedule, ...]:
    """Read a custom schedule, and what it asks of the monitor's other options [SCHED, OPENAPI]."""
    schedules = read_schedules(scheduling)
    if schedules and not isinstance(tree, EventMonitor | FormulaMonitor | MetricMonitor):
        options.errors.append("custom_schedule is only for monitors of metrics, logs and events")
    if schedules and not options.text("on_missing_data"):
        options.errors.append("on_missing_data is required with a custom_schedule")
    if schedules and options.given("require_full_window"):
        options.errors.append("require_full_window must be false with a custom_schedule")
    return schedules


def _renotify_statuses(options: PayloadReader) -> tuple[State, ...]:
    """Return the states to repeat, by default all but Warn [OPTS]."""
    known = {"alert": State.ALERT, "warn": State.WARN, "no data": State.NO_DATA}
    texts = options.texts("renotify_statuses")
    options.errors.extend(
        f"Invalid renotify_statuses value: {text}{nearest(text, known)}" for text in texts if text not in known
    )
    return tuple(known[text] for text in texts if text in known) or (State.ALERT, State.NO_DATA)


def _thresholds(reader: PayloadReader, tree: Evaluated) -> Thresholds:
    if isinstance(tree, CheckMonitor | CompositeMonitor):
        return _counts_of_statuses(reader, tree)
    condition = tree.condition
    in_query = condition.value if condition else 0.0
    critical, warning = reader.number("critical"), reader.number("warning")
    for name in reader.names():
        if isinstance(tree, EventMonitor) and tree.source in {"logs", "events"} and name.endswith("_recovery"):
            reader.errors.append(f"Invalid threshold statuses found: {name}.")
        if name not in (*_THRESHOLDS, *_UNREAD):
            reader.errors.append(f"Invalid threshold for this type of monitor: {name}{nearest(name, _THRESHOLDS)}")
    if critical is None and warning is not None:
        reader.errors.append("Alert status is required.")
    if critical is not None and critical != in_query:
        reader.errors.append(f"Alert threshold ({critical}) does not match that used in the query ({in_query}).")
    return Thresholds(
        critical=in_query,
        warning=warning,
        critical_recovery=reader.number("critical_recovery"),
        warning_recovery=reader.number("warning_recovery"),
    )


def _counts_of_statuses(reader: PayloadReader, tree: CheckMonitor | CompositeMonitor) -> Thresholds:
    """Read how many statuses, or which percentage of them, make a state; a composite has no thresholds [OPTS]."""
    known = ("ok", "warning", "critical", "unknown") if isinstance(tree, CheckMonitor) else ()
    for name in reader.names():
        if name not in known:
            reader.errors.append(f"Invalid threshold for this type of monitor: {name}{nearest(name, known)}")
    numbers = {name: reader.number(name) for name in known}
    most = max((number for number in numbers.values() if number is not None), default=0)
    if isinstance(tree, CheckMonitor) and not tree.percent and _looks_back(tree) < most:
        reader.errors.append("Last field should be larger than or equal to max threshold defined in monitor options")
    critical = numbers.get("critical")
    return Thresholds(
        critical=1.0 if critical is None else critical,
        warning=numbers.get("warning"),
        ok=numbers.get("ok"),
        unknown=numbers.get("unknown"),
    )


def _looks_back(tree: CheckMonitor) -> float:
    """Return how many statuses ``last(N)`` looks at."""
    last = [call.arguments for call in tree.calls if call.name == "last"]
    return next((argument.value for argument in (last[0] if last else ()) if isinstance(argument, Number)), 1.0)
