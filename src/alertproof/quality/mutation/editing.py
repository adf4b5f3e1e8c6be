"""Copies of a monitor's JSON in which one thing is different."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from alertproof.quality.mutation.defect import Payload

__all__ = ["MISSING", "at", "options_of", "payload_of", "with_option", "with_threshold", "with_value"]

#: Stands for a value that is taken away.
MISSING = object()


def with_value(payload: Mapping[str, Any], name: str, value: object) -> Payload:
    """Return it with another value, or without one."""
    return _with(deepcopy(dict(payload)), name, value)


def with_option(payload: Mapping[str, Any], name: str, value: object) -> Payload:
    """Return it with another option."""
    return with_value(payload, "options", _with(dict(options_of(payload)), name, value))


def with_threshold(payload: Mapping[str, Any], name: str, value: object) -> Payload:
    """Return it with another threshold beside the query's own."""
    return with_option(payload, "thresholds", _with(dict(options_of(payload).get("thresholds") or {}), name, value))


def at(payload: Mapping[str, Any], name: str, span: tuple[int, int], text: str) -> Payload:
    """Return it with ``text`` in place of what is at ``span`` of a text of it."""
    old = payload[name]
    return with_value(payload, name, old[: span[0]] + text + old[span[1] :])


def options_of(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return its options, if any."""
    return payload.get("options") or {}


def payload_of(given: bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the API's JSON that a monitor was read from, without the wrapper of an exported asset."""
    payload: Mapping[str, Any] = json.loads(given) if isinstance(given, bytes) else given
    wrapped = payload.get("definition")
    return wrapped if isinstance(wrapped, dict) else payload


def _with(values: Payload, name: str, value: object) -> Payload:
    if value is MISSING:
        values.pop(name, None)
    else:
        values[name] = value
    return values
