"""Message templates: the dialect of Handlebars that monitors speak [VAR], and the handles in the result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from alertproof.errors import NotModelled, nearest

__all__ = ["CONDITIONS", "handles", "render", "require_modelled_template"]

#: The conditions on a transition that a block can name.
CONDITIONS = frozenset(
    {
        "is_alert",
        "is_alert_recovery",
        "is_alert_to_warning",
        "is_no_data",
        "is_no_data_recovery",
        "is_recovery",
        "is_renotify",
        "is_unknown",
        "is_warning",
        "is_warning_recovery",
    }
)
_COMPARISONS = frozenset({"is_exact_match", "is_match", "is_priority"})


@dataclass(frozen=True, slots=True)
class _Plain:
    text: str


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    raw: bool


@dataclass(frozen=True, slots=True)
class _Block:
    helper: str
    arguments: tuple[str, ...]
    negated: bool
    body: tuple[_Part, ...]
    otherwise: tuple[_Part, ...]


_Part = _Plain | _Variable | _Block


def render(template: str, *, conditions: frozenset[str], variables: Mapping[str, str]) -> str:
    """Render a message for one transition.

    ``conditions`` are those of :data:`CONDITIONS` that hold; ``variables`` are texts by name, ``value`` or
    ``host.name``. An unknown variable is empty, values are HTML-encoded in ``{{ }}`` and not in ``{{{ }}}``.
    Raises `NotModelled` for an unknown helper and for blocks that do not close.
    """
    return _render(_parse(template), conditions, variables)


def require_modelled_template(template: str) -> None:
    """Raise `NotModelled` for a message that :func:`render` would refuse."""
    _parse(template)


def handles(text: str) -> tuple[str, ...]:
    """Return the handles of a rendered message without their ``@``, each once, in order.

    A handle is not glued to the character before it and ends at white space or the end [NOTIFY]. One with
    parentheses is no handle, but for ``@workflow-name(..)``.
    """
    found = [handle for handle in _HANDLE.findall(text) if "(" not in handle or handle.startswith("workflow-")]
    return tuple(dict.fromkeys(found))


_HANDLE = re.compile(r"(?<!\S)@([^\s@]\S*)")

# --- reading ------------------------------------------------------------------------------------------

_TAG = re.compile(
    r"""
    \{\{\{\{\s*raw\s*\}\}\}\} (?P<verbatim> .*? ) \{\{\{\{\s*/raw\s*\}\}\}\}
  | \{\{!-- .*? --\}\} | \{\{! [^}]* \}\}
  | \{\{\{ \s* (?P<raw> [^{}]*? ) \s* \}\}\}
  | \{\{ \s* (?P<sign> [\#^/]? ) \s* (?P<inner> [^{}]*? ) \s* \}\}
    """,
    re.VERBOSE | re.DOTALL,
)
_ARGUMENT = re.compile(r'"([^"]*)"|\'([^\']*)\'|(\S+)')


class _Open:
    """A block whose end has not been seen, or the template itself."""

    def __init__(self, helper: str, arguments: tuple[str, ...], *, negated: bool) -> None:
        self.helper, self.arguments, self.negated = helper, arguments, negated
        self.body: list[_Part] = []
        self.otherwise: list[_Part] | None = None

    def add(self, part: _Part) -> None:
        (self.body if self.otherwise is None else self.otherwise).append(part)

    def close(self) -> _Block:
        return _Block(self.helper, self.arguments, self.negated, tuple(self.body), tuple(self.otherwise or ()))


@lru_cache(maxsize=512)
def _parse(template: str) -> tuple[_Part, ...]:
    stack = [_Open("", (), negated=False)]
    at = 0
    for match in _TAG.finditer(template):
        if match.start() > at:
            stack[-1].add(_Plain(template[at : match.start()]))
        at = match.end()
        if match["verbatim"] is not None:
            stack[-1].add(_Plain(match["verbatim"]))
        elif match["raw"] is not None:
            stack[-1].add(_variable(match["raw"], raw=True))
        elif match["inner"] is not None:
            _read_tag(stack, match["sign"], match["inner"])
    if at < len(template):
        stack[-1].add(_Plain(template[at:]))
    if len(stack) > 1:
        raise NotModelled(f"the message's block {{{{#{stack[-1].helper}}}}} is never closed")
    return tuple(stack[0].body)


def _read_tag(stack: list[_Open], sign: str, inner: str) -> None:
    if sign in {"#", "^"} and inner:
        name, *arguments = _words(inner)
        if name not in CONDITIONS | _COMPARISONS:
            known = nearest(name, CONDITIONS | _COMPARISONS)
            raise NotModelled(f"the message's block helper {name!r} is not modelled{known}")
        stack.append(_Open(name, tuple(arguments), negated=sign == "^"))
    elif sign == "/":
        if len(stack) == 1 or stack[-1].helper != inner:
            raise NotModelled(f"the message's {{{{/{inner}}}}} does not close the block that is open there")
        closed = stack.pop().close()
        stack[-1].add(closed)
    elif inner in {"else", "^"} or (sign == "^" and not inner):
        if len(stack) == 1 or stack[-1].otherwise is not None:
            raise NotModelled("the message has an {{else}} outside a block")
        stack[-1].otherwise = []
    else:
        stack[-1].add(_variable(inner, raw=False))


def _words(inner: str) -> list[str]:
    return [a or b or c for a, b, c in _ARGUMENT.findall(inner)]


def _variable(inner: str, *, raw: bool) -> _Variable:
    if len(inner.split()) > 1:
        raise NotModelled(f"the message's helper {inner.split(maxsplit=1)[0]!r} is not modelled")
    return _Variable(_name(inner), raw)


def _name(written: str) -> str:
    """Return ``dot.key.name`` for ``[dot.key].name`` too."""
    return re.sub(r"\[([^\]]*)\]", r"\1", written)


# --- rendering ----------------------------------------------------------------------------------------


def _render(parts: Sequence[_Part], conditions: frozenset[str], variables: Mapping[str, str]) -> str:
    texts = []
    for part in parts:
        if isinstance(part, _Plain):
            texts.append(part.text)
        elif isinstance(part, _Variable):
            value = variables.get(part.name, "")
            texts.append(value if part.raw else escape(value))
        else:
            holds = _holds(part, conditions, variables) is not part.negated
            texts.append(_render(part.body if holds else part.otherwise, conditions, variables))
    return "".join(texts)


def _holds(block: _Block, conditions: frozenset[str], variables: Mapping[str, str]) -> bool:
    if block.helper in CONDITIONS:
        return block.helper in conditions
    if block.helper == "is_priority":
        return variables.get("priority", "") in block.arguments
    if len(block.arguments) < 2:
        raise NotModelled(f"{{{{#{block.helper}}}}} needs a variable and something to compare it with")
    value = variables.get(_name(block.arguments[0]), "")
    wanted = block.arguments[1:]
    if block.helper == "is_match":
        # An empty pattern asks whether there is a value at all [VAR-2026].
        return any(text in value if text else bool(value) for text in wanted)
    return any(value == text or _same_number(value, text) for text in wanted)


def _same_number(value: str, text: str) -> bool:
    try:
        return float(value) == float(text)
    except ValueError:
        return False
