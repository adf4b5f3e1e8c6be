"""Requests as Datadog's published schema says them, drawn from the models that the official client has of it.

The client is generated from the vendor's OpenAPI documents, which no package ships; its models carry their types, what
is required, bounds and enumerations. What a request may hold is read off them.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from datadog_api_client.api_client import Endpoint
from datadog_api_client.model_utils import ModelComposed, ModelNormal, ModelSimple
from hypothesis import strategies as st

__all__ = ["Asked", "endpoints", "requests"]

#: How deep a drawn body is at most: dashboards nest their widgets without end.
_DEEPEST = 5
_INSTANTS = st.integers(-40, 40).map(lambda hours: datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=hours))
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
#: What makes sense by the name of a field, so that a drawn body comes further than the first check; else any text.
_SENSE: Mapping[str, tuple[object, ...]] = {
    "custom_headers": ("{}", '{"a": "b"}'),
    "denominator": ("sum:b{*}.as_count()",),
    "formula": ("a", "a / 2", "1"),
    "from": ("now-15m", "1772362800000", 1772362800000),
    "from_ts": (1772362800,),
    "handle": ("slack-x",),
    "metric": ("api.requests", "queue.depth", "*", "@duration"),
    "name": ("a", "b", "API_KEY"),
    "numerator": ("sum:a{*}.as_count()",),
    "query": ("max(last_5m):max:queue.depth{env:prod} by {queue} > 10", "avg:queue.depth{*}", "*", "service:web"),
    "rrule": ("FREQ=DAILY;INTERVAL=1", "FREQ=WEEKLY;BYDAY=MO"),
    "scope": ("env:prod", "*", "env:prod AND team:crm"),
    "sort": ("timestamp", "-timestamp", "name,asc"),
    "start": (1772362800, "2026-03-01T12:00:00"),
    "tag_key": ("team",),
    "timezone": ("UTC", "Europe/Berlin"),
    "to": ("now", "1772366400000", 1772366400000),
    "to_ts": (1772366400,),
    "url": ("https://example.com/",),
    "critical": (10,),
    "target": (99.0, 99.9),
    "type": ("metric", "monitor"),
}


@dataclass(frozen=True)
class Asked:
    """One request: how, where, and with what; None is no body at all.

    ``named`` are the parameters of the path: a value, and which of the ids that the server has said, or None.
    """

    endpoint: Endpoint
    named: dict[str, tuple[Any, int | None]]
    query: dict[str, Any]
    body: Any

    def path(self, known: Sequence[Any]) -> str:
        """Return the path, with ids that are known."""
        path = str(self.endpoint.settings["endpoint_path"])
        for name, (value, number) in self.named.items():
            chosen = known[number % len(known)] if known and number is not None else value
            path = path.replace(f"{{{name}}}", quote(str(chosen) or "x", safe=""))
        return path


def endpoints(module: str) -> list[Endpoint]:
    """Return the operations of a module of the client."""
    found = importlib.import_module(f"datadog_api_client.{module}")
    (api,) = [kind for name, kind in vars(found).items() if name.endswith("Api") and kind.__module__ == found.__name__]
    return [each for each in vars(api()).values() if isinstance(each, Endpoint)]


@st.composite
def requests(draw: st.DrawFn, endpoint: Endpoint) -> Asked:
    """Draw a request to an operation."""
    asked = Asked(endpoint, {}, {}, None)
    for name, parameter in endpoint.params_map.items():
        place, called = parameter["location"], parameter.get("attribute", name)
        if not parameter.get("required") and place != "path" and not draw(st.booleans()):
            continue
        value = draw(_of(parameter["openapi_types"], called, parameter.get("validation", {}), 0))
        if place == "body":
            asked = replace(asked, body=value)
        elif place == "path":
            asked.named[called] = (value, draw(st.integers(0, 99) | st.none()))
        elif place == "query":
            asked.query[called] = ",".join(map(str, value)) if isinstance(value, list) else _plain(value)
    return asked


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _of(types: tuple[Any, ...], name: str, bounds: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    return st.one_of([_one(each, name, bounds, depth) for each in types])


def _one(kind: Any, name: str, bounds: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if isinstance(kind, list):
        most = 0 if depth > _DEEPEST else min(3, bounds.get("max_items", 3))
        return st.lists(
            _of(tuple(kind), name, {}, depth + 1), min_size=min(most, bounds.get("min_items", 0)), max_size=most
        )
    if isinstance(kind, dict):
        (values,) = kind.values()
        return st.dictionaries(_TEXTS, _of(values, name, {}, depth + 1), max_size=2)
    if issubclass(kind, ModelSimple):
        allowed = getattr(kind, "allowed_values", None)
        return (
            st.sampled_from(sorted(allowed, key=str)) if allowed else _of(kind.openapi_types["value"], name, {}, depth)
        )
    if issubclass(kind, ModelComposed | ModelNormal):
        return _model(kind, depth + 1)
    return _leaf(kind, name, bounds)


@functools.cache
def _model(kind: Any, depth: int) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: (_choice if issubclass(kind, ModelComposed) else _object)(kind, depth))


def _choice(kind: type[ModelComposed], depth: int) -> st.SearchStrategy[Any]:
    choices = kind._composed_schemas["oneOf"]
    return _of(tuple(choices if depth < _DEEPEST else choices[:1]), "", {}, depth)


def _object(kind: type[ModelNormal], depth: int) -> st.SearchStrategy[Any]:
    required, optional = {}, {}
    asked = inspect.signature(kind.__init__).parameters
    for attribute, types in kind.openapi_types.items():
        called = kind.attribute_map[attribute]
        value = _of(types, called, getattr(kind, "validations", {}).get(attribute, {}), depth)
        if attribute in asked and asked[attribute].default is inspect.Parameter.empty:
            required[called] = value
        elif depth < _DEEPEST:
            optional[called] = value
    return st.fixed_dictionaries(required, optional=optional)


def _floats(low: float | None, high: float | None) -> st.SearchStrategy[float]:
    """Return short floats, but where a bound is no short one."""
    short = all(struct.unpack("f", struct.pack("f", each))[0] == each for each in (low, high) if each is not None)
    return st.floats(low, high, allow_nan=False, allow_infinity=False, width=32 if short else 64)


def _leaf(kind: Any, name: str, bounds: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    low, high = bounds.get("inclusive_minimum"), bounds.get("inclusive_maximum")
    sense = [each for each in _SENSE.get(name, ()) if isinstance(each, kind) and not isinstance(each, bool)]
    table: dict[Any, st.SearchStrategy[Any]] = {
        str: _TEXTS,
        int: st.integers(low if low is not None else -5, high if high is not None else 2**40),
        float: _floats(low, high),
        bool: st.booleans(),
        datetime: _INSTANTS.map(lambda at: at.isoformat()),
        date: _INSTANTS.map(lambda at: at.date().isoformat()),
        UUID: st.uuids().map(str),
        type(None): st.none(),
        dict: st.dictionaries(_TEXTS, _TEXTS, max_size=2),
        list: st.lists(_TEXTS, max_size=2),
        object: _TEXTS,
    }
    found = table.get(kind, st.just("x"))
    return st.one_of(st.sampled_from(sense), found) if sense else found
