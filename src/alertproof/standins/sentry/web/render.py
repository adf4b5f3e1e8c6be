"""Events and issues as JSON of Sentry's web API.

Nothing of the payload is left out on the way: a scrubbing test looks for its canary in the answer. What SDKs
send as an object and Sentry stores as sorted pairs (headers, cookies, the query) is shown as pairs.
Source: docs.sentry.io/api/events.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from alertproof.sentry import Event
from alertproof.sentry.event import promoted_tags, stack_frames
from alertproof.sentry.wire import NotJsonError, decode_json
from alertproof.standins.sentry.issues import Issue, Stored
from alertproof.standins.sentry.store import KeptItem

__all__ = ["event_full", "event_summary", "issue_summary", "item_row"]

_FRAME_NAMES = {
    "abs_path": "absPath",
    "colno": "colNo",
    "in_app": "inApp",
    "instruction_addr": "instructionAddr",
    "lineno": "lineNo",
    "raw_function": "rawFunction",
    "symbol_addr": "symbolAddr",
}
_CONTEXT_NAMES = ("pre_context", "context_line", "post_context")
_USER_NAMES = ("id", "email", "username", "ip_address", "name", "geo")
#: Entry type of the web API, and the payload's name for it, in the order of the API.
_ENTRIES = (
    ("message", "logentry"),
    ("exception", "exception"),
    ("threads", "threads"),
    ("breadcrumbs", "breadcrumbs"),
    ("request", "request"),
    ("spans", "spans"),
    ("debugmeta", "debug_meta"),
)


def event_summary(stored: Stored) -> dict[str, Any]:
    """Return the row of an event listing."""
    event = stored.event
    return {
        "id": event.event_id,
        "eventID": event.event_id,
        "event.type": _type(event),
        "groupID": stored.issue.id if stored.issue else None,
        "projectID": stored.project.project_id,
        "message": event.message,
        "title": event.title,
        "location": _metadata(event).get("filename"),
        "culprit": event.culprit,
        "user": _user(event.payload.get("user")),
        "tags": [{"key": key, "value": value} for key, value in promoted_tags(event)],
        "platform": event.platform,
        "dateCreated": event.timestamp,
        "crashFile": None,
        "metadata": _metadata(event),
    }


def event_full(stored: Stored) -> dict[str, Any]:
    """Return the whole event."""
    event = stored.event
    payload = event.payload
    entries = _entries(event)
    full = event_summary(stored) | {
        "type": _type(event),
        "dateReceived": event.received,
        "entries": [{"type": kind, "data": data} for kind, _, data in entries],
        "contexts": payload.get("contexts") or {},
        "context": payload.get("extra") or {},
        "packages": payload.get("modules") or {},
        "sdk": payload.get("sdk"),
        "dist": payload.get("dist"),
        "release": {"version": event.release} if event.release else None,
        "errors": list(event.errors),
        "fingerprints": [stored.issue.grouping.key] if stored.issue else [],
        "_meta": _meta(payload.get("_meta"), [name for _, name, _ in entries]),
    }
    if event.kind == "transaction":
        full |= {"startTimestamp": payload.get("start_timestamp"), "endTimestamp": event.timestamp}
    return full


def issue_summary(issue: Issue, *, address: str) -> dict[str, Any]:
    """Return the row of an issue listing; ``address`` is the stand-in's own, for links."""
    newest = issue.newest.event
    users = {dict(promoted_tags(stored.event)).get("user") for stored in issue.events} - {None}
    return {
        "id": issue.id,
        "shortId": issue.short_id,
        "title": newest.title,
        "culprit": newest.culprit,
        "permalink": f"{address}/organizations/{issue.project.org}/issues/{issue.id}/",
        "level": newest.level,
        "logger": newest.payload.get("logger"),
        "status": issue.status,
        "statusDetails": {},
        "platform": newest.platform,
        "project": {
            "id": issue.project.project_id,
            "name": issue.project.slug,
            "slug": issue.project.slug,
            "platform": newest.platform,
        },
        "type": _type(newest),
        "metadata": _metadata(newest),
        "count": str(issue.seen),
        "userCount": len(users),
        "firstSeen": issue.first_seen,
        "lastSeen": newest.timestamp,
    }


def item_row(kept: KeptItem) -> dict[str, Any]:
    """Return an item of any type: its payload as ``json`` where it is an object or a list, else as ``base64``."""
    row = {
        "type": kept.item.type,
        "headers": kept.item.headers,
        "event_id": kept.event_id,
        "project": kept.project.slug,
        "received": kept.at,
    }
    with contextlib.suppress(NotJsonError):
        document = decode_json(kept.item.payload)
        if isinstance(document, dict | list):
            return row | {"json": document}
    return row | {"base64": base64.b64encode(kept.item.payload).decode()}


def _type(event: Event) -> str:
    if event.kind == "transaction":
        return "transaction"
    return "error" if event.exceptions else "default"


def _metadata(event: Event) -> dict[str, Any]:
    if not event.exceptions:
        return {"title": event.title}
    last = event.exceptions[-1]
    frames = stack_frames(last)
    where = {name: frames[-1][name] for name in ("filename", "function") if frames[-1].get(name)} if frames else {}
    return {"type": last.get("type"), "value": last.get("value")} | where


def _user(user: object) -> dict[str, Any] | None:
    if not isinstance(user, Mapping):
        return None
    shown: dict[str, Any] = {name: user.get(name) for name in _USER_NAMES}
    return shown | {"data": {name: value for name, value in user.items() if name not in _USER_NAMES}}


def _entries(event: Event) -> list[tuple[str, str, Any]]:
    payload = event.payload
    found = []
    for kind, name in _ENTRIES:
        data = payload.get(name)
        if kind == "message":
            data = _message(data or payload.get("message"))
        elif kind in {"exception", "threads"} and data:
            data = {"values": [_traced(value) for value in data["values"]]}
        elif kind == "request" and isinstance(data, Mapping):
            data = _request(data)
        if data:
            found.append((kind, name, data))
    return found


def _message(given: object) -> object:
    if isinstance(given, str):
        return {"formatted": given} if given else None
    if isinstance(given, Mapping) and not given.get("formatted"):
        return dict(given) | {"formatted": given.get("message")}
    return given


def _traced(value: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(value)
    trace = value.get("stacktrace")
    if isinstance(trace, Mapping):
        shown["stacktrace"] = dict(trace) | {"frames": [_frame(frame) for frame in stack_frames(value)]}
    return shown


def _frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    shown = {_FRAME_NAMES.get(name, name): value for name, value in frame.items() if name not in _CONTEXT_NAMES}
    lines: list[object] = []
    for name in _CONTEXT_NAMES:
        value = frame.get(name)
        lines += value if isinstance(value, list) else [] if value is None else [value]
    before = frame.get("pre_context")
    number = frame.get("lineno")
    first = (number if isinstance(number, int) else 0) - (len(before) if isinstance(before, list) else 0)
    return shown | {"context": [[first + index, line] for index, line in enumerate(lines)]}


def _request(request: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(request)
    query = shown.pop("query_string", None)
    url = request.get("url")
    if not query and isinstance(url, str) and "?" in url:
        # What is no address ("http://[bad?x=1") is shown as it was sent.
        with contextlib.suppress(ValueError):
            parts = urlsplit(url)
            query, shown["url"] = parts.query, parts._replace(query="").geturl()
    headers, cookies = _pairs(shown.get("headers")), shown.get("cookies")
    sent = [value for name, value in headers if str(name).lower() == "cookie"]
    if not cookies and sent:
        cookies = sent[0]
        headers = [pair for pair in headers if str(pair[0]).lower() != "cookie"]
    if isinstance(cookies, str) and "=" in cookies:
        cookies = [list(part.strip().partition("=")[::2]) for part in cookies.split(";")]
    shown["query"] = _pairs(parse_qsl(query, keep_blank_values=True) if isinstance(query, str) else query)
    return shown | {"headers": headers, "cookies": _pairs(cookies)}


def _pairs(given: object) -> list[Any]:
    """Return sorted pairs of an object or of pairs; a form that is neither is kept as one entry."""
    if given is None:
        return []
    listed = list(given.items()) if isinstance(given, Mapping) else given if isinstance(given, list) else [["", given]]
    return sorted((list(pair) if isinstance(pair, tuple | list) else ["", pair] for pair in listed), key=str)


def _meta(meta: object, names: list[str]) -> dict[str, Any]:
    if not isinstance(meta, Mapping):
        return {"entries": {}}
    moved = {"extra": "context", "modules": "packages"}
    entries = {str(place): {"data": meta[name]} for place, name in enumerate(names) if name in meta}
    rest: dict[str, Any] = {moved.get(name, str(name)): value for name, value in meta.items() if name not in names}
    return rest | {"entries": entries}
