"""By which tags the values of an expression are apart, which nested queries and counts of groups change."""

from __future__ import annotations

from collections.abc import Mapping

from alertproof.datadog.query.parse.functions import is_space_aggregator
from alertproof.datadog.query.tree import Binary, Call, Grouping, MetricQuery, Node, Reference, walk

__all__ = ["grouped_by", "unequal_sides"]

#: The functions that count the groups of a query, and so leave none [COUNT].
_COUNTS = frozenset({"count_nonzero", "count_nonzero_finite", "count_not_null"})
_NO_VARIABLES: Mapping[str, tuple[str, ...]] = {}


def grouped_by(tree: Node, variables: Mapping[str, tuple[str, ...]] = _NO_VARIABLES) -> tuple[str, ...]:
    """Return the tags, sorted, by which the result of a query or an expression is grouped; ``()`` for one value.

    ``variables`` are those of the queries that a formula calls by name. A nested query is grouped by its outermost
    layer alone [NESTED].
    """
    return tuple(sorted(_tags(tree, variables)))


def unequal_sides(tree: Node) -> set[frozenset[tuple[str, ...]]]:
    """Return by what both sides of a calculation are grouped, for those that are not grouped alike."""
    sides = ((node.left, node.right) for node in walk(tree) if isinstance(node, Binary))
    measured = (pair for pair in sides if all(map(_measures, pair)))
    groupings = (frozenset(map(grouped_by, pair)) for pair in measured)
    return {grouping for grouping in groupings if len(grouping) > 1}


def _measures(side: Node) -> bool:
    """Tell a side with a metric query from a constant."""
    return any(isinstance(node, MetricQuery) for node in walk(side))


def _tags(node: Node, variables: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    match node:
        case MetricQuery():
            return frozenset(node.by)
        case Reference():
            return frozenset(variables.get(node.name, ()))
        case Call() if node.name in _COUNTS:
            return frozenset()
        case Call() if is_space_aggregator(node.name):
            # Without a grouping of its own a layer takes all groups together.
            return frozenset(tag for each in node.arguments if isinstance(each, Grouping) for tag in each.tags)
        case _:
            return frozenset[str]().union(*(_tags(child, variables) for child in node.children))
