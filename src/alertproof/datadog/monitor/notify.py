"""What is sent, and to whom, when a group changes its state [VAR, NOTIFY]."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from alertproof.datadog.message import (
    Recipient,
    Rendered,
    TemplateError,
    Variables,
    handles,
    recipient,
    render_message,
)
from alertproof.datadog.message.tree import Path
from alertproof.datadog.monitor.definition import MissingData, State
from alertproof.datadog.monitor.record_variables import EVENT_ROOTS
from alertproof.datadog.monitor.variables import variables_of
from alertproof.datadog.monitor.wording import title, transition_word

if TYPE_CHECKING:
    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.options import Options
    from alertproof.tags import Group

__all__ = ["Moment", "Notification", "held_conditions", "is_told", "notification", "tells_no_data"]


class Notification(Struct, frozen=True, kw_only=True):
    """One message about one group.

    ``transition`` is ``Triggered``, ``Warn``, ``No Data``, ``Unknown``, ``Recovered`` or ``Renotify``, ``word`` that of
    the title (``Re-Triggered`` for a renotification); ``handles`` are those of the rendered message, without ``@``, and
    may be none; those of ``told_nothing`` are told with an empty text. ``priority`` is the monitor's or what its text
    made of it. ``conditions`` are those that held, such as ``is_alert``. ``missing`` are the variables that its texts
    asked for and were not there.
    """

    at: datetime
    group: Group
    transition: str
    state: State
    handles: tuple[str, ...]
    title: str
    body: str
    value: float | None
    word: str = ""
    told_nothing: tuple[str, ...] = ()
    priority: str | None = None
    conditions: frozenset[str] = frozenset()
    first_triggered_at: datetime | None = None
    last_triggered_at: datetime | None = None
    missing: tuple[Path, ...] = ()

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Return whom the handles stand for, each with its problem if nobody will be told."""
        return tuple(recipient(handle) for handle in self.handles)

    def seen_by(self, handle: str) -> Notification:
        """Return the notification as one of its handles gets it: those of ``told_nothing`` with an empty text."""
        return replace(self, body="") if handle in self.told_nothing else self


class Moment(Struct, frozen=True, kw_only=True):
    """What a message can tell: the step of one group from ``old`` to ``new``.

    A renotification has ``old`` and ``new`` alike. ``facts`` are further variables by their first name: the event that
    a query found (``{"log": {"message": ..}}``), what is known of a host or a service of the group
    (``{"host": {"ip": ..}}``), a composite's parts (``{"a": {"value": 3, "status": "Alert"}}``), ``check_message``.
    """

    at: datetime
    group: Group
    old: State
    new: State
    value: float | None
    first_triggered_at: datetime | None
    last_triggered_at: datetime | None
    facts: Variables = field(default_factory=dict)

    @property
    def renotifies(self) -> bool:
        return self.old is self.new

    @property
    def is_blind(self) -> bool:
        """Tell whether nothing was found, so that there is no record to tell of: a recovery for that too [VAR-2026]."""
        return self.new is State.NO_DATA or (self.new is State.OK and self.value is None)

    def lacks(self, root: str) -> bool:
        """Tell whether a variable of a record is not there because nothing bad was found, as is to be expected."""
        return root in EVENT_ROOTS and (self.is_blind or (self.new is State.OK and root not in self.facts))


def is_told(definition: Definition, old: State, new: State) -> bool:
    """Tell whether a step, or a state that stays and is due again, is told of at all [VAR, NOTIFY].

    A draft tells nothing [TFPROV]; missing data only where the monitor asks for it, in the way of either generation,
    and Unknown only where it has a threshold for it [SVC].
    Whether the end of trouble is told depends on whether its beginning was, which is the caller's to know.
    """
    if definition.draft:
        return False
    options = definition.options
    if old is new and (options.renotify_interval is None or new not in options.renotify_statuses):
        return False
    if new is State.UNKNOWN:
        return options.thresholds.unknown is not None
    return new is not State.NO_DATA or tells_no_data(options)


def tells_no_data(options: Options) -> bool:
    """Tell whether a monitor asks to be told of missing data, in the way of either generation [ONMISS, CFG]."""
    missing = options.on_missing_data
    return missing is MissingData.SHOW_AND_NOTIFY or (missing is None and options.notify_no_data)


def notification(definition: Definition, moment: Moment, assumptions: Assumptions) -> Notification:
    """Render the message of one step and find out whom it tells.

    Handles are read from the rendered text, so that one inside ``{{#is_alert}}`` is told of no recovery. Raises
    `TemplateError` for a message that cannot be rendered.
    """
    writer = _Writer(definition, moment, assumptions)
    text = definition.message
    if moment.renotifies and definition.options.escalation_message:
        text = f"{text}\n\n{definition.options.escalation_message}"
    conditions = held_conditions(moment.old, moment.new, renotifies=moment.renotifies)
    rendered, told = writer.body(text, conditions)
    wider: tuple[str, ...] = ()
    if (moment.old, moment.new) == (State.ALERT, State.WARN):
        # Those in is_alert_recovery are told of this step, though their block stays empty [VAR-2026].
        _, all_told = writer.body(text, conditions | {"is_alert_recovery"})
        wider = tuple(handle for handle in all_told if handle not in told)
    own = f"P{definition.priority}" if definition.priority else None
    priority = rendered.priority or own
    word = transition_word(moment.old, moment.new, warn_to_alert=assumptions.warn_to_alert)
    shown = f"Re-{word}" if moment.renotifies else word
    name = writer.write(definition.name, conditions)
    return Notification(
        at=moment.at,
        group=moment.group,
        transition="Renotify" if moment.renotifies else word,
        state=moment.new,
        handles=(*told, *wider),
        title=title(name.text, shown, moment.group, priority=priority, include_tags=definition.options.include_tags),
        body=rendered.text.strip(),
        value=moment.value,
        word=shown,
        told_nothing=wider,
        priority=priority,
        conditions=conditions,
        first_triggered_at=moment.first_triggered_at,
        last_triggered_at=moment.last_triggered_at,
        missing=tuple(path for path in {**rendered.missing, **name.missing} if not moment.lacks(path[0])),
    )


class _Writer:
    """Renders the texts of one definition for one moment."""

    def __init__(self, definition: Definition, moment: Moment, assumptions: Assumptions) -> None:
        self._variables = variables_of(definition, moment, digits=assumptions.value_digits)
        self._priority = f"P{definition.priority}" if definition.priority else ""
        self._refuses = assumptions.malformed_messages_are_refused
        self._dialect = assumptions.dialect

    def write(self, text: str, conditions: frozenset[str]) -> Rendered:
        """Render a text; a malformed one is returned as it is written, if it is not refused."""
        try:
            return self._render(text, conditions)
        except TemplateError:
            if self._refuses:
                raise
            return Rendered(text=text)

    def body(self, text: str, conditions: frozenset[str]) -> tuple[Rendered, tuple[str, ...]]:
        """Return the message and whom it tells: nobody, if it is malformed and not refused [ISSUE-1882]."""
        try:
            rendered = self._render(text, conditions)
        except TemplateError:
            if self._refuses:
                raise
            return Rendered(text=text), ()
        return rendered, handles(rendered.text)

    def _render(self, text: str, conditions: frozenset[str]) -> Rendered:
        return render_message(
            text,
            conditions=conditions,
            variables=self._variables,
            priority=self._priority,
            dialect=self._dialect,
        )


_IN = {"Alert": "is_alert", "Warn": "is_warning", "No Data": "is_no_data", "Unknown": "is_unknown"}
_LEFT = {"Alert": "is_alert_recovery", "Warn": "is_warning_recovery", "No Data": "is_no_data_recovery"}


def held_conditions(old: State, new: State, *, renotifies: bool = False) -> frozenset[str]:
    """Return the conditions that hold on a step [VAR].

    Data that return bad, No Data to Alert, are an alert and no recovery of the data.
    """
    if new is State.OK:
        return frozenset({"is_recovery", *([_LEFT[old]] if old in _LEFT else [])})
    held = {_IN[new]} if new in _IN else set()
    if renotifies:
        held.add("is_renotify")
    elif (old, new) == (State.ALERT, State.WARN):
        held.add("is_alert_to_warning")
    return frozenset(held)
