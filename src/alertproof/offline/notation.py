"""promtool's notation for series: the selector ``metric{tags}`` and the values ``axn a+bxn a-bxn _xn``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from alertproof.errors import ConfigError
from alertproof.tags import Group, Tag, Tags, parse_tags
from alertproof.telemetry.series import Floats

if TYPE_CHECKING:
    from alertproof.offline.document import Entry

__all__ = ["read_group", "read_selector", "read_values"]

_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_STEP = r"[+-](?:\d+(?:\.\d+)?|\.\d+)"
_ITEM = re.compile(rf"(?P<start>{_NUMBER}|_)(?:(?P<step>{_STEP})?x(?P<times>\d{{1,12}}))?", re.ASCII)
_SELECTOR = re.compile(r"\s*(?P<metric>\w[\w.]*)\s*(?:\{(?P<tags>[^{}]*)\})?\s*")
# A minute of ten years is five million; more is a slip of the keyboard that would eat the memory.
_MOST_VALUES = 5_000_000
#: As much of a text is shown in an error.
_WIDEST = 200


def read_selector(text: str) -> tuple[str, Tags]:
    """Return the metric and tags of ``api.requests{service:api,env:prod}``."""
    match = _SELECTOR.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text[:_WIDEST]!r} is no series; write metric{{key:value,key:value}}")
    if "=" in (match["tags"] or ""):
        raise ConfigError(f"{text[:_WIDEST]!r}: a tag has no '='; write it as Datadog does, {{key:value,key:value}}")
    return match["metric"], parse_tags(match["tags"] or "")


@lru_cache(maxsize=256)
def read_values(text: str) -> Floats:
    """Return the values, NaN where there is none; the same array, read-only, for the same text.

    ``axn`` is a and n times a again, ``a+bxn`` is a, a+b .. a+n*b (n+1 values each); ``_`` is no value and
    ``_xn`` is n times none.
    """
    parts: list[Floats] = []
    length = 0
    for item in text.split():
        parts.append(_item(item))
        length += len(parts[-1])
        if length > _MOST_VALUES + 1:
            raise ConfigError(f"{item[:_WIDEST]!r}: more than {_MOST_VALUES} values")
    if not parts:
        raise ConfigError("a series needs at least one value")
    values = np.concatenate(parts)
    if np.isinf(values).any():
        raise ConfigError("a value beyond all numbers")
    values.flags.writeable = False
    return values


def _item(item: str) -> Floats:
    match = _ITEM.fullmatch(item)
    if match is None or (match["start"] == "_" and match["step"]):
        raise ConfigError(f"{item[:_WIDEST]!r} is no value; write 5, 5x3, 5+1x3, 5-1x3, _ or _x3")
    times = int(match["times"] or 0)
    if times > _MOST_VALUES:
        raise ConfigError(f"{item[:_WIDEST]!r}: more than {_MOST_VALUES} values")
    if match["start"] == "_":
        return np.full(times if match["times"] else 1, np.nan)
    if not match["step"]:
        return np.full(times + 1, float(match["start"]))
    with np.errstate(over="ignore"):
        return float(match["start"]) + float(match["step"]) * np.arange(times + 1, dtype=np.float64)


def read_group(entry: Entry | None) -> Group | None:
    """Return the group of ``{tenant: acme}``; None where none is written."""
    if entry is None:
        return None
    return tuple(sorted(Tag(key, value.text()) for key, value in entry.pairs().items()))
