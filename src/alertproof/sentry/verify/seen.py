"""An event as Sentry's web API shows it, in the words in which it is verified.

What the public API does not show is not here: of the fingerprint only the hashes that the server made of it, and of the
dynamic sampling context only the rate, which the server writes into the trace context as ``client_sample_rate``.
Source: docs.sentry.io/api/events/retrieve-an-event-for-a-project; getsentry/relay (TraceContext).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Breadcrumb", "SentryEvent", "StackFrame", "read_seen_event"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breadcrumb:
    """One thing that happened before the event."""

    category: str
    message: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFrame:
    """One frame; ``in_app`` is True for the platform's own code, and None where nobody says."""

    module: str
    function: str
    in_app: bool | None

    def __str__(self) -> str:
        whose = {True: "in app", False: "library", None: "not said whose"}[self.in_app]
        return f"{self.module or '?'} in {self.function or '?'} ({whose})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryEvent:
    """An event; ``raw`` is the whole answer, in which secrets are looked for.

    ``issue`` is the id of its issue and ``grouped_by`` the hashes of its grouping. ``user`` holds what is said of the
    user and leaves out what is null. ``frames`` are those of the last exception, innermost last.
    """

    id: str
    issue: str
    at: datetime
    received: datetime
    title: str
    level: str
    platform: str
    environment: str
    release: str
    tags: Mapping[str, str]
    user: Mapping[str, str]
    trace_id: str
    sample_rate: float | None
    grouped_by: tuple[str, ...]
    breadcrumbs: tuple[Breadcrumb, ...]
    frames: tuple[StackFrame, ...]
    raw: str

    def __str__(self) -> str:
        return f"event {self.id} ({self.title[:80]})"


def read_seen_event(body: Mapping[str, Any], raw: str) -> SentryEvent:
    """Read the answer to a request for one event; raises `KeyError` for what an event always has."""
    tags = {str(tag["key"]): str(tag["value"]) for tag in body["tags"]}
    release, at = body.get("release"), datetime.fromisoformat(body["dateCreated"])
    trace = (body.get("contexts") or {}).get("trace") or {}
    rate = trace.get("client_sample_rate")
    return SentryEvent(
        id=str(body["eventID"]),
        issue=str(body.get("groupID") or ""),
        at=at,
        received=datetime.fromisoformat(body["dateReceived"]) if body.get("dateReceived") else at,
        title=str(body["title"]),
        level=tags.get("level", ""),
        platform=str(body.get("platform") or ""),
        environment=tags.get("environment", ""),
        release=str(release["version"] if isinstance(release, Mapping) else release or tags.get("release", "")),
        tags=tags,
        user=dict(_said_of(body.get("user"))),
        trace_id=str(trace.get("trace_id") or ""),
        sample_rate=float(rate) if isinstance(rate, int | float) else None,
        grouped_by=tuple(map(str, body.get("fingerprints") or ())),
        breadcrumbs=tuple(_breadcrumbs(body)),
        frames=tuple(_frames(body)),
        raw=raw,
    )


def _said_of(user: object) -> Iterator[tuple[str, str]]:
    if not isinstance(user, Mapping):
        return
    for name, value in user.items():
        if name == "data" and isinstance(value, Mapping):
            yield from _said_of(value)
        elif value not in (None, "", {}, []):
            yield str(name), str(value)


def _entries(body: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    data = [entry["data"] for entry in body.get("entries") or () if entry.get("type") == kind]
    values = [each.get("values") or () for each in data if isinstance(each, Mapping)]
    return [value for listed in values for value in listed if isinstance(value, Mapping)]


def _breadcrumbs(body: Mapping[str, Any]) -> Iterator[Breadcrumb]:
    for crumb in _entries(body, "breadcrumbs"):
        category, message, level = (str(crumb.get(name) or "") for name in ("category", "message", "level"))
        yield Breadcrumb(category=category, message=message, level=level)


def _frames(body: Mapping[str, Any]) -> Iterator[StackFrame]:
    exceptions = _entries(body, "exception")
    trace = exceptions[-1].get("stacktrace") if exceptions else None
    for frame in (trace.get("frames") or ()) if isinstance(trace, Mapping) else ():
        where, function, own = frame.get("module") or frame.get("filename"), frame.get("function"), frame.get("inApp")
        yield StackFrame(
            module=str(where or ""), function=str(function or ""), in_app=own if isinstance(own, bool) else None
        )
