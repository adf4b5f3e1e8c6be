"""Points a query at another environment by its tree, so that no text that merely looks like a scope changes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from alertproof.datadog.query.parse import parse_expression
from alertproof.datadog.query.render import render_expression
from alertproof.datadog.query.tree import Excluded, MetricQuery, Negation, Node, TagIn, TagIs, walk
from alertproof.errors import ConfigError

__all__ = ["retarget_query", "retarget_text"]

_N = TypeVar("_N", bound=Node)


def retarget_query(tree: _N, *, environment: str, origin: str) -> _N:
    """Return the tree with each scope ``env:<origin>`` replaced by ``env:<environment>``.

    Raises `ConfigError` for a metric query without such a scope.
    """
    for query in (node for node in walk(tree) if isinstance(node, MetricQuery)):
        if _moved(query.scope, environment, origin) == query.scope and environment != origin:
            raise ConfigError(
                f"the query of metric {query.metric!r} has no scope env:{origin} to point at "
                f"env:{environment}: add it to the query, or name the right origin"
            )
    return _moved(tree, environment, origin)


def retarget_text(text: str, *, environment: str, origin: str) -> str:
    """Do the same to a query without head, as an SLO has it."""
    return render_expression(retarget_query(parse_expression(text), environment=environment, origin=origin))


def _moved(node: _N, environment: str, origin: str) -> _N:
    if isinstance(node, Excluded | Negation):
        # What a query leaves out does not say what it watches.
        return node
    if isinstance(node, TagIs) and node.text == f"env:{origin}":
        return replace(node, text=f"env:{environment}")
    if isinstance(node, TagIn) and node.key == "env" and not node.negated:
        return replace(node, values=tuple(environment if each == origin else each for each in node.values))
    changed: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, Node):
            changed[each.name] = _moved(value, environment, origin)
        elif isinstance(value, tuple) and value and isinstance(value[0], Node):
            changed[each.name] = tuple(_moved(child, environment, origin) for child in value)
    return replace(node, **changed) if changed else node
