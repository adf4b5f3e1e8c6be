"""Ingest: ``POST /api/{project_id}/envelope/`` as Relay answers it.

Source of order, statuses and wording: getsentry/relay (request_meta.rs, endpoints/common.rs, cors.rs).
Left out: the deprecated store endpoint, multipart forms, quotas.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import final
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.sentry import Envelope, EnvelopeError, parse_envelope
from alertproof.standins.sentry.decoding import EncodingError, decode_content
from alertproof.standins.sentry.store import Project, Received, Store

__all__ = ["Ingest"]

#: Highest protocol version that Relay speaks.
_PROTOCOL = 7
#: Bytes of one item of a limited type. Source: develop.sentry.dev/sdk/data-model/envelopes, size limits.
_MAX_ITEM = 1024 * 1024
_LIMITED = frozenset({"event", "transaction", "span", "log", "trace_metric"})
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": (
        "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, "
        "authentication, authorization, content-encoding, transfer-encoding"
    ),
    "Access-Control-Max-Age": "3600",
}


class _RefusedError(Exception):
    def __init__(self, status: int, detail: str, *causes: str) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"detail": detail, "causes": list(causes)}


@final
class Ingest:
    """The write side of the stand-in."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [Route("/api/{project_id}/envelope/", self._envelope, methods=["POST", "OPTIONS"])]

    async def _envelope(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(headers=_CORS | _PREFLIGHT)
        at = self._clock.now()
        body = await request.body()
        try:
            key = _request_key(request)
            data = decode_content(body, request.headers.get("content-encoding", ""))
            envelope = parse_envelope(data)
            project = self._project(request.path_params["project_id"], key or _dsn_key(envelope))
            _check_sizes(envelope)
        except _RefusedError as refused:
            return JSONResponse(refused.body, refused.status, headers=_CORS)
        except EncodingError as error:
            return _answer(error.status, error.message)
        except EnvelopeError as error:
            return _answer(400, "invalid event envelope", str(error))
        self._store.accept(Received(project, data, envelope, at))
        # 200 means queued: what is wrong inside an event shows only when it is not there later.
        return JSONResponse({"id": envelope.event_id} if envelope.event_id else {}, headers=_CORS)

    def _project(self, project_id: str, key: str) -> Project:
        project = self._store.project_for(project_id, key)
        if project is None:
            raise _RefusedError(403, "event submission rejected with_reason: ProjectId")
        return project


def _answer(status: int, detail: str, *causes: str) -> JSONResponse:
    return JSONResponse({"detail": detail, "causes": list(causes)}, status, headers=_CORS)


def _check_sizes(envelope: Envelope) -> None:
    for item in envelope.items:
        if item.type in _LIMITED and len(item.payload) > _MAX_ITEM:
            raise _RefusedError(413, f"envelope exceeded size limits for type {item.type!r}")


def _request_key(request: Request) -> str:
    """Return the public key of the header or the query; empty when the request has none."""
    found = []
    for header in ("x-sentry-auth", "authorization"):
        scheme, _, value = request.headers.get(header, "").partition(" ")
        if scheme.lower() == "sentry":
            found.append(_pairs(value))
        elif scheme.lower() == "basic" and header == "authorization":
            found.append({"sentry_key": _basic_user(value)})
    if "sentry_key" in request.query_params:
        found.append(dict(request.query_params))
    if len(found) > 1:
        raise _RefusedError(401, "multiple authorization payloads detected")
    return _checked(found[0]) if found else ""


def _dsn_key(envelope: Envelope) -> str:
    dsn = envelope.headers.get("dsn")
    try:
        key = urlsplit(dsn).username if isinstance(dsn, str) else None
    except ValueError:
        raise _RefusedError(401, "bad dsn in envelope headers", f"not an address: {dsn!r}") from None
    if not key:
        raise _RefusedError(401, "missing authorization information")
    return key


def _checked(fields: Mapping[str, str]) -> str:
    version = fields.get("sentry_version", str(_PROTOCOL))
    try:
        number = float(version)
    except ValueError:
        raise _RefusedError(401, "bad x-sentry-auth header", f"bad sentry_version {version!r}") from None
    if number > _PROTOCOL:
        raise _RefusedError(400, f"unsupported protocol version ({version})")
    key = fields.get("sentry_key", "")
    if not key:
        raise _RefusedError(401, "bad x-sentry-auth header", "no sentry_key")
    return key


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(","))
    return {name.strip(): unquote(value.strip()) for name, _, value in parts}


def _basic_user(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
