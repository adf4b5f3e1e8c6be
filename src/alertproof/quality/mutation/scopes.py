"""Operators on what a monitor looks at: filters, groups, and how series and points are added up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertproof.quality.mutation.defect import Change, Sign
from alertproof.quality.mutation.editing import at

__all__ = ["filter_changed", "filter_dropped", "group_dropped", "space_aggregator", "time_aggregator"]

_SCOPE = re.compile(r"\{([a-z_]+:[^}]*)\}")
_SEARCH = re.compile(r'rum\("([^"]*)"\)')
_GROUPS = re.compile(r" by \{[a-z_,]+\}")
_SPACE = re.compile(r"\b(sum|min|max|avg|p95):")
_TIME = re.compile(r"^(sum|min|max|avg)\(last_")
#: What is below one or zero is so however it is added up: there is nothing to see in it.
_NOTHING = ("< 1", "< 0", "<= 0", ">= 2")
_OTHERWISE = frozenset({Sign.SILENT, Sign.FIRES, Sign.LASTS, Sign.BLIND})
#: A value is another, and so may be the number in the text.
_ANOTHER = _OTHERWISE | {Sign.UNSAID}


def filter_dropped(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Look at what one filter kept out, too."""
    for span, filters, joint in _filters(payload["query"]):
        for each in filters:
            rest = joint.join(other for other in filters if other != each) or "*"
            yield Change(
                text=f"without {each} at {span[0]}",
                payload=at(payload, "query", span, rest),
                wanted=_ANOTHER,
                missing=f"one with bad series that are not {each}, and that stays quiet",
            )


def filter_changed(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Look at another service or environment than is meant."""
    for span, filters, joint in _filters(payload["query"]):
        for number, each in enumerate(filters):
            changed = f"{each}-x"
            text = joint.join([*filters[:number], changed, *filters[number + 1 :]])
            yield Change(
                text=f"{changed} at {span[0]}",
                payload=at(payload, "query", span, text),
                wanted=_OTHERWISE,
                missing=f"one with bad series that are {each}, in which it fires",
            )


def group_dropped(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Watch all groups as one."""
    if _GROUPS.search(payload["query"]):
        changed = dict(payload) | {"query": _GROUPS.sub("", payload["query"])}
        yield Change(
            text="no groups",
            payload=changed,
            wanted=_ANOTHER,
            missing="one with two groups of which one is bad, and that says which",
        )


def space_aggregator(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Add the series up in another way."""
    if payload["query"].endswith(_NOTHING):
        return
    for found in _SPACE.finditer(payload["query"]):
        for other in ("p50", "p99") if found[1] == "p95" else ("sum", "min", "max", "avg"):
            if other != found[1]:
                yield Change(
                    text=f"{found[1]}: becomes {other}: at {found.start()}",
                    payload=at(payload, "query", found.span(1), other),
                    wanted=_ANOTHER,
                    missing=f"one with several series whose {found[1]} and {other} lie on both sides of the threshold",
                )


def time_aggregator(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Add the points of the window up in another way."""
    found = _TIME.search(payload["query"])
    if found is None or payload["query"].endswith(_NOTHING):
        return
    for other in ("sum", "min", "max", "avg"):
        if other != found[1]:
            yield Change(
                text=f"{found[1]}( becomes {other}(",
                payload=at(payload, "query", found.span(1), other),
                wanted=_ANOTHER,
                missing=f"one with a window whose {found[1]} and {other} lie on both sides of the threshold",
            )


def _filters(query: str) -> Iterator[tuple[tuple[int, int], list[str], str]]:
    """Yield where filters stand, each of them, and what joins them."""
    for found in _SCOPE.finditer(query):
        yield found.span(1), found[1].split(","), ","
    for found in _SEARCH.finditer(query):
        yield found.span(1), found[1].split(" "), " "
