"""The shape of what is collected: the paths of its fields, without their values.

A scrubber takes out what it knows. What an SDK collects besides, after an upgrade or by an option that somebody sets,
is new to it: so a platform keeps a record of the shape, and what is not in it is looked at by somebody first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from alertproof.canaries import Left
from alertproof.errors import Broken

__all__ = ["shapes_of"]

#: Numbers, and identifiers of hexadecimal digits with dashes.
_NUMBERS = re.compile(r"\b[\da-f-]*\d[\da-f-]*\b|\d+")


def shapes_of(
    left: Iterable[Left], sources: Iterable[str], *, open_keys: Iterable[str], texts: Iterable[str] = ()
) -> frozenset[str]:
    """Return the shape of the items of some sources, as ``source: path``.

    A list's items stand for one another (``[]``); below ``open_keys``, whose inner names are those of a program's
    variables and the like, everything is ``*``. Of fields in ``texts`` the text belongs to the shape as well, with its
    numbers as ``#``: a line of the log that nobody knows is told by it. Raises `Broken` where a source has no item.
    """
    wanted, opened, told = list(sources), frozenset(open_keys), frozenset(texts)
    found: dict[str, set[str]] = {source: set() for source in wanted}
    for each in left:
        if each.source in found:
            document = _decoded(each.octets)
            found[each.source].update(_paths(document, "", opened, told))
    empty = [source for source, paths in found.items() if not paths]
    if empty:
        raise Broken(f"nothing came of {', '.join(empty)}: its shape cannot be told")
    return frozenset(f"{source}: {path}" for source, paths in found.items() for path in paths)


def _decoded(octets: bytes) -> Any:
    try:
        return msgspec.json.decode(octets)
    except msgspec.DecodeError:
        return None


def _paths(value: Any, above: str, opened: frozenset[str], told: frozenset[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{above}.{key}" if above else str(key)
            if key in opened:
                yield f"{path}.*"
            elif key in told and isinstance(inner, str):
                yield f"{path} = {_NUMBERS.sub('#', inner.splitlines()[0][:80] if inner else '')}"
            else:
                yield from _paths(inner, path, opened, told)
    elif isinstance(value, list):
        for inner in value or [None]:
            yield from _paths(inner, f"{above}[]", opened, told)
    else:
        yield above
