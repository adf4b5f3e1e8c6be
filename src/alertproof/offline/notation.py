"""promtool's notation for series: the selector ``metric{tags}`` and the values ``axn a+bxn a-bxn _xn``."""

from __future__ import annotations

import math
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
    return match["metric"], _tags(match["tags"] or "")


# Many series have the same tags, of which much is computed once if they are one value.
_tags = lru_cache(maxsize=4096)(parse_tags)


@lru_cache(maxsize=256)
def read_values(text: str) -> Floats:
    """Return the values, NaN where there is none; the same array, read-only, for the same text.

    ``axn`` is a and n times a again, ``a+bxn`` is a, a+b .. a+n*b (n+1 values each); ``_`` is no value and
    ``_xn`` is n times none.
    """
    words = text.split()
    items = [_item(word) for word in words]
    if not items:
        raise ConfigError("a series needs at least one value")
    length = 0
    for word, (_, _, count) in zip(words, items, strict=True):
        length += count
        if length > _MOST_VALUES + 1:
            raise ConfigError(f"{word[:_WIDEST]!r}: more than {_MOST_VALUES} values")
    starts, steps, counts = zip(*items, strict=True)
    values = np.array(starts).repeat(counts)
    if any(steps):
        begins = np.cumsum(counts) - counts
        values += np.array(steps).repeat(counts) * (np.arange(length) - begins.repeat(counts))
    values.flags.writeable = False
    return values


def _item(item: str) -> tuple[float, float, int]:
    """Return the first value of an item, by how much it rises from one to the next, and how many there are."""
    match = _ITEM.fullmatch(item)
    if match is None or (match["start"] == "_" and match["step"]):
        raise ConfigError(f"{item[:_WIDEST]!r} is no value; write 5, 5x3, 5+1x3, 5-1x3, _ or _x3")
    start, step, times = match["start"], float(match["step"] or 0), int(match["times"] or 0)
    if times > _MOST_VALUES:
        raise ConfigError(f"{item[:_WIDEST]!r}: more than {_MOST_VALUES} values")
    if start == "_":
        return math.nan, 0.0, times if match["times"] else 1
    if not math.isfinite(float(start) + step * times):
        raise ConfigError("a value beyond all numbers")
    return float(start), step, times + 1


def read_group(entry: Entry | None) -> Group | None:
    """Return the group of ``{tenant: acme}``; None where none is written."""
    if entry is None:
        return None
    return tuple(sorted(Tag(key, value.text()) for key, value in entry.pairs().items()))
