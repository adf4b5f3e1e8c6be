"""A monitor as the rules see it: its payload, and what could be read of its query and its message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from alertproof.datadog import Assumptions, Definition, load_definition
from alertproof.datadog.loading import Declared, Path, Representation
from alertproof.datadog.message import (
    Reach,
    RecipientKind,
    Template,
    TemplateError,
    parse_template,
    reachable,
    recipient,
)
from alertproof.datadog.monitor.evaluate import observe
from alertproof.datadog.query import parse_query
from alertproof.datadog.query.grouping import grouped_by
from alertproof.datadog.query.parse.placeholders import end_of_placeholder
from alertproof.datadog.query.tree import (
    CheckMonitor,
    CompositeMonitor,
    Condition,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    Node,
    Placeholder,
    PlainQuery,
    Query,
    SloAlert,
    TemplateMonitor,
    Window,
    walk,
)
from alertproof.errors import AlertproofError, NotModelled, QuerySyntaxError
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.series import SeriesStore

__all__ = ["ESCALATION", "MESSAGE", "NAME", "Subject"]

_N = TypeVar("_N", bound=Node)
#: The texts of a monitor that are templates.
NAME: Path = ("name",)
MESSAGE: Path = ("message",)
ESCALATION: Path = ("options", "escalation_message")
#: Whoever is woken up.
_PAGED = frozenset({RecipientKind.ON_CALL, RecipientKind.OPSGENIE, RecipientKind.PAGERDUTY})
_EPOCH = datetime.fromtimestamp(0, UTC)
#: Longer than any option's own limit, and short enough to be added to any date.
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True)
class Subject:
    """One monitor under the rules; what cannot be read is None, and the rule for that says why."""

    declared: Declared

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.declared.payload

    def text(self, path: Path) -> str:
        """Return a text of the payload, empty where it is none."""
        value: Any = self.payload
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else ""

    @cached_property
    def options(self) -> Mapping[str, Any]:
        value = self.payload.get("options")
        return value if isinstance(value, Mapping) else {}

    def threshold(self, name: str) -> float | None:
        """Return a threshold of the options, None where it is no number."""
        thresholds = self.options.get("thresholds")
        value = thresholds.get(name) if isinstance(thresholds, Mapping) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        try:
            return float(value)
        except OverflowError:
            return None

    def has_threshold(self, name: str) -> bool:
        """Tell whether a threshold is written, also as a template that nothing has filled in."""
        thresholds = self.options.get("thresholds")
        return isinstance(thresholds, Mapping) and thresholds.get(name) is not None

    def span(self, name: str, unit: timedelta) -> timedelta | None:
        """Return an option that counts ``unit`` as a span, None for none, for 0 and for what is no number."""
        value = self.options.get(name)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LONGEST // unit:
            return None
        return value * unit

    def minutes(self, name: str) -> timedelta | None:
        """Return an option in minutes as a span, None for none, for 0 and for what is no number."""
        return self.span(name, timedelta(minutes=1))

    # -- the query ----------------------------------------------------------------------------------------

    @cached_property
    def tree(self) -> Query | Placeholder | QuerySyntaxError:
        """Return the whole query's tree, or why it cannot be read."""
        try:
            return parse_query(self.text(("query",)))
        except QuerySyntaxError as error:
            return error

    @property
    def query_error(self) -> QuerySyntaxError | None:
        """Return why the query cannot be read."""
        return self.tree if isinstance(self.tree, QuerySyntaxError) else None

    @cached_property
    def query(self) -> PlainQuery | None:
        """Return the query's tree; of one with directives what its first branches say."""
        inner = self.tree.query if isinstance(self.tree, TemplateMonitor) else self.tree
        return None if isinstance(inner, Placeholder | QuerySyntaxError) else inner

    def parts(self, kind: type[_N]) -> Iterator[_N]:
        """Yield the parts of the query's tree of one kind."""
        return (node for node in walk(self.query) if isinstance(node, kind)) if self.query else iter(())

    @property
    def condition(self) -> Condition | None:
        """Return the comparison of the query, None where there is none or a template stands for its number."""
        found = getattr(self.query, "condition", None)
        return found if isinstance(found, Condition) and _is_number(found.number) else None

    @property
    def window(self) -> timedelta | None:
        """Return the window behind a metric query, None for other queries, other windows and for templates."""
        found = self.query.head.window if isinstance(self.query, MetricMonitor) else None
        return found.length if isinstance(found, Window) and found.kind == "last" else None

    @cached_property
    def groups(self) -> frozenset[str] | None:
        """Return the tags and facets that the monitor groups by, None where the query alone does not say."""
        query = self.query
        if isinstance(query, MetricMonitor):
            found = frozenset(grouped_by(query))
        elif isinstance(query, EventMonitor):
            found = frozenset(query.by)
        elif isinstance(query, FormulaMonitor):
            found = frozenset(self._facets())
        elif isinstance(query, CheckMonitor) and query.texts("by"):
            found = frozenset(query.texts("by"))
        else:
            return None
        return None if any("${" in tag or tag == "*" for tag in found) or self.is_template else found

    def _facets(self) -> Iterator[str]:
        variables = self.options.get("variables")
        for variable in variables if isinstance(variables, Sequence) else ():
            groups = variable.get("group_by") if isinstance(variable, Mapping) else None
            for each in groups if isinstance(groups, Sequence) else ():
                if isinstance(each, Mapping):
                    yield from str(each.get("facet", "")).split(",")
                else:
                    yield str(each)

    @property
    def is_template(self) -> bool:
        """Tell whether directives or a whole template make the query, so that others of its parts are unknown."""
        return isinstance(self.tree, TemplateMonitor)

    @property
    def _from_terraform(self) -> bool:
        return self.declared.representation in {Representation.PLAN, Representation.TERRAFORM}

    @property
    def fills_in(self) -> bool:
        """Tell whether something that Terraform fills in stands where an evaluation needs to know it."""
        inner = {name: value for name, value in self.payload.items() if name not in {"message", "name"}}
        if isinstance(inner.get("tags"), list):
            del inner["tags"]
        return self._from_terraform and any("${" in text or "%{" in text for text in _texts(inner))

    # -- the message --------------------------------------------------------------------------------------

    @cached_property
    def templates(self) -> Mapping[Path, Template | TemplateError]:
        """Return name, message and escalation message, each as its tree, or why it cannot be read."""
        return {path: _template(self.telling(path)) for path in (NAME, MESSAGE, ESCALATION)}

    @property
    def template(self) -> Template | None:
        """Return the tree of the message, None where it cannot be read."""
        found = self.templates[MESSAGE]
        return found if isinstance(found, Template) else None

    @property
    def message_fills_in(self) -> bool:
        """Tell whether Terraform puts something into the message, be it a handle."""
        return self._from_terraform and any(sign in self.text(MESSAGE) for sign in ("${", "%{"))

    def telling(self, path: Path) -> str:
        """Return a message with its own handles: what is within an interpolation is Terraform's, and tells nobody."""
        text = self.text(path)
        return _without_inner_handles(text) if self._from_terraform else text

    @cached_property
    def reached(self) -> tuple[Reach, ...] | TemplateError:
        """Return whom the message and the escalation message could ever tell and when, or why that is unknown."""
        readable = (path for path in (MESSAGE, ESCALATION) if isinstance(self.templates[path], Template))
        texts = {path: self.telling(path) for path in readable}
        try:
            return reachable(texts.get(MESSAGE, ""), texts.get(ESCALATION, ""))
        except TemplateError as error:
            return error

    @property
    def reaches(self) -> tuple[Reach, ...]:
        """Return whom the messages could ever tell and when, nobody where that is unknown."""
        reached = () if isinstance(self.reached, TemplateError) else self.reached
        return tuple(reach for reach in reached if reach.occasions)

    @property
    def paged(self) -> tuple[Reach, ...]:
        """Return whom the messages could ever wake up, and when."""
        return tuple(reach for reach in self.reaches if recipient(reach.handle).kind in _PAGED)

    def tells_nobody_of(self, occasion: str) -> bool:
        """Tell whether the messages tell somebody of something, but nobody of this; what Terraform puts in may."""
        told = any(occasion in reach.occasions for reach in self.reaches)
        return bool(self.reaches) and not told and not self.message_fills_in

    # -- the whole ----------------------------------------------------------------------------------------

    @cached_property
    def loaded(self) -> Definition | AlertproofError:
        """Return the definition that is evaluated, or why there is none."""
        try:
            return load_definition(self.payload, source=self.declared.where)
        except AlertproofError as error:
            return error

    @cached_property
    def not_modelled(self) -> NotModelled | None:
        """Return why an offline test would refuse the query or an option whatever its data, None if it would not.

        That of an SLO alert or a composite depends on what the file does not hold.
        """
        loaded = self.loaded
        if isinstance(loaded, NotModelled):
            return loaded
        if not isinstance(loaded, Definition) or isinstance(loaded.tree, CompositeMonitor | SloAlert):
            return None
        try:
            nothing, evidence = SeriesStore(), Evidence(given=SeriesStore())
            observe(loaded, nothing, _EPOCH, slos={}, assumptions=Assumptions(), evidence=evidence)
        except NotModelled as error:
            return error
        return None

    @property
    def is_check(self) -> bool:
        return isinstance(self.query, CheckMonitor)

    @property
    def is_composite(self) -> bool:
        return isinstance(self.query, CompositeMonitor)

    @property
    def tells_no_data(self) -> bool:
        """Tell whether missing data are notified."""
        missing = self.options.get("on_missing_data")
        return missing == "show_and_notify_no_data" if missing else self.options.get("notify_no_data") is True

    @property
    def may_tell_no_data(self) -> bool:
        """Tell whether missing data are notified, or may be, since a template decides."""
        return self.tells_no_data or any(
            _may_be(self.options.get(name)) for name in ("notify_no_data", "on_missing_data")
        )

    @property
    def warns(self) -> bool:
        """Tell whether the monitor has a Warn state; a composite has that of its parts [COMP]."""
        return self.has_threshold("warning") or self.is_check or self.is_composite

    @property
    def states(self) -> tuple[str, ...]:
        """Return the bad states that the monitor has and tells of, by their occasions."""
        exists = {"alert": True, "warning": self.warns, "no data": self.may_tell_no_data}
        return tuple(state for state, there in exists.items() if there)

    @property
    def renotified(self) -> tuple[str, ...]:
        """Return those of the states that are told again: of themselves all but a warning [OPTS]."""
        interval, statuses = self.options.get("renotify_interval"), self.options.get("renotify_statuses")
        if self.minutes("renotify_interval") is None and not _may_be(interval):
            return ()
        if not isinstance(statuses, list) or not statuses:
            statuses = ["alert", "no data"]
        names = {"warning": "warn"}
        return tuple(state for state in self.states if names.get(state, state) in statuses or _may_be(statuses[0]))


def _template(text: str) -> Template | TemplateError:
    try:
        return parse_template(text)
    except TemplateError as error:
        return error


def _without_inner_handles(text: str) -> str:
    """Return a text of the same length without the ``@`` in ``${join(" ", ["@slack-a"])}``."""
    pieces, at = [], 0
    while (begin := text.find("${", at)) >= 0:
        end = end_of_placeholder(text, begin, len(text)) or len(text)
        pieces += [text[at:begin], text[begin:end].replace("@", "_")]
        at = end
    return "".join([*pieces, text[at:]])


def _may_be(value: object) -> bool:
    return isinstance(value, str) and "${" in value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
