"""Notification rules: who else is told of a monitor's notifications [NRULES, APIPY, CASS].

A rule's scope is matched with the tags of the notification: those of the monitor and those of the group together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from alertproof.datadog.message import CONDITIONS
from alertproof.datadog.tagscope import AllOf, HasTag, TagScope, matches, read_rule_scope
from alertproof.errors import ConfigError, NotModelled, QuerySyntaxError, nearest
from alertproof.tags import Group, Tags, parse_tags

if TYPE_CHECKING:
    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification

__all__ = ["NotificationRule", "RuleCondition", "load_rule", "notification_tags", "recipients_of", "routed"]

_TRANSITION = "transition_type:"
_MOST = 50


class RuleCondition(Struct, frozen=True, kw_only=True):
    """Recipients for a transition such as ``is_alert``, or for a tag."""

    on: str | HasTag
    recipients: tuple[str, ...]


class NotificationRule(Struct, frozen=True, kw_only=True):
    """One rule: either ``recipients``, or ``conditions`` with ``fallback`` for when none of them holds."""

    name: str
    scope: TagScope
    recipients: tuple[str, ...] = ()
    conditions: tuple[RuleCondition, ...] = ()
    fallback: tuple[str, ...] = ()


def notification_tags(definition: Definition, group: Group) -> Tags:
    """Return the tags of a notification: the monitor's and the group's [NRULES]."""
    return parse_tags(definition.tags) | frozenset(group)


def recipients_of(
    rules: Iterable[NotificationRule],
    tags: Tags,
    conditions: frozenset[str],
    *,
    every_condition: bool = True,
) -> tuple[str, ...]:
    """Return whom the rules tell of a notification with ``tags``, each once, in the order of the rules.

    ``conditions`` are those of the transition that hold, such as ``is_alert``. Of a rule's conditions that hold
    every one counts, or only the first.
    """
    found: list[str] = []
    for rule in rules:
        if not matches(rule.scope, tags):
            continue
        found += rule.recipients
        held = [each for each in rule.conditions if _holds(each, tags, conditions)]
        for condition in held if every_condition else held[:1]:
            found += condition.recipients
        if rule.conditions and not held:
            found += rule.fallback
    return tuple(dict.fromkeys(found))


def _holds(condition: RuleCondition, tags: Tags, conditions: frozenset[str]) -> bool:
    return condition.on in conditions if isinstance(condition.on, str) else matches(condition.on, tags)


def routed(
    notification: Notification,
    definition: Definition,
    rules: Iterable[NotificationRule],
    assumptions: Assumptions,
) -> Notification:
    """Return a notification with the recipients of the matching rules behind its own, each once."""
    more = recipients_of(
        rules,
        notification_tags(definition, notification.group),
        notification.conditions,
        every_condition=assumptions.every_rule_condition_counts,
    )
    return replace(
        notification,
        handles=tuple(dict.fromkeys((*notification.handles, *more))),
        # Whoever a rule tells is told the whole text.
        told_nothing=tuple(handle for handle in notification.told_nothing if handle not in more),
    )


# --- reading ------------------------------------------------------------------------------------------

_Recipients = Annotated[list[str], msgspec.Meta(min_length=1, max_length=_MOST)]


class _Condition(msgspec.Struct):
    scope: str
    recipients: _Recipients


class _Conditional(msgspec.Struct):
    conditions: Annotated[list[_Condition], msgspec.Meta(min_length=1)]
    fallback_recipients: _Recipients | None = None


class _Filter(msgspec.Struct):
    tags: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    scope: str | None = None


class _Rule(msgspec.Struct):
    name: str
    filter: _Filter
    recipients: _Recipients | None = None
    conditional_recipients: _Conditional | None = None
    bundle_config: Any = None


def load_rule(payload: Mapping[str, Any], *, source: str) -> NotificationRule:
    """Read a rule of ``/api/v2/monitor/notification_rule``, with or without ``data`` and ``attributes``.

    Raises `ConfigError` for a rule that the API would refuse and `NotModelled` for one that bundles alerts.
    """
    data = payload["data"] if isinstance(payload.get("data"), Mapping) else payload
    attributes = data["attributes"] if isinstance(data.get("attributes"), Mapping) else data
    try:
        return _rule(msgspec.convert(attributes, _Rule))
    except (QuerySyntaxError, ConfigError, msgspec.ValidationError) as error:
        raise ConfigError(f"{source}: {error}") from error
    except NotModelled as error:
        raise NotModelled(f"{source}: {error}") from error


def _rule(read: _Rule) -> NotificationRule:
    if read.bundle_config is not None:
        raise NotModelled(f"bundle_config of the notification rule {read.name!r} is not modelled")
    if (read.recipients is None) is (read.conditional_recipients is None):
        raise ConfigError(f"the notification rule {read.name!r} has recipients or conditional_recipients, one of them")
    conditional = read.conditional_recipients
    return NotificationRule(
        name=read.name,
        scope=_scope(read.filter, read.name),
        recipients=_recipients(read.recipients),
        conditions=tuple(map(_condition, conditional.conditions)) if conditional else (),
        fallback=_recipients(conditional.fallback_recipients) if conditional else (),
    )


def _scope(read: _Filter, name: str) -> TagScope:
    if (read.tags is None) is (read.scope is None):
        raise ConfigError(f"the filter of the notification rule {name!r} has tags or a scope, one of them")
    if read.scope is not None:
        return read_rule_scope(read.scope)
    items = tuple(map(_tag, read.tags or ()))
    return AllOf(items) if len(items) > 1 else items[0]


def _condition(read: _Condition) -> RuleCondition:
    recipients = _recipients(read.recipients)
    if not read.scope.startswith(_TRANSITION):
        return RuleCondition(on=_tag(read.scope), recipients=recipients)
    transition = read.scope.removeprefix(_TRANSITION)
    if transition not in CONDITIONS:
        raise ConfigError(f"{read.scope!r} names no transition{nearest(transition, CONDITIONS)}")
    return RuleCondition(on=transition, recipients=recipients)


def _tag(text: str) -> HasTag:
    found = read_rule_scope(text)
    if not isinstance(found, HasTag):
        raise ConfigError(f"this is to be one tag such as env:prod: {text}")
    return found


def _recipients(given: Sequence[str] | None) -> tuple[str, ...]:
    for each in given or ():
        if each.startswith("@"):
            raise ConfigError(f"a recipient of a rule must not start with '@': {each}")
    return tuple(given or ())
