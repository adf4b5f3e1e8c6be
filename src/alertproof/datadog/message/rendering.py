"""Renders a message's tree for one notification."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, NamedTuple, assert_never
from urllib.parse import quote

from msgspec import Struct, field

from alertproof.datadog.message.errors import TemplateError
from alertproof.datadog.message.functions import Result, evaluate
from alertproof.datadog.message.parse import parse_template
from alertproof.datadog.message.questions import CONDITIONS
from alertproof.datadog.message.tree import (
    Argument,
    Block,
    Call,
    Comment,
    Evaluation,
    Literal,
    Name,
    Part,
    Path,
    Question,
    Template,
    Text,
    Variable,
)
from alertproof.datadog.message.values import Quantity, Value, Variables, find, instant, number, shown
from alertproof.datadog.message.zones import local_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["LONGEST_RENDERED", "Dialect", "Rendered", "render", "render_message"]

#: More than any notification service takes.
LONGEST_RENDERED = 1_000_000
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


class Dialect(Struct, frozen=True, kw_only=True):
    """How what is not documented is read.

    ``failed_eval``: what an eval prints that has no value. ``eval_digits``: how many significant digits it prints.
    ``dotted_keys_need_brackets``: ``{{a.b.name}}`` is empty for the tag key ``a.b``. ``bare_keys_are_names``:
    ``{{host}}`` is ``{{host.name}}``, else empty. ``lines_vanish``: a block's tag or a comment alone on its line
    leaves no line.
    """

    failed_eval: str = ""
    eval_digits: int = 12
    dotted_keys_need_brackets: bool = True
    bare_keys_are_names: bool = False
    lines_vanish: bool = False


class Rendered(Struct, frozen=True, kw_only=True):
    """A rendered message; ``priority`` is the last that ``override_priority`` set, None where none did.

    ``missing`` are the variables that were asked for and are not there, each once.
    """

    text: str
    priority: str | None = None
    missing: Mapping[Path, None] = field(default_factory=dict)


_DEFAULT = Dialect()


def render(template: str, *, conditions: frozenset[str], variables: Variables) -> str:
    """Render a message for one transition and return its text.

    ``conditions`` are those of `CONDITIONS` that hold; ``variables`` are values by name: nested, or under
    names with periods, ``{"host": {"name": "web"}}`` as ``{"host.name": "web"}``. A variable that is not there is
    empty; values are HTML-encoded in ``{{ }}`` and not in ``{{{ }}}``. Raises `TemplateError`.
    """
    return render_message(template, conditions=conditions, variables=variables).text


def render_message(
    template: str | Template,
    *,
    conditions: frozenset[str],
    variables: Variables,
    priority: str = "",
    dialect: Dialect = _DEFAULT,
) -> Rendered:
    """Render a message as :func:`render` does; ``priority`` is the monitor's, such as ``P2``."""
    if isinstance(template, str):
        held = _read(template, dialect.lines_vanish, conditions)
    else:
        held = _Held.of(template, conditions)
    if held.constant is not None:
        return held.constant
    writer = _Writer(held.source, conditions, variables, priority, dialect)
    writer.write(held.parts)
    return Rendered(text="".join(writer.texts), priority=writer.override, missing=writer.missing)


class _Held(NamedTuple):
    """What is left of a template once the answers about the transition are known."""

    source: str
    parts: tuple[Part, ...]
    constant: Rendered | None
    """The message, where nothing is left to be asked or filled in."""

    @classmethod
    def of(cls, template: Template, conditions: frozenset[str]) -> _Held:
        parts = tuple(_held_parts(template.parts, conditions))
        texts = [part.text for part in parts if isinstance(part, Text)]
        constant = Rendered(text="".join(texts)) if len(texts) == len(parts) else None
        return cls(template.source, parts, constant)


# A message is rendered for each group, on a few kinds of transitions.
@lru_cache(maxsize=1024)
def _read(source: str, lines_vanish: bool, conditions: frozenset[str]) -> _Held:
    return _Held.of(parse_template(source, lines_vanish=lines_vanish), conditions)


def _held_parts(parts: Sequence[Part], conditions: frozenset[str]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Block) and part.question.helper in CONDITIONS:
            holds = part.question.helper in conditions
            yield from _held_parts(part.otherwise if holds is part.negated else part.body, conditions)
        elif not isinstance(part, Comment):
            yield part


class _Writer(Struct):
    source: str
    conditions: frozenset[str]
    variables: Variables
    priority: str
    dialect: Dialect
    texts: list[str] = field(default_factory=list)
    override: str | None = None
    length: int = 0
    missing: dict[Path, None] = field(default_factory=dict)

    def write(self, parts: Sequence[Part]) -> None:
        for part in parts:
            match part:
                case Text():
                    self._add(part.text, part)
                case Variable():
                    self._add_value(self._find(part.path), part)
                case Block():
                    holds = self._holds(part.question) is not part.negated
                    self.write(part.body if holds else part.otherwise)
                case Call():
                    self._call(part)
                case Comment():
                    pass
                case _:
                    assert_never(part)

    def _add(self, text: str, part: Part) -> None:
        self.length += len(text)
        if self.length > LONGEST_RENDERED:
            message = f"the message becomes longer than {LONGEST_RENDERED} characters here"
            raise TemplateError(message, template=self.source, start=part.span.start, end=part.span.end)
        self.texts.append(text)

    def _add_value(self, value: Value, part: Variable | Call) -> None:
        text = shown(value)
        self._add(text if part.raw else escape(text), part)

    def _find(self, path: Path) -> Value:
        value = find(self.variables, path, brackets=self.dialect.dotted_keys_need_brackets)
        if value is None and len(path) == 1 and self.dialect.bare_keys_are_names:
            value = find(self.variables, (*path, "name"), brackets=True)
        # A threshold that the monitor does not have is known to be none.
        if value is None and self.variables.get(".".join(path), path) is not None:
            self.missing[path] = None
        return value

    # --- helpers --------------------------------------------------------------------------------------

    def _call(self, call: Call) -> None:
        first = call.arguments[0]
        match call.helper, call.arguments:
            case "override_priority", (Literal(value=priority),):
                self.override = priority
            case "urlencode", _:
                self._add(quote(shown(self._value(first)), safe=""), call)
            case "local_time", (_, Literal(value=zone)):
                at = instant(self._value(first))
                self._add_value(None if at is None else local_time(at, zone), call)
            case _:
                self._add_value(self._value(first), call)

    def _value(self, argument: Argument) -> Value:
        match argument:
            case Literal():
                return argument.value
            case Name():
                return self._find(argument.path)
            case Evaluation():
                result = evaluate(argument.expression, self._find)
                return self.dialect.failed_eval if result is None else self._printed(result)
            case _:
                assert_never(argument)

    def _printed(self, result: Result) -> Value:
        """Round what floating point adds: 0.07 * 100 is 7.0, not 7.000000000000001."""
        if not isinstance(result, float):
            return result
        rounded = float(f"{result:.{self.dialect.eval_digits}g}")
        return Quantity(rounded, repr(rounded))

    # --- questions ------------------------------------------------------------------------------------

    def _holds(self, question: Question) -> bool:
        if question.helper in CONDITIONS:
            return question.helper in self.conditions
        if question.subject is None:
            return self.priority in question.wanted
        value = self._value(question.subject)
        text = shown(value)
        if question.helper == "is_match":
            # An empty pattern asks whether there is a value at all [VAR].
            return any(wanted in text if wanted else bool(text) for wanted in question.wanted)
        return any(text == wanted or _same_number(value, wanted) for wanted in question.wanted)


def _same_number(value: Value, wanted: str) -> bool:
    """Compare a number by its value, 5 with 5.0 [VAR-2026]; the text of a tag is none."""
    if isinstance(value, str) or not _NUMBER.fullmatch(wanted):
        return False
    found = number(value)
    return found is not None and found == float(wanted)
