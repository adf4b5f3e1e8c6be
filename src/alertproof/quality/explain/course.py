"""How it goes on: how soon a monitor can fire, when it recovers, what it makes of missing data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from alertproof.datadog.query.tree import (
    Call,
    Change,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    SloAlert,
)
from alertproof.quality.lint.subject import Subject
from alertproof.quality.words import back_again, holds, span_in_words

__all__ = ["missing", "recovers", "soonest"]

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


def soonest(subject: Subject) -> Iterator[str]:
    """Yield sentences about how soon it can fire."""
    query, window = subject.query, subject.window
    scheduling = subject.options.get("scheduling_options")
    if isinstance(scheduling, Mapping) and scheduling.get("custom_schedule"):
        yield "It is evaluated when its custom schedule comes, and tells of each evaluation that is not OK."
    elif isinstance(query, MetricMonitor) and window is not None:
        every = timedelta(minutes=1) if window < _DAY else timedelta(minutes=10 if window < 2 * _DAY else 30)
        rhythm = f"It is evaluated {_often(every)}"
        if _needs_all(query):
            yield f"{rhythm} and fires at the earliest {span_in_words(window)} after the trouble began."
        else:
            yield f"{rhythm}: what is bad enough fires then, what is barely bad once it fills enough of the window."
    elif isinstance(query, MetricMonitor | EventMonitor | FormulaMonitor | SloAlert):
        yield "It is evaluated once a minute, or less often if it looks back a day or more."
    delay = subject.span("evaluation_delay", _SECOND)
    if delay:
        yield f"It looks at data that are {span_in_words(delay)} old (evaluation_delay)."
    if subject.options.get("require_full_window") is True and isinstance(query, MetricMonitor):
        yield "It is evaluated only when the window is full of data (require_full_window)."
    new = subject.span("new_group_delay", _SECOND)
    if new and subject.groups:
        yield f"A new group is left alone for {span_in_words(new)} (new_group_delay)."


def _often(every: timedelta) -> str:
    return "once a minute" if every == timedelta(minutes=1) else f"every {span_in_words(every)}"


def _needs_all(query: MetricMonitor) -> bool:
    """Tell whether every moment of the window must be bad."""
    if isinstance(query.head, Change):
        return False
    return (query.head.aggregator, query.comparator[0]) in {("min", ">"), ("max", "<")}


def recovers(subject: Subject) -> Iterator[str]:
    """Yield sentences about warnings and about how trouble ends."""
    condition = subject.condition
    warning = subject.threshold("warning")
    if condition is not None and warning is not None:
        yield f"Warns when it {holds(condition.comparator, f'{warning:g}')}."
    recovery = subject.threshold("critical_recovery")
    if condition is not None and recovery is not None:
        # The share of anomalous points recovers at its threshold too, whichever the comparison.
        anomalies = any(call.name == "anomalies" for call in subject.parts(Call))
        comparator = ">" if anomalies else condition.comparator
        yield f"Recovers only when it {back_again(comparator, f'{recovery:g}')} again."
    elif subject.is_check:
        good = subject.threshold("ok")
        row = f"after {good:g} OK status{'' if good == 1 else 'es in a row'}" if good else "with the first OK status"
        yield f"Recovers {row}."
    else:
        yield "Recovers at the first evaluation at which that no longer holds."
    again = subject.minutes("renotify_interval")
    if again is not None:
        yield f"Tells again every {span_in_words(again)} while the trouble lasts."


_MISSING = {
    "default": "When data are missing it takes a count as 0 and keeps the state of anything else (on_missing_data).",
    "resolve": "When data are missing it goes to OK (on_missing_data).",
    "show_and_notify_no_data": "When data are missing it goes to No Data and tells so (on_missing_data).",
    "show_no_data": "When data are missing it goes to No Data and says nothing (on_missing_data).",
}


def missing(subject: Subject) -> Iterator[str]:
    """Yield sentences about missing data."""
    asked = subject.options.get("on_missing_data")
    if subject.is_composite:
        # What is missing is the business of the monitors that it watches.
        if subject.tells_no_data:
            yield "When their data are missing, so that No Data is what they come to, it tells so."
    elif asked:
        yield _MISSING.get(str(asked), f"When data are missing it does as on_missing_data says: {asked}.")
    elif subject.tells_no_data:
        span = subject.minutes("no_data_timeframe")
        default = "24 hours" if subject.is_check else "two windows"
        when = f"for {span_in_words(span)}" if span else f"for {default} (no_data_timeframe is not set)"
        yield f"When data are missing {when} it goes to No Data and tells so."
    elif isinstance(subject.query, EventMonitor | FormulaMonitor):
        yield _MISSING["default"].replace(" (on_missing_data)", "")
    else:
        yield "When data are missing it keeps its state and says nothing."
    timeout = subject.span("timeout_h", timedelta(hours=1))
    if timeout:
        yield f"After {span_in_words(timeout)} without data it resolves by itself (timeout_h)."
