"""Limits: how large each part may be, and the rate limits that a test puts in force.

Sizes: develop.sentry.dev/sdk/data-model/envelopes, size limits. Rate limits: develop.sentry.dev/sdk/expected-features/
rate-limiting; getsentry/relay (utils/rate_limits.rs).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.sentry import Envelope, Item
from alertproof.sentry.wire import NotJsonError, decode_json
from alertproof.standins.bodies import TooLargeError, bounded_body
from alertproof.standins.sentry.intake.answers import RefusedError
from alertproof.standins.sentry.outcomes import measured

__all__ = ["Limit", "Limits", "check_sizes"]

_KIB, _MIB = 1024, 1024 * 1024
#: Bytes of one item at most, by its type.
_MAX_ITEM = {
    "event": _MIB,
    "transaction": _MIB,
    "span": _MIB,
    "log": _MIB,
    "trace_metric": _MIB,
    "check_in": 100 * _KIB,
    "client_report": 4 * _KIB,
    "profile": 50 * _MIB,
    "profile_chunk": 50 * _MIB,
    "replay_event": 100 * _MIB,
    "replay_recording": 100 * _MIB,
    "replay_video": 100 * _MIB,
    "session": _MIB,
    "sessions": _MIB,
}
_MAX_SESSIONS = 100
_MAX_METRIC = 2 * _KIB
#: Types of which an envelope holds one, and which exclude each other.
_SINGLE = ("event", "transaction")
#: Types whose payload is a list of what has a bound of its own.
_LISTED = frozenset({"sessions", "trace_metric"})
_DROPPED = (
    "Sentry dropped data due to a quota or internal rate limit being reached. This will not affect your application. "
    "See https://docs.sentry.io/product/accounts/quotas/ for more information."
)


#: What stands in a header, between its separators.
_Word: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_. -]*\Z")]


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate limit: ``categories`` it drops (none for all), and how long clients are to keep back, in real seconds.

    ``announced`` tells it with each 200 too, as Relay does for limits that it learns of late.
    """

    categories: tuple[_Word, ...] = ()
    retry_after: int = 60
    scope: _Word = "organization"
    reason: _Word = ""
    announced: bool = False

    def header(self) -> str:
        """Return its part of ``X-Sentry-Rate-Limits``."""
        parts = [str(self.retry_after), ";".join(self.categories), self.scope]
        return ":".join([*parts, self.reason] if self.reason else parts)


class Limits:
    """The rate limits in force; none unless a test sets some."""

    def __init__(self) -> None:
        self._limits: tuple[Limit, ...] = ()

    async def door(self, request: Request) -> Response:
        """Answer the limits in force; PUT replaces them (``[]`` for none)."""
        if request.method == "PUT":
            try:
                self._limits = msgspec.json.decode(await bounded_body(request, _MIB), type=tuple[Limit, ...])
            except (msgspec.DecodeError, TooLargeError) as error:
                return JSONResponse({"detail": f"limits cannot be read: {error}"}, 400)
        return Response(msgspec.json.encode(self._limits), media_type="application/json")

    def hits(self, envelope: Envelope) -> tuple[dict[int, str], tuple[Limit, ...]]:
        """Return the places of the items to drop with the reasons, and the limits that drop them."""
        if not self._limits:
            return {}, ()
        hit = {place: self._over(item) for place, item in enumerate(envelope.items)}
        places = {place: limits[0].reason for place, limits in hit.items() if limits}
        for place in [place for place in places if envelope.items[place].type in _SINGLE]:
            # What belongs to an event goes with it.
            attached = [other for other, item in enumerate(envelope.items) if item.type == "attachment"]
            places |= dict.fromkeys(attached, places[place])
        wanted = {limit for limits in hit.values() for limit in limits}
        return places, tuple(limit for limit in self._limits if limit in wanted)

    def headers(self, hit: Iterable[Limit]) -> dict[str, str]:
        """Return the headers for limits that were hit and for those that are announced."""
        told = [limit for limit in self._limits if limit.announced or limit in set(hit)]
        return {"X-Sentry-Rate-Limits": ", ".join(limit.header() for limit in told)} if told else {}

    def refusal(self, hit: Iterable[Limit]) -> RefusedError:
        """Return the 429 for limits that were hit."""
        limits = tuple(hit)
        longest = max(limit.retry_after for limit in limits)
        return RefusedError(429, _DROPPED, headers=self.headers(limits) | {"Retry-After": str(longest)})

    def _over(self, item: Item) -> list[Limit]:
        categories = set(measured(item))
        return [
            limit
            for limit in self._limits
            if categories and (not limit.categories or categories & set(limit.categories))
        ]


def check_sizes(envelope: Envelope) -> None:
    """Refuse an envelope with more in it than may be: raises `RefusedError` 413, or 400 for a second event."""
    kinds = [item.type for item in envelope.items]
    single = [kind for kind in kinds if kind in _SINGLE]
    if len(single) > 1:
        raise RefusedError(400, "envelope contains conflicting items", f"{single[0]} and {single[1]}")
    if (sessions := kinds.count("session")) > _MAX_SESSIONS:
        raise RefusedError(413, "envelope exceeded size limits for type 'session'", f"{sessions} sessions")
    for kind, item in zip(kinds, envelope.items, strict=True):
        size = len(item.payload)
        if size > _MAX_ITEM.get(kind, size) or (kind in _LISTED and _too_long(item)):
            raise RefusedError(413, f"envelope exceeded size limits for type {kind!r}")


def _too_long(item: Item) -> bool:
    """Whether a session bucket list or one of the metrics is longer than may be; what cannot be read is not."""
    try:
        document = decode_json(item.payload)
    except NotJsonError:
        return False
    listed = document.get("aggregates" if item.type == "sessions" else "items") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return False
    if item.type == "sessions":
        return len(listed) > _MAX_SESSIONS
    return len(item.payload) > _MAX_METRIC and any(len(msgspec.json.encode(one)) > _MAX_METRIC for one in listed)
