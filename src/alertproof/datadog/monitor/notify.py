"""What is sent, and to whom, when a group changes its state [VAR, NOTIFY]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alertproof.datadog.message import handles, render
from alertproof.datadog.monitor.definition import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.tags import Group

__all__ = ["Moment", "Notification", "notification"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message about one group.

    ``transition`` is ``Triggered``, ``Warn``, ``No Data``, ``Recovered`` or ``Renotify``; ``handles`` are
    those of the rendered message, without ``@``, and may be none.
    """

    at: datetime
    group: Group
    transition: str
    state: State
    handles: tuple[str, ...]
    title: str
    body: str
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a message can tell: the step of one group from ``old`` to ``new``.

    A renotification has ``old`` and ``new`` alike.
    """

    at: datetime
    group: Group
    old: State
    new: State
    value: float | None
    first_triggered_at: datetime | None
    last_triggered_at: datetime | None

    @property
    def renotifies(self) -> bool:
        return self.old is self.new


_WORDS = {State.OK: "Recovered", State.WARN: "Warn", State.NO_DATA: "No Data", State.ALERT: "Triggered"}


def notification(definition: Definition, moment: Moment, assumptions: Assumptions) -> Notification:
    """Render the message of one step and find out whom it tells.

    Handles are read from the rendered text, so that one inside ``{{#is_alert}}`` is told of no recovery.
    """
    conditions, variables = _conditions(moment), _variables(definition, moment)
    text = definition.message
    if moment.renotifies and definition.options.escalation_message:
        text = f"{text}\n\n{definition.options.escalation_message}"
    body = render(text, conditions=conditions, variables=variables)
    told = handles(body)
    if moment.old is State.ALERT and moment.new is State.WARN:
        # Those in is_alert_recovery are told of this step, though their block stays empty [VAR-2026].
        wider = render(text, conditions=conditions | {"is_alert_recovery"}, variables=variables)
        told = tuple(dict.fromkeys((*told, *handles(wider))))
    word = _WORDS[moment.new]
    if moment.old is State.WARN and moment.new is State.ALERT:
        word = assumptions.warn_to_alert
    name = render(definition.name, conditions=conditions, variables=variables)
    return Notification(
        at=moment.at,
        group=moment.group,
        transition="Renotify" if moment.renotifies else word,
        state=moment.new,
        handles=told,
        title=_title(definition, name, f"Re-{word}" if moment.renotifies else word, moment.group),
        body=body.strip(),
        value=moment.value,
    )


def _title(definition: Definition, name: str, word: str, group: Group) -> str:
    """Return ``[P2] [Triggered on {host:h1}] Name`` [OPTS, NOTIFY]."""
    on = f" on {{{','.join(str(tag) for tag in group)}}}" if group and definition.options.include_tags else ""
    priority = f"[P{definition.priority}] " if definition.priority else ""
    return f"{priority}[{word}{on}] {name}"


def _conditions(moment: Moment) -> frozenset[str]:
    old, new = moment.old, moment.new
    held = {State.ALERT: {"is_alert"}, State.WARN: {"is_warning"}, State.NO_DATA: {"is_no_data"}}.get(new, set())
    if moment.renotifies:
        return frozenset(held | {"is_renotify"})
    if new is State.OK:
        left = {State.ALERT: "is_alert_recovery", State.WARN: "is_warning_recovery"}
        return frozenset({"is_recovery", left.get(old, "is_no_data_recovery")})
    if (old, new) == (State.ALERT, State.WARN):
        held = held | {"is_alert_to_warning"}
    return frozenset(held)


def _variables(definition: Definition, moment: Moment) -> Mapping[str, str]:
    thresholds = definition.options.thresholds
    first, last = moment.first_triggered_at, moment.last_triggered_at
    numbers = {
        "threshold": thresholds.critical,
        "warn_threshold": thresholds.warning,
        "alert_recovery_threshold": thresholds.critical_recovery,
        "warn_recovery_threshold": thresholds.warning_recovery,
    }
    variables = {name: "" if number is None else repr(number) for name, number in numbers.items()}
    variables |= {
        "value": "" if moment.value is None else f"{moment.value:.6g}",
        "comparator": definition.comparator,
        "priority": f"P{definition.priority}" if definition.priority else "",
        **_instant("first_triggered_at", first),
        **_instant("last_triggered_at", last),
    }
    if first is not None:
        # Counts to the step, which on recovery is the only instant that moves [VAR].
        end = moment.at if moment.new is State.OK or moment.renotifies else (last or moment.at)
        variables["triggered_duration_sec"] = f"{(end - first).total_seconds():.0f}"
    for key in {tag.key for tag in moment.group}:
        values = sorted(tag.value for tag in moment.group if tag.key == key)
        variables[f"{key}.name"] = ",".join(values)
    return variables


def _instant(name: str, at: datetime | None) -> Mapping[str, str]:
    if at is None:
        return {}
    utc = at.astimezone(UTC)
    return {name: f"{utc:%a %b %d %Y %H:%M:%S} UTC", f"{name}_epoch": f"{utc.timestamp() * 1000:.0f}"}
