"""Envelopes: ``POST /api/{project_id}/envelope/`` as Relay answers it, the old store endpoint, and a tunnel.

Source of order, statuses and wording: getsentry/relay (endpoints/common.rs, envelope.rs, store.rs).
"""

from __future__ import annotations

import base64
import binascii
import uuid
import zlib
from typing import final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.sentry import Envelope, Item, encode_envelope, parse_envelope
from alertproof.sentry.wire import NotJsonError, decode_json
from alertproof.standins.sentry.intake.answers import RefusedError, open_route
from alertproof.standins.sentry.intake.auth import Gate, dsn_parts, request_key
from alertproof.standins.sentry.intake.decoding import EncodingError, decode_content
from alertproof.standins.sentry.intake.direct import EnvelopeDoor, whole_body
from alertproof.standins.sentry.intake.limits import Limits, check_sizes
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.store import Received, Store

__all__ = ["Intake"]


@final
class Intake:
    """The write side of the stand-in: what all endpoints share, and those that take envelopes and events."""

    def __init__(self, store: Store, clock: Clock, gate: Gate, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self.gate = gate
        self.door = EnvelopeDoor(self, gate)

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [
            self.door.route(),
            open_route("/api/{project_id}/store/", self._event),
            open_route("/api/store/", self._event),
            open_route("/tunnel", self._tunnel),
        ]

    async def content(self, request: Request) -> bytes:
        """Return the body, undone from its content encoding; raises `EncodingError` beyond 200 MiB."""
        return decode_content(await whole_body(request.receive), request.headers.get("content-encoding", ""))

    def project(self, request: Request) -> Project:
        """Return the project that a request without an envelope may write to; raises `RefusedError`."""
        key = request_key(request)
        if not key:
            raise RefusedError(401, "missing authorization information")
        wanted = request.path_params.get("project_id")
        return self.gate.by_key(key) if wanted is None else self.gate.project(wanted, key)

    def take(
        self, project: Project, envelope: Envelope, raw: bytes | None = None, encoding: str = ""
    ) -> dict[str, str]:
        """Keep an envelope and return headers for the answer; ``raw`` are its bytes, if it came as such.

        Raises:
            RefusedError: too large (413), or a rate limit is in force (429); what no limit drops is kept even then.
            LedgerError: it could not be written to the store, and is not kept.
        """
        dropped, hit = self._limits.hits(envelope)
        received = Received(
            project=project,
            raw=encode_envelope(envelope) if raw is None else raw,
            encoding=encoding,
            event_id=envelope.event_id,
            at=self._clock.now(),
            limited=dropped,
        )
        try:
            check_sizes(envelope)
        except RefusedError:
            self._store.refuse(received, "too_large")
            raise
        self._store.accept(received)
        if hit:
            raise self._limits.refusal(hit)
        return self._limits.headers(())

    async def _tunnel(self, request: Request) -> Response:
        """Take what a browser sends past blockers: the envelope's own DSN says where to, and must be one of ours."""
        data = await self.content(request)
        envelope = parse_envelope(data)
        host, project_id, key = dsn_parts(envelope.headers.get("dsn"))
        if host != request.url.netloc:
            raise RefusedError(403, "the tunnel leads only to this server", f"the DSN's host is {host[:200]!r}")
        headers = self.take(self.gate.project(project_id, key), envelope, data)
        return JSONResponse({"id": envelope.event_id} if envelope.event_id else {}, headers=headers)

    async def _event(self, request: Request) -> Response:
        project = self.project(request)
        payload = _plain(await self.content(request))
        try:
            document = decode_json(payload)
        except NotJsonError as error:
            raise RefusedError(400, "invalid event data", str(error)) from error
        if not isinstance(document, dict):
            raise RefusedError(400, "invalid event data", "not a JSON object")
        given = document.get("event_id")
        identity = given.replace("-", "").lower() if isinstance(given, str) and given else uuid.uuid4().hex
        kind = "transaction" if document.get("type") == "transaction" else "event"
        envelope = Envelope({"event_id": identity}, (Item({"type": kind}, payload),))
        return JSONResponse({"id": identity}, headers=self.take(project, envelope))


def _plain(body: bytes) -> bytes:
    """Undo what SDKs of old did to a body by themselves: base64, and zlib inside."""
    if body.lstrip().startswith(b"{"):
        return body
    try:
        return decode_content(base64.b64decode(body, validate=True), "deflate")
    except (binascii.Error, zlib.error, EncodingError):
        return body
