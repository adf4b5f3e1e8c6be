"""A service's orchestration: rules that suppress a trigger, change its severity or make a resolve of it.

The first rule of a set that matches is taken; it may lead to another set. Where none matches, the catch-all is.
Conditions are PagerDuty's own language (PCL), of which are read: ``exists``, ``matches`` and ``matches part`` (not
regex, which is RE2's), their ``does not`` forms, ``not``, ``and``, ``or`` and parentheses. Acknowledges and resolves
pass unseen. Source: developer.pagerduty.com/docs (PCL overview), support.pagerduty.com (event orchestration).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from alertproof.errors import ConfigError, NotModelled
from alertproof.pagerduty.event import Action, Event
from alertproof.pagerduty.service import Severity

__all__ = ["Actions", "Orchestration", "Rule", "orchestrated", "parse_condition"]

Condition: TypeAlias = Callable[[Event], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<word>[A-Za-z_][\w.\[\]-]*)|(?P<sign>[()]))")
_DEEPEST = 50
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What a rule does to an event; ``next_set`` is the set that is looked at afterwards."""

    suppress: bool = False
    severity: Severity | None = None
    event_action: Action | None = None
    next_set: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule matches if any of its conditions does, and always without one."""

    conditions: tuple[Condition, ...]
    actions: Actions

    def matches(self, event: Event) -> bool:
        """Return whether the rule is for an event."""
        return not self.conditions or any(condition(event) for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchestration:
    """Sets of rules by id, the first of which is ``start``; ``wire`` is all of it as it was sent."""

    sets: Mapping[str, tuple[Rule, ...]]
    catch_all: Actions
    wire: Mapping[str, Any]
    active: bool = True


def orchestrated(orchestration: Orchestration | None, event: Event) -> Event | None:
    """Return a trigger as the rules leave it, or None if they suppress it."""
    if orchestration is None or not orchestration.active or event.action is not Action.TRIGGER:
        return event
    following: str | None = "start"
    seen: set[str] = set()
    while following is not None and following not in seen:
        seen.add(following)
        rules = orchestration.sets.get(following, ())
        actions = next((rule.actions for rule in rules if rule.matches(event)), orchestration.catch_all)
        if actions.suppress:
            return None
        event = replace(event, severity=actions.severity or event.severity, action=actions.event_action or event.action)
        following = actions.next_set
    return event


def parse_condition(text: str) -> Condition:
    """Return what a condition asks; raises `ConfigError` for what is none, `NotModelled` for what is not read."""
    if len(text) > _LONGEST:
        raise ConfigError(f"a condition has at most {_LONGEST} characters")
    parser = _Parser(text)
    condition = parser.either(0)
    parser.end()
    return condition


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                raise ConfigError(f"the condition {text!r} is not read from {text[place:][:20]!r} on")
            self._tokens.append(match.group().strip())
            place = match.end()
        self._place = 0

    def either(self, depth: int) -> Condition:
        """Read conditions with ``or`` between them."""
        if depth > _DEEPEST:
            raise ConfigError(f"a condition has at most {_DEEPEST} levels")
        parts = [self._all(depth)]
        while self._take("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else lambda event: any(part(event) for part in parts)

    def end(self) -> None:
        """Refuse what stands behind the condition."""
        if self._place < len(self._tokens):
            raise self._wrong("nothing more")

    def _all(self, depth: int) -> Condition:
        parts = [self._one(depth)]
        while self._take("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda event: all(part(event) for part in parts)

    def _one(self, depth: int) -> Condition:
        if self._take("not"):
            if depth > _DEEPEST:
                raise ConfigError(f"a condition has at most {_DEEPEST} levels")
            inner = self._one(depth + 1)
            return lambda event: not inner(event)
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                raise self._wrong("')'")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        path = self._next()
        if not path.startswith("event."):
            raise NotModelled(f"{path!r} in a condition is not modelled; ask of event.<field>")
        names = path.split(".")[1:]
        negated = self._take("does")
        if negated and not self._take("not"):
            raise self._wrong("'not'")
        word = self._next()
        if word in {"exists", "exist"}:
            return lambda event: (_value(event, names) is not None) != negated
        if word not in {"matches", "match"}:
            raise ConfigError(f"the condition {self._text!r} says {word!r} where 'matches' or 'exists' is expected")
        if self._take("regex"):
            raise NotModelled("'matches regex' in a condition is not modelled; use 'matches part'")
        part = self._take("part")
        quoted = self._next()
        if not quoted.startswith("'"):
            raise ConfigError(f"the condition {self._text!r} compares with {quoted!r}, which is no text in quotes")
        wanted = re.sub(r"\\(.)", r"\1", quoted[1:-1])

        def compared(event: Event) -> bool:
            value = _value(event, names)
            text = value if isinstance(value, str) else str(value)
            found = value is not None and (wanted in text if part else wanted == text)
            return found != negated

        return compared

    def _take(self, word: str) -> bool:
        taken = self._place < len(self._tokens) and self._tokens[self._place] == word
        self._place += taken
        return taken

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            raise self._wrong("more")
        self._place += 1
        return self._tokens[self._place - 1]

    def _wrong(self, expected: str) -> ConfigError:
        rest = " ".join(self._tokens[self._place :])[:20]
        return ConfigError(f"the condition {self._text!r} has {rest!r} where {expected} is expected")


def _value(event: Event, names: list[str]) -> object:
    value: object = event.payload
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
