"""What Datadog does not document and an evaluation needs: named options, each with a default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from alertproof.datadog.evaluation.expression import is_count_arithmetic, metric_queries
from alertproof.datadog.evaluation.functions import LOOKS_ALONG
from alertproof.datadog.evaluation.operand import percentile_of
from alertproof.datadog.message import Dialect
from alertproof.datadog.monitor.happened import Happened
from alertproof.datadog.monitor.notify import tells_no_data
from alertproof.datadog.monitor.record_variables import EVENT_ROOTS
from alertproof.datadog.query.grouping import unequal_sides
from alertproof.datadog.query.tree import Call, CheckMonitor, EventMonitor, MetricMonitor, Modifier, Reduction, walk
from alertproof.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertproof.datadog.monitor.definition import Definition

__all__ = ["Assumptions"]

_ANYTHING = Happened()
#: The words that samples have for the step from Warn to Alert [3P-POCKET].
_WARN_TO_ALERT = ("Triggered", "Re-Triggered")
#: Those of PagerDuty's events.
_SEVERITIES = ("critical", "error", "warning", "info")
#: As many digits as a float has.
_MOST_DIGITS = 17


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """The readings of undocumented behaviour that a run uses; a report prints those it relied on.

    Raises `ConfigError` for one that cannot be.

    ``rollup_interval``: the bucket inside an evaluation window, None for the API's table by length.
    ``window_includes_end``: the window of a metric monitor holds its last second too, not only its first.
    ``sketch_accuracy``: the relative error of a distribution's sketch, such as 0.01; None computes exact percentiles.
    ``unequal_groups_meet``: where one query groups by some of the other's tags, its groups meet all that have them.
    ``constants_are_count_arithmetic``: calculating with a constant alone reduces an as_count() query first.
    ``default_fills_count_buckets``: default() on the path of as_count() fills each empty bucket, not only the total.
    ``longest_fill``: what a fill's limit is at most; None takes every limit as it is written.
    ``checks_count_worse_statuses``: a critical status of a check is one of a run of warnings too.
    ``renotify_stops_after``: how long after its begin trouble is no longer repeated; None for never.
    ``no_data_windows``: the default no-data timeframe, in evaluation windows; that of service checks is a day.
    ``stays_between_thresholds``: a value between a recovery threshold and its threshold keeps the state.
    ``silent_monitors_show_no_data``: a legacy monitor that is not told of missing data goes to No Data all the same.
    ``new_groups_notify``: a new group whose first evaluation is bad is told of, unless groups are told together.
    ``forgotten_groups_end_trouble``: groups that are told together recover when the last bad one of them is dropped.
    ``no_data_to_alert_notifies``: after a No Data that was told, data that return bad are told.
    ``warn_to_alert``: the transition's word for Warn to Alert.
    ``auto_resolve_notifies``: ``timeout_h`` sends a recovery.
    ``scheduled_recoveries_notify``: the first good evaluation of a custom schedule after bad ones is told.
    ``no_data_severity``: a PagerDuty event's severity for No Data, and for Unknown.
    ``org_id``: the organisation in a PagerDuty event's dedup key.
    ``newest_record_is_told``: of the records of a window a message tells of the newest, else of the oldest.
    ``value_digits``: the significant digits that {{value}} prints; ``eval_digits``: those of eval.
    ``failed_eval``: what an eval without a value prints, such as a division by zero.
    ``dotted_keys_need_brackets``: {{a.b.name}} is empty for the tag key a.b, only {{[a.b].name}} is not.
    ``bare_keys_are_names``: {{host}} prints what {{host.name}} does, not nothing.
    ``lines_of_tags_vanish``: a block's tag or a comment alone on its line leaves no line, as in Handlebars.
    ``malformed_messages_are_refused``: else they are sent as they are written and tell nobody [ISSUE-1882].
    ``every_rule_condition_counts``: all conditions of a notification rule that hold add their recipients, not only
    the first.
    ``processes_are_counted_once``: a monitor of processes counts each host's each process once, not each sighting.
    ``query_tags_match_downtimes``: the tags that a monitor's query filters by are in the scope of all its groups.
    """

    rollup_interval: timedelta | None = None
    window_includes_end: bool = False
    sketch_accuracy: float | None = None
    unequal_groups_meet: bool = True
    constants_are_count_arithmetic: bool = True
    default_fills_count_buckets: bool = False
    longest_fill: timedelta | None = None
    checks_count_worse_statuses: bool = False
    renotify_stops_after: timedelta | None = None
    no_data_windows: int = 2
    stays_between_thresholds: bool = True
    silent_monitors_show_no_data: bool = False
    new_groups_notify: bool = True
    forgotten_groups_end_trouble: bool = False
    no_data_to_alert_notifies: bool = True
    warn_to_alert: str = "Triggered"
    auto_resolve_notifies: bool = True
    scheduled_recoveries_notify: bool = False
    no_data_severity: str = "error"
    org_id: int = 1
    newest_record_is_told: bool = True
    value_digits: int = 6
    eval_digits: int = 12
    failed_eval: str = ""
    dotted_keys_need_brackets: bool = True
    bare_keys_are_names: bool = False
    lines_of_tags_vanish: bool = False
    malformed_messages_are_refused: bool = True
    every_rule_condition_counts: bool = True
    processes_are_counted_once: bool = True
    query_tags_match_downtimes: bool = True

    def __post_init__(self) -> None:
        for name in ("value_digits", "eval_digits"):
            if not 1 <= getattr(self, name) <= _MOST_DIGITS:
                raise ConfigError(f"{name} must be from 1 to {_MOST_DIGITS}, not {getattr(self, name)}")
        if self.no_data_windows < 1:
            raise ConfigError(f"no_data_windows must be at least 1, not {self.no_data_windows}")
        if self.sketch_accuracy is not None and not 0 < self.sketch_accuracy < 1:
            raise ConfigError(f"sketch_accuracy must be a share such as 0.01, not {self.sketch_accuracy:g}")
        if self.rollup_interval is not None and self.rollup_interval < timedelta(seconds=1):
            raise ConfigError("rollup_interval must be at least 1s")
        for name, known in (("warn_to_alert", _WARN_TO_ALERT), ("no_data_severity", _SEVERITIES)):
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}")

    @cached_property
    def dialect(self) -> Dialect:
        """Return how messages are read."""
        return Dialect(
            failed_eval=self.failed_eval,
            eval_digits=self.eval_digits,
            dotted_keys_need_brackets=self.dotted_keys_need_brackets,
            bare_keys_are_names=self.bare_keys_are_names,
            lines_vanish=self.lines_of_tags_vanish,
        )

    def relied_on(self, definition: Definition, happened: Happened = _ANYTHING) -> tuple[str, ...]:
        """Return a sentence for each assumption that an evaluation of this monitor rests on, given what happened."""
        return (
            *self._of_query(definition, happened),
            *self._of_states(definition, happened),
            *self._of_notifications(definition, happened),
            *self._of_texts(definition, happened),
        )

    def _of_query(self, definition: Definition, happened: Happened) -> Iterator[str]:
        tree = definition.tree
        last = "includes" if self.window_includes_end and isinstance(tree, MetricMonitor) else "excludes"
        yield f"A window includes its first second and {last} its last; evaluations fall on full minutes."
        if isinstance(tree, CheckMonitor) and happened.fell_silent:
            yield "A check that is silent for five minutes decides nothing."
        if isinstance(tree, CheckMonitor) and not tree.percent:
            also = ", a critical one among warnings too" if self.checks_count_worse_statuses else ""
            yield f"Only the last run of equal statuses counts{also}."
        if isinstance(tree, EventMonitor) and tree.source == "processes":
            counted = "once" if self.processes_are_counted_once else "each time that it is seen"
            yield f"A process, known by its host and pid, is counted {counted}."
        if isinstance(tree, MetricMonitor):
            yield from self._of_metrics(tree)

    def _of_metrics(self, tree: MetricMonitor) -> Iterator[str]:
        queries = metric_queries(tree.expression)
        if any(percentile_of(query.space) is not None for query in queries):
            error = "exact" if self.sketch_accuracy is None else f"those of a sketch within {self.sketch_accuracy:.2%}"
            yield f"Percentiles are {error}."
        if reduces_in_buckets(tree):
            step = self.rollup_interval
            chosen = f"of {step.total_seconds():g} s" if step else "as the query API chooses by length"
            yield f"Points inside the window are rolled up in buckets {chosen}."
        unequal = unequal_sides(tree.expression)
        if any(() in sides for sides in unequal):
            yield "A query without group-by gives its value to every group of the others."
        if any(all(sides) for sides in unequal):
            yield "Queries that group by different tags meet by those they share."
        calls = {node.name for node in walk(tree.expression) if isinstance(node, Call)}
        if calls & LOOKS_ALONG:
            yield "Functions from bucket to bucket see the evaluation window's; an ewma of span n weighs 2/(n+1)."
        counted = is_count_arithmetic(tree.expression, with_constants=self.constants_are_count_arithmetic)
        if is_count_arithmetic(tree.expression) and not is_count_arithmetic(tree.expression, with_constants=False):
            first = "the window is added up" if self.constants_are_count_arithmetic else "each bucket is calculated"
            yield f"With a constant alone, {first} first."
        if calls & {"default", "default_zero"} and counted:
            filled = "each empty bucket" if self.default_fills_count_buckets else "the window's total"
            yield f"default() and default_zero() on the path of as_count() fill {filled}."
        if any(node.name == "fill" for node in walk(tree.expression) if isinstance(node, Modifier)):
            longest = self.longest_fill
            bound = f" up to {longest.total_seconds():g} s" if longest else ", which may be above 600 s"
            yield f"A fill looks before the window as far as its limit{bound}."

    def _of_states(self, definition: Definition, happened: Happened) -> Iterator[str]:
        options, thresholds = definition.options, definition.options.thresholds
        ends = {thresholds.critical_recovery, thresholds.warning_recovery} - {None}
        if ends and happened.was_between:
            verb = "stays" if self.stays_between_thresholds else "is left"
            yield f"Between a recovery threshold and its threshold the state {verb}."
        if options.recovery_window is not None and options.recovery_window != options.trigger_window:
            yield "A share that is given for no recovery window is that of the trigger window for both."
        is_check = isinstance(definition.tree, CheckMonitor)
        asks_late = options.notify_no_data and options.no_data_timeframe is None and not is_check
        if asks_late and options.on_missing_data is None and happened.fell_silent:
            yield f"No Data comes after {self.no_data_windows} evaluation windows without data."
        legacy = isinstance(definition.tree, MetricMonitor | CheckMonitor) and options.on_missing_data is None
        if legacy and not options.notify_no_data and happened.fell_silent:
            state = "is No Data" if self.silent_monitors_show_no_data else "stays"
            yield f"Without data the state {state}, and nobody is told."
        if options.on_missing_data == "default" and happened.was_without:
            yield "on_missing_data 'default' evaluates as_count() queries as 0 and keeps the state of others."
        if options.timeout is not None and happened.timed_out:
            notifies = "sends a recovery" if self.auto_resolve_notifies else "sends nothing"
            yield f"Resolving by timeout_h {notifies}."

    def _of_notifications(self, definition: Definition, happened: Happened) -> Iterator[str]:
        if definition.group_by and not definition.options.notify_by and happened.began_bad:
            told = "told" if self.new_groups_notify else "not told"
            yield f"A new group whose first evaluation is bad is {told}."
        if definition.options.notify_by and happened.forgot:
            told = "told as a recovery" if self.forgotten_groups_end_trouble else "told to nobody"
            yield f"That the last bad one of groups told together is dropped, for it sends nothing, is {told}."
        if tells_no_data(definition.options) and happened.returned_bad:
            told = "told anew" if self.no_data_to_alert_notifies else "not told again"
            yield f"Data that return bad after No Data are {told}."
        if definition.options.thresholds.warning is not None and happened.rose:
            yield f"The step from Warn to Alert is called {self.warn_to_alert!r}."
        if definition.options.schedules:
            ends = "too" if self.scheduled_recoveries_notify else "not"
            yield f"Of a custom schedule's evaluations each one that is not OK is told; a recovery is {ends}."
        stops = self.renotify_stops_after
        if definition.options.renotify_interval is not None and (happened.renotified or stops is not None):
            ends = "do not stop by themselves" if stops is None else f"stop after {stops}"
            yield f"Renotifications {ends} (an older page: after 30 hours)."
        if "@pagerduty" in definition.message and happened.paged:
            yield "PagerDuty's dedup key is a hash of organisation, monitor and group."

    def _of_texts(self, definition: Definition, happened: Happened) -> Iterator[str]:
        if not happened.told:
            return
        message = definition.message.replace(" ", "")
        if definition.searches and any(f"{{{{{root}." in message for root in EVENT_ROOTS):
            which = "newest" if self.newest_record_is_told else "oldest"
            yield f"Of the records of a window, a message tells of the {which}."
        if self.bare_keys_are_names:
            yield "The key of a tag alone, as in {{host}}, prints the tag's value."
        if "{{value" in message:
            yield f"{{{{value}}}} prints {self.value_digits} significant digits."
        if "{{eval" in message or "(eval" in message:
            yield f"An eval without a value prints {self.failed_eval or 'nothing'}; humanize_bytes counts in 1024s."


def reduces_in_buckets(tree: MetricMonitor) -> bool:
    """Tell whether the window's points are reduced one by one, so that the rollup interval matters."""
    if not isinstance(tree.head, Reduction):
        return True
    counted = any(query.modifier("as_count") for query in metric_queries(tree.expression))
    return tree.head.aggregator != "percentile" and not (tree.head.aggregator == "sum" and counted)
