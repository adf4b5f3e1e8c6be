"""Places in a JSON document, as JSONPath (RFC 9535) writes them: ``$.items[0].id``, ``$.items[?@.age > 30].name``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeAlias

from jsonpath import CompoundJSONPath, JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.exceptions import JSONPathRecursionError

from alertproof.errors import ConfigError

__all__ = ["find", "located", "parse_place", "written"]

Place: TypeAlias = JSONPath | CompoundJSONPath
_PATHS = JSONPathEnvironment(strict=True)


@cache
def parse_place(text: str) -> Place:
    """Read a place; raises `ConfigError` that says what is wrong with it and how one is written."""
    try:
        return _PATHS.compile(text)
    except JSONPathError as error:
        raise ConfigError(
            f"not a place in a document: {text!r}: {error.args[0]}; "
            "write such as $.items[0].id or $.items[*].id (RFC 9535)"
        ) from None


def find(document: Any, place: Place) -> list[Any]:
    """Return all that stands at a place; empty when nothing does. Raises `ValueError` for what is nested too deep."""
    return [value for _, value in located(document, place)]


def located(document: Any, place: Place) -> list[tuple[str, Any]]:
    """Return all that stands at a place, each with where it stands; as `find` does."""
    try:
        return [(written(match.parts), match.obj) for match in place.finditer(document)]
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
