"""GraphQL: a query as a request, and that its answer has data and no errors, whatever its status says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, Seen
from alertproof.probes.place import written
from alertproof.probes.request import Request

__all__ = ["graphql", "has_data"]

_SHOWN = 3
_STRING_OR_COMMENT = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*', re.DOTALL)


def graphql(
    query: str,
    *,
    path: str = "/graphql",
    variables: Mapping[str, object] | None = None,
    operation: str = "",
    **options: Any,
) -> Request:
    """Return the request of a query: POST as JSON; the options are those of `Request`.

    Of its answer `has_data` is expected always, beside what else is. A document with a mutation could write.
    """
    if not query.strip():
        raise ConfigError("graphql() needs a query, such as graphql('{ me { name } }')")
    body: dict[str, object] = {"query": query}
    if variables:
        body["variables"] = dict(variables)
    if operation:
        body["operationName"] = operation
    given = {"method": "POST", "path": path, "json": body, "graphql": True, "reads": not _mutates(query)}
    return Request(**{**given, **options})


def has_data() -> Expected:
    """Expect an answer of GraphQL that has data and no errors: where something failed, its status may still be 200."""

    def look(answer: Answer) -> Seen:
        try:
            found = answer.json()
        except (ValueError, RecursionError):
            return Seen(False, f"a body that is not JSON: {answer.excerpt()}")
        if not isinstance(found, dict):
            return Seen(False, f"no answer of GraphQL: {answer.excerpt()}")
        if errors := found.get("errors"):
            said = [*map(_said, errors)] if isinstance(errors, list) else [str(errors)]
            rest = len(said) - _SHOWN
            more = [f"and {rest} more errors"] if rest > 0 else []
            return Seen(False, "\n".join([*map(answer.shown, said[:_SHOWN]), *more]))
        if not isinstance(found.get("data"), dict):
            return Seen(False, f"no data: {answer.excerpt()}")
        return Seen(True, "data, and no errors")

    return Expected(Part.SHAPE, lambda _: "data without errors", look, of=frozenset({"http"}))


def _said(error: object) -> str:
    """Say an error: its message, and where in the data or in the query it lies."""
    if not isinstance(error, Mapping):
        return str(error)
    said = str(error.get("message", "an error without a message"))
    path = error.get("path")
    if isinstance(path, list) and all(isinstance(step, str | int) for step in path):
        return f"{said} (at {written(path)})"
    places = error.get("locations")
    if isinstance(places, list) and places and isinstance(places[0], Mapping):
        return f"{said} (line {places[0].get('line')} of the query)"
    return said


def _mutates(query: str) -> bool:
    """Whether a document holds a mutation: the word where an operation begins, outside of texts and braces."""
    depth, outside = 0, []
    for character in _STRING_OR_COMMENT.sub(" ", query):
        depth += (character == "{") - (character == "}")
        outside.append(character if depth == 0 else " ")
    return re.search(r"\bmutation\b", "".join(outside)) is not None
