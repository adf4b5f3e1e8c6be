"""Sessions: what an SDK says of how a release does, one by one or counted by itself.

``session`` is one session in its newest state, ``sessions`` are counts of those that began in one minute. Only
sessions that were begun (``init``) or counted are in a total. Source: develop.sentry.dev/sdk/telemetry/sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertproof.sentry.event import EventError, instant_of
from alertproof.sentry.wire import NotJsonError, decode_json

__all__ = ["SessionCount", "read_sessions"]

_COUNTED = ("exited", "errored", "unhandled", "abnormal", "crashed")
_WELL = frozenset({"ok", "exited"})
_BADLY = frozenset({"unhandled", "abnormal", "crashed"})
_Mapped = Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCount:
    """Sessions of one release and environment that began at one instant.

    ``session`` is the id of a single one, of which later news may come, and None for those that were counted by the
    SDK. ``total`` are all, ``errored`` those with errors that were handled, ``unhandled`` those with one that was not
    and that went on (a page in a browser), ``user`` is the distinct user's id.
    """

    started: datetime
    release: str
    environment: str
    session: str | None = None
    user: str | None = None
    total: int = 0
    errored: int = 0
    unhandled: int = 0
    abnormal: int = 0
    crashed: int = 0


def read_sessions(kind: str, payload: bytes, *, received: datetime, mapped: _Mapped) -> tuple[SessionCount, ...]:
    """Read a ``session`` or ``sessions`` item; raises `EventError` for one that is none.

    ``mapped`` maps the instants at which sessions began; what has none began when it was ``received``.
    """
    try:
        document = decode_json(payload)
    except NotJsonError as error:
        raise EventError(f"the {kind} item is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise EventError(f"the {kind} item is not a JSON object")
    attributes = document.get("attrs")
    release = attributes.get("release") if isinstance(attributes, dict) else None
    if not isinstance(attributes, dict) or not isinstance(release, str) or not release:
        raise EventError(f"the {kind} item names no release")
    environment = attributes.get("environment") or "production"

    def began(entry: Mapping[str, Any]) -> datetime:
        instant = instant_of(entry.get("started"))
        return mapped(instant) if instant else received

    if kind == "session":
        return (_single(document, began(document), release, str(environment)),)
    listed = document.get("aggregates")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise EventError("the sessions item has no list of aggregates")
    return tuple(_counted(entry, began(entry), release, str(environment)) for entry in listed)


def _single(document: Mapping[str, Any], began: datetime, release: str, environment: str) -> SessionCount:
    status, identity = document.get("status", "ok"), document.get("sid")
    if not isinstance(status, str) or not isinstance(identity, str) or not identity:
        raise EventError(f"the session item has no sid or no status: {identity!r}, {status!r}")
    errors = document.get("errors")
    # A status that nobody knows is an error, as in Relay.
    errored = status not in _WELL or (isinstance(errors, int) and errors > 0)
    return SessionCount(
        started=began,
        release=release,
        environment=environment,
        session=identity,
        user=_user(document),
        total=int(document.get("init") is True),
        errored=int(errored and status not in _BADLY),
        unhandled=int(status == "unhandled"),
        abnormal=int(status == "abnormal"),
        crashed=int(status == "crashed"),
    )


def _counted(entry: Mapping[str, Any], began: datetime, release: str, environment: str) -> SessionCount:
    counts = {name: entry.get(name, 0) for name in _COUNTED}
    wrong = [name for name, count in counts.items() if not isinstance(count, int) or isinstance(count, bool)]
    if wrong or min(counts.values()) < 0:
        raise EventError(f"the sessions item has no usable count: {counts}")
    return SessionCount(
        started=began,
        release=release,
        environment=environment,
        user=_user(entry),
        total=sum(counts.values()),
        errored=counts["errored"],
        unhandled=counts["unhandled"],
        abnormal=counts["abnormal"],
        crashed=counts["crashed"],
    )


def _user(entry: Mapping[str, Any]) -> str | None:
    user = entry.get("did")
    return str(user) if user not in (None, "") else None
