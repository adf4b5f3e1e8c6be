"""Places in a JSON document: ``$.items[0].id``, and ``$.items[*].name`` for each of many."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from alertproof.errors import ConfigError

__all__ = ["find", "parse_place", "written"]

#: A name, a number in a list, or None for each of a list.
Step: TypeAlias = str | int | None
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\[(\*)\]|\[\"([^\"]*)\"\]")


def parse_place(text: str) -> tuple[Step, ...]:
    """Read a place; raises `ConfigError` that says how one is written."""
    steps: list[Step] = []
    at = 1
    while at < len(text) and text.startswith("$"):
        found = _STEP.match(text, at)
        if found is None:
            break
        name, number, star, quoted = found.groups()
        steps.append(None if star else int(number) if number else name if name is not None else quoted)
        at = found.end()
    if at != len(text) or not text.startswith("$"):
        raise ConfigError(f"not a place in a document: {text!r}; write such as $.items[0].id or $.items[*].id")
    return tuple(steps)


def find(document: Any, place: Iterable[Step]) -> list[Any]:
    """Return all that stands at a place; empty when nothing does."""
    found = [document]
    for step in place:
        if step is None:
            found = [inner for value in found if isinstance(value, list) for inner in value]
        elif isinstance(step, int):
            found = [value[step] for value in found if isinstance(value, list) and step < len(value)]
        else:
            found = [value[step] for value in found if isinstance(value, dict) and step in value]
    return found


def written(steps: Iterable[str | int]) -> str:
    """Write a place down."""
    text = "$"
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if re.fullmatch(r"[A-Za-z_][\w-]*", step) else f'["{step}"]'
    return text
