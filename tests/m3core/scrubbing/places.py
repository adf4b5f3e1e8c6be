"""Makes events of the corpus: a leak or something useful, at its place in an otherwise ordinary event."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.m3core.scrubbing.grammar import Case

__all__ = ["Keep", "event_with", "keeps", "kept_in", "leaks"]

_FRAME = {"filename": "m3core/leads.py", "function": "create", "module": "m3core.leads", "lineno": 42, "in_app": True}


def leaks() -> list[Case]:
    """Return the corpus as it is kept."""
    lines = Path(__file__).with_name("leaks.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Case(row["name"], row["kind"], row["place"], _text(row["content"]), _text(row["canary"])) for row in rows]


def _text(coded: str) -> str:
    return base64.b64decode(coded).decode()


def _error(**parts: Any) -> dict[str, Any]:
    return {"exception": {"values": [{"type": "LookupError", "module": "builtins", "value": "no such lead", **parts}]}}


def _framed(**parts: Any) -> dict[str, Any]:
    return _error(stacktrace={"frames": [{**_FRAME, **parts}]})


def _request(**parts: Any) -> dict[str, Any]:
    return {"request": {"method": "POST", "url": "http://app.example/api/leads", **parts}}


def _crumb(**parts: Any) -> dict[str, Any]:
    return {"breadcrumbs": {"values": [{"type": "default", "category": "log", "level": "info", **parts}]}}


_PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "exception.value": lambda c: _error(value=c),
    "breadcrumb.message": lambda c: _crumb(message=c),
    "breadcrumb.data": lambda c: _crumb(data={"note": c}),
    "extra": lambda c: {"extra": {"note": c}},
    "extra.deep": lambda c: {"extra": {"a": {"b": [{"c": {"d": [c]}}]}}},
    "extra.list": lambda c: {"extra": {"arguments": ["first", c, 3]}},
    "extra.key": lambda c: {"extra": {"seen": {c: 1}}},
    "extra.bytes": lambda c: {"extra": {"body": c.encode()}},
    "request.data": lambda c: _request(data=c),
    "request.data.field": lambda c: _request(data={"note": c}),
    "request.query_string": lambda c: _request(query_string=c),
    "request.url": lambda c: _request(url=f"http://app.example/x?note={c}"),
    "request.env": lambda c: _request(env={"NOTE": c}),
    "frame.vars": lambda c: _framed(vars={"note": c}),
    "frame.repr": lambda c: _framed(vars={"note": repr(c)}),
    "frame.comment": lambda c: _framed(context_line="    x = 1", pre_context=["", f"    # {c}"]),
    "contexts": lambda c: {"contexts": {"lead": {"note": c}}},
    "contexts.trace": lambda c: {
        "contexts": {"trace": {"trace_id": "b" * 32, "span_id": "c" * 16, "data": {"note": c}}}
    },
    "tags": lambda c: {"tags": {"note": c}},
    "logentry.message": lambda c: {"logentry": {"message": c, "formatted": c}},
    "logentry.params": lambda c: {"logentry": {"message": "got %s", "params": [c], "formatted": f"got {c}"}},
    "span.description": lambda c: {"type": "transaction", "spans": [{"op": "db", "description": c}]},
    "span.data": lambda c: {"type": "transaction", "spans": [{"op": "db", "data": {"note": c}}]},
    "thread.vars": lambda c: {"threads": {"values": [{"stacktrace": {"frames": [{**_FRAME, "vars": {"note": c}}]}}]}},
    "transaction": lambda c: {"transaction": f"/x/{c}"},
    "server_name": lambda c: {"server_name": c},
    "fingerprint": lambda c: {"fingerprint": ["{{ default }}", c]},
    "mechanism.data": lambda c: _error(mechanism={"type": "generic", "handled": False, "data": {"note": c}}),
    "culprit": lambda c: {"culprit": c},
    "user.data": lambda c: {"user": {"id": "7", "data": {"note": c}}},
}

_KEYED: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "keyed extra": lambda key, c: {"extra": {key: c}},
    "keyed extra.deep": lambda key, c: {"extra": {"a": [{"b": {key: {"c": [c]}}}]}},
    "keyed request.headers": lambda key, c: _request(headers={"Host": "app.example", key: c}),
    "keyed request.headers.pairs": lambda key, c: _request(headers=[["Host", "app.example"], [key, c]]),
    "keyed request.cookies": lambda key, c: _request(cookies={key: c}),
    "keyed request.data": lambda key, c: _request(data={"page": 2, key: c}),
    "keyed frame.vars": lambda key, c: _framed(vars={key: repr(c)}),
    "keyed contexts": lambda key, c: {"contexts": {"lead": {key: c}}},
    "keyed span.data": lambda key, c: {"type": "transaction", "spans": [{"op": "db", "data": {key: c}}]},
    "keyed breadcrumb.data": lambda key, c: _crumb(data={key: c}),
    "keyed tags": lambda key, c: {"tags": [[key, c]]},
    "keyed name and value": lambda key, c: {"extra": {"headers": [{"name": key, "value": c}]}},
    "keyed bytes": lambda key, c: {"extra": {"raw": {key.encode(): c.encode()}}},
    "keyed list": lambda key, c: {"extra": {"pairs": [(key, c), ("page", "2")]}},
}


def event_with(place: str, content: Any) -> dict[str, Any]:
    """Return an event that holds something at a place, and beside it what every event holds."""
    return {
        "event_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "timestamp": "2026-11-23T10:00:00.123456Z",
        "platform": "python",
        "level": "error",
        "release": "m3core@1.2.3+4f1c9ab",
        "environment": "prod",
        **(_KEYED[place](*json.loads(content)) if place in _KEYED else _PLACES[place](content)),
    }


class Keep(NamedTuple):
    """Something useful in an event, and the way to it."""

    name: str
    event: dict[str, Any]
    path: tuple[Any, ...]


_FRAMES = ("exception", "values", 0, "stacktrace", "frames", 0)
_WAYS: dict[str, tuple[Callable[[str | None, Any], dict[str, Any]], tuple[Any, ...]]] = {
    "extra": (lambda key, value: {"extra": {key: value}}, ("extra",)),
    "tags": (lambda key, value: {"tags": {key: value}}, ("tags",)),
    "contexts": (lambda key, value: {"contexts": {key: value}}, ("contexts",)),
    "modules": (lambda key, value: {"modules": {key: value}}, ("modules",)),
    "transaction": (lambda _, value: {"transaction": value}, ("transaction",)),
    "server_name": (lambda _, value: {"server_name": value}, ("server_name",)),
    "culprit": (lambda _, value: {"culprit": value}, ("culprit",)),
    "fingerprint": (lambda _, value: {"fingerprint": ["x", value]}, ("fingerprint", 1)),
    "exception.value": (lambda _, value: _error(value=value), ("exception", "values", 0, "value")),
    "exception.type": (lambda _, value: _error(type=value), ("exception", "values", 0, "type")),
    "breadcrumb.message": (lambda _, value: _crumb(message=value), ("breadcrumbs", "values", 0, "message")),
    "span.description": (lambda _, value: {"spans": [{"description": value}]}, ("spans", 0, "description")),
    "frame.source": (lambda _, value: _framed(context_line=value), (*_FRAMES, "context_line")),
    "frame.vars": (lambda key, value: _framed(vars={key: value}), (*_FRAMES, "vars")),
    "frame.function": (lambda _, value: _framed(function=value), (*_FRAMES, "function")),
    "frame.module": (lambda _, value: _framed(module=value), (*_FRAMES, "module")),
    "frame.filename": (lambda _, value: _framed(filename=value), (*_FRAMES, "filename")),
}


def keeps() -> list[Keep]:
    """Return what is useful and must stay, each in an event of its own."""
    groups = json.loads(Path(__file__).with_name("keeps.json").read_text(encoding="utf-8"))
    found: list[Keep] = []
    for group, rows in groups.items():
        for place, key, value in rows:
            make, way = _WAYS[place]
            path = way if key is None else (*way, key)
            found.append(Keep(f"{group}: {place} {key or ''} {value!r}", make(key, value), path))
    return found


def kept_in(event: Any, keep: Keep) -> bool:
    """Whether an event still has what is useful at its place, and it is the same."""
    try:
        return bool(_at(event, keep.path) == _at(keep.event, keep.path))
    except (KeyError, IndexError, TypeError):
        return False


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value
