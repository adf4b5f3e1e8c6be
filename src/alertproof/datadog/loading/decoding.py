"""Reads JSON that people write: what is wrong is told with its place, a key that stands twice among it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from alertproof.datadog.loading.places import place_at, repeated_key
from alertproof.errors import ConfigError

__all__ = ["decoded"]


class _Twice(Exception):
    """A key stands twice in one object."""


def decoded(text: str, *, source: str, whole: str | None = None, at: int = 0) -> Any:
    """Return the value of a JSON text, which is the part of ``whole`` from the offset ``at``.

    Raises `ConfigError` with the place for what is no JSON, and for a key that stands twice in one object: JSON takes
    the last and forgets the first.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except _Twice as error:
        key = str(error)
        place = place_at(whole or text, at + repeated_key(text, key))
        raise ConfigError(
            f"{source}:{place.line}:{place.column}: the key {key!r} stands in this object already, and only one of the "
            "two would count; take one away"
        ) from None
    except ValueError as error:
        place = place_at(whole or text, at + getattr(error, "pos", 0))
        message = getattr(error, "msg", str(error))
        raise ConfigError(f"{source}:{place.line}:{place.column}: not JSON: {message}") from error
    except RecursionError as error:
        raise ConfigError(f"{source}: cannot be read: nested too deep") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice(next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1))
    return found
