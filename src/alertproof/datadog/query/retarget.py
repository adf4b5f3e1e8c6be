"""Points a query at another environment by its tree, so that no text that merely looks like a scope changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from alertproof.datadog.query.parse import parse_expression
from alertproof.datadog.query.render import render_expression
from alertproof.datadog.query.tree import (
    Attribute,
    CheckMonitor,
    EventMonitor,
    Excluded,
    MetricQuery,
    Modifier,
    Negation,
    Node,
    Search,
    TagIn,
    TagIs,
    Term,
    Text,
    Without,
    walk,
)
from alertproof.errors import ConfigError

__all__ = ["retarget_query", "retarget_text"]

_N = TypeVar("_N", bound=Node)


def retarget_query(tree: _N, *, environment: str, origin: str) -> _N:
    """Return the tree with each scope ``env:<origin>`` replaced by ``env:<environment>``.

    In event searches and service checks the same tag is replaced. Raises `ConfigError` for a metric query, a search
    or a service check without it.
    """
    for part, name in _watching(tree):
        if environment != origin and _moved(part, environment, origin) == part:
            raise ConfigError(
                f"the query of {name} has no scope env:{origin} to point at "
                f"env:{environment}: add it to the query, or name the right origin"
            )
    return _moved(tree, environment, origin)


def retarget_text(text: str, *, environment: str, origin: str) -> str:
    """Do the same to a query without head, as an SLO has it."""
    return render_expression(retarget_query(parse_expression(text), environment=environment, origin=origin))


def _watching(tree: Node) -> list[tuple[Node, str]]:
    """Return the parts that say what is watched, and how to name each."""
    found: list[tuple[Node, str]] = []
    for node in walk(tree):
        match node:
            case MetricQuery():
                found.append((node.scope, f"metric {node.metric!r}"))
            case EventMonitor():
                found.append((node, "the search"))
            case Search() if node is tree:
                found.append((node, "the search"))
            case CheckMonitor():
                found.append((node, f"service check {node.check.value!r}"))
            case _:
                pass
    return found


def _moved(node: _N, environment: str, origin: str) -> _N:
    match node:
        case Excluded() | Negation() | Without() | Modifier(name="exclude"):
            # What a query leaves out does not say what it watches.
            return node
        case TagIs(text=text) if text == f"env:{origin}":
            return replace(node, text=f"env:{environment}")
        case TagIn(key="env", negated=False):
            return replace(node, values=tuple(environment if each == origin else each for each in node.values))
        case Attribute(name="env"):
            return _mapped(node, lambda each: _value_moved(each, environment, origin))
        case Modifier(name="over"):
            return _mapped(node, lambda each: _text_moved(each, environment, origin))
        case _:
            return _mapped(node, lambda each: _moved(each, environment, origin))


def _value_moved(node: Node, environment: str, origin: str) -> Node:
    """Replace a value of the tag ``env`` in a search: ``env:prod``, ``env:(prod OR stage)``."""
    if isinstance(node, Without):
        return node
    if isinstance(node, Term) and node.text == origin:
        return replace(node, text=environment)
    return _mapped(node, lambda each: _value_moved(each, environment, origin))


def _text_moved(node: Node, environment: str, origin: str) -> Node:
    """Replace a tag among those a service check is ``over``, within its quotes."""
    if isinstance(node, Text) and node.value == f"env:{origin}":
        return replace(node, quoted=f"{node.quoted[0]}env:{environment}{node.quoted[0]}")
    return node


def _mapped(node: _N, change: Callable[[Node], Node]) -> _N:
    """Return the node with each of the nodes it holds changed."""
    changed: dict[str, Any] = {}
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, Node):
            changed[name] = change(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Node):
            changed[name] = tuple(change(child) for child in value)
    return replace(node, **changed) if changed else node
