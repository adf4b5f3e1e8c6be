"""In what a JSON value differs from another, place by place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from alertproof.probes.place import written
from alertproof.probes.wording import clipped

__all__ = ["differences"]

_SHOWN = 5


def differences(wanted: Any, found: Any) -> list[str]:
    """Return a line for each place that differs, at most five and how many more; empty for the same.

    A number of another type differs: 1 is neither 1.0 nor true.
    """
    said = [f"{written(place)}: {what}" for place, what in _differ(wanted, found, ())]
    rest = len(said) - _SHOWN
    return said if rest <= 0 else [*said[:_SHOWN], f"and {rest} more differences"]


def _differ(wanted: Any, found: Any, at: tuple[str | int, ...]) -> Iterator[tuple[Iterable[str | int], str]]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in [*wanted, *(name for name in found if name not in wanted)]:
            if name not in found:
                yield (*at, name), f"missing, where {_shown(wanted[name])} is expected"
            elif name not in wanted:
                yield (*at, name), f"{_shown(found[name])}, where nothing is expected"
            else:
                yield from _differ(wanted[name], found[name], (*at, name))
    elif isinstance(wanted, list) and isinstance(found, list):
        for place, (one, other) in enumerate(zip(wanted, found, strict=False)):
            yield from _differ(one, other, (*at, place))
        if len(wanted) != len(found):
            yield at, f"{len(found):,} members, where {len(wanted):,} are expected"
    elif type(wanted) is not type(found) or wanted != found:
        yield at, f"{_shown(found)}, where {_shown(wanted)} is expected"


def _shown(value: Any) -> str:
    return clipped(json.dumps(value, ensure_ascii=False, default=repr), at=60)
