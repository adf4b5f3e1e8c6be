"""What differs between what a file says and what an account has; what the server adds of itself is no difference.

Pure. A payload is looked at field by field, ``options.thresholds.critical`` for a field within others. A field that
one side leaves out is the same as one that says the server's default.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Any

__all__ = ["Change", "Fields", "changed_since", "differences", "in_words", "with_resets"]

_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of a kind of thing.

    ``defaults`` are the fields that are compared even where only the account has them, each with the values that mean
    the same as leaving it out; the first is what is sent to have it so again. A field below one of these belongs to it.
    What is not listed is compared where the file says it, else it is the server's own. ``only_if_said`` are fields that
    the server works out where the file leaves them out, ``only_created`` are said when a thing is created and left
    alone then, ``servers`` are those that only the server writes: a file that was exported has them, too, and they are
    neither compared nor sent. ``unordered`` are lists without an order, below ``numbers`` numbers may be written as
    texts, and ``synonyms`` are other words for the same.
    """

    defaults: Mapping[str, tuple[Any, ...]]
    only_if_said: frozenset[str] = frozenset()
    only_created: frozenset[str] = frozenset()
    servers: frozenset[str] = frozenset()
    unordered: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    synonyms: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)

    def covering(self, path: str) -> str | None:
        """Return the listed field that a path is, or is below of."""
        while path and path not in self.defaults:
            path = path.rpartition(".")[0]
        return path or None

    def canonical(self, path: str, value: Any) -> Any:
        """Return a value as it is compared: None for what means the same as leaving it out."""
        if isinstance(value, str):
            value = self.synonyms.get(path, {}).get(value, value)
            value = _number(value) if path.rpartition(".")[0] in self.numbers else value
        if path in self.unordered and isinstance(value, list):
            # A tag that is given twice is there once.
            value = sorted({json.dumps(each, sort_keys=True): each for each in value}.items())
            value = [each for _, each in value]
        unset = self.defaults.get(path, ())
        return None if any(_same(value, each) for each in (*_EMPTY, *unset)) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A field with what the account has (``old``) and what the file says (``new``); None is not set."""

    field: str
    old: Any
    new: Any


def differences(wanted: Mapping[str, Any], actual: Mapping[str, Any], fields: Fields) -> tuple[Change, ...]:
    """Return the fields in which an account differs from what is wanted, in the order of the file."""
    ours, theirs = dict(_leaves(wanted)), dict(_leaves(actual))
    return tuple(
        Change(field=path, old=old, new=new)
        for path in dict.fromkeys([*ours, *theirs])
        if _is_compared(path, ours, fields)
        and not _same(
            old := fields.canonical(path, theirs.get(path)),
            new := fields.canonical(path, ours.get(path)),
        )
    )


def changed_since(before: Mapping[str, Any], now: Mapping[str, Any], fields: Fields) -> list[str]:
    """Return the fields that an account has otherwise than before, of those that are written."""
    old, new = dict(_leaves(before)), dict(_leaves(now))
    return [
        path
        for path in dict.fromkeys([*old, *new])
        if fields.covering(path)
        and not _same(fields.canonical(path, old.get(path)), fields.canonical(path, new.get(path)))
    ]


def with_resets(wanted: Mapping[str, Any], changes: tuple[Change, ...], fields: Fields) -> dict[str, Any]:
    """Return what to send so that what the file leaves out is left out in the account, too."""
    payload: dict[str, Any] = json.loads(json.dumps(wanted))
    for change in changes:
        if change.new is not None or change.field not in fields.defaults:
            continue
        inner = payload
        *parents, last = change.field.split(".")
        for name in parents:
            inner = inner.setdefault(name, {})
        inner.setdefault(last, fields.defaults[change.field][0])
    return payload


def in_words(change: Change) -> list[str]:
    """Return lines that say a change: ``old -> new``, a text of several lines by its lines, tags one by one."""
    name = change.field.removeprefix("options.")
    old, new = change.old, change.new
    before, after = [[] if each is None else each for each in (old, new)]
    if isinstance(before, list) and isinstance(after, list):
        gone, come = [each for each in before if each not in after], [each for each in after if each not in before]
        parts = [f"adds {_said(each)}" for each in come] + [f"takes away {_said(each)}" for each in gone]
        # The same things in another order.
        return [f"{name}: {', '.join(parts)}" if parts else f"{name}: {_said(old)} -> {_said(new)}"]
    if isinstance(old, str) and isinstance(new, str) and ("\n" in old or "\n" in new):
        # The first two lines name files; a line that begins with @@ says where, as no line of a text does here.
        lines = list(unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=1))[2:]
        return [f"{name}:", *(f"  {line}" for line in lines if not line.startswith("@@"))]
    return [f"{name}: {_said(old)} -> {_said(new)}"]


def _is_compared(path: str, ours: Mapping[str, Any], fields: Fields) -> bool:
    if path in ours:
        return path not in fields.only_created
    covered = fields.covering(path)
    return covered is not None and covered not in fields.only_if_said


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        below = f"{path}.{name}" if path else name
        if isinstance(inner, Mapping) and inner:
            yield from _leaves(inner, below)
        else:
            yield below, inner


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: 1 is 1.0 and is not true, at any depth."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _said(value: Any) -> str:
    if value is None:
        return "(not set)"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False)
