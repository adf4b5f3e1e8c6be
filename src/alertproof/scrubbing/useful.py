"""Fields that must survive: a scrubber that takes everything out would pass every search for secrets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from alertproof.canaries import Left
from alertproof.errors import ConfigError

__all__ = ["Useful", "load_useful", "lost"]

_FILTERED = "[Filtered]"


class Useful(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field that somebody needs: of what, where in it, and a pattern that a value of it matches whole."""

    source: str
    path: str
    like: str


def load_useful(path: Path) -> tuple[Useful, ...]:
    """Read a sample, one field in JSON a line; raises `ConfigError` with the number of a line that is none."""
    fields = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            field = msgspec.json.decode(line, type=Useful)
            re.compile(field.like)
        except (msgspec.DecodeError, re.error) as error:
            raise ConfigError(f"{path}:{number}: no useful field: {error}") from error
        fields.append(field)
    return tuple(fields)


def lost(left: Iterable[Left], fields: Iterable[Useful]) -> list[str]:
    """Return a sentence for each field that came nowhere as it should, or of which something was taken out."""
    wanted = list(fields)
    sources, paths = {field.source for field in wanted}, {field.path for field in wanted}
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in left:
        if each.source in sources:
            for path, value in _fields(_document(each.octets), ""):
                if path in paths:
                    seen[each.source, path].add(value)
    return [said for field in wanted if (said := _complaint(field, seen[field.source, field.path]))]


def _complaint(field: Useful, values: set[str]) -> str:
    place = f"{field.source}: {field.path}"
    if not values:
        return f"{place}: came nowhere"
    taken = next((value for value in sorted(values) if _FILTERED in value), None)
    if taken is not None:
        return f"{place}: something was taken out of it: {taken[:80]}"
    if not any(re.fullmatch(field.like, value) for value in values):
        return f"{place}: no value is like {field.like}; seen: {min(values)[:80]}"
    return ""


def _document(octets: bytes) -> Any:
    try:
        return msgspec.json.decode(octets)
    except msgspec.DecodeError:
        return {"line": octets.decode(errors="replace").splitlines()}


def _fields(value: Any, above: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each single value; the items of a list stand for one another."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, f"{above}.{key}" if above else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner, f"{above}[]")
    elif value is not None:
        yield above, str(value)
