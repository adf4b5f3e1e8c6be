"""Places in a JSON document, as JSONPath (RFC 9535) writes them: ``$.items[0].id``, ``$.items[?@.age > 30].name``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery, JSONPathRecursionError

from alertproof.errors import ConfigError

__all__ = ["find", "located", "parse_place", "written"]

_PATHS = JSONPathEnvironment()


@cache
def parse_place(text: str) -> JSONPathQuery:
    """Read a place; raises `ConfigError` that says what is wrong with it and how one is written."""
    try:
        return _PATHS.compile(text)
    except JSONPathError as error:
        raise ConfigError(
            f"not a place in a document: {text!r}: {error}; write such as $.items[0].id or $.items[*].id (RFC 9535)"
        ) from None


def find(document: Any, place: JSONPathQuery) -> list[Any]:
    """Return all that stands at a place; empty when nothing does. Raises `ValueError` for what is nested too deep."""
    return [value for _, value in located(document, place)]


def located(document: Any, place: JSONPathQuery) -> list[tuple[str, Any]]:
    """Return all that stands at a place, each with where it stands; as `find` does."""
    try:
        return [(written(node.location), node.value) for node in place.find(document)]
    except JSONPathRecursionError:
        raise ValueError(f"it is nested too deep for {place}") from None


def written(steps: Iterable[str | int]) -> str:
    """Write a place down."""
    text = "$"
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if re.fullmatch(r"[A-Za-z_]\w*", step) else f"[{json.dumps(step, ensure_ascii=False)}]"
    return text
