"""The envelope endpoint, ``POST /api/{project_id}/envelope/``, as a bare ASGI app: most of what comes, comes here.

It answers as the other endpoints do and costs a third: no request and response objects, and a client's authorization is
read once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from alertproof.sentry import parse_envelope
from alertproof.standins.lane import Answer
from alertproof.standins.sentry.intake.answers import CORS, REFUSALS, preflight, refusal
from alertproof.standins.sentry.intake.auth import Gate, dsn_parts, request_key
from alertproof.standins.sentry.intake.decoding import MAX_ENVELOPE, EncodingError, decode_content
from alertproof.standins.sentry.issues import Project

if TYPE_CHECKING:
    from alertproof.standins.sentry.intake.envelopes import Intake

__all__ = ["ENVELOPES", "EnvelopeDoor", "whole_body"]

_PATH = re.compile(r"/api/([^/]+)/envelope/")
#: URLs of this endpoint, path and query, as SDKs write them.
ENVELOPES = re.compile(rb"/api/[0-9A-Za-z_.-]+/envelope/(\?[!$-~]*)?")
_AUTHORIZATION = frozenset({b"authorization", b"x-sentry-auth"})
_ALWAYS = (
    (b"content-type", b"application/json"),
    *((name.lower().encode(), value.encode()) for name, value in CORS.items()),
)
#: What makes two requests the same to the gate: path, query, headers of authorization.
_Asked: TypeAlias = tuple[str, bytes, tuple[tuple[bytes, bytes], ...]]


class _Admission(NamedTuple):
    """What a request's head says: how it asks, its content encoding, its project if that is known, else its key."""

    asked: _Asked
    encoding: str
    project: Project | None
    key: str


@final
class EnvelopeDoor:
    """The app of one endpoint."""

    #: So many ways to ask are remembered, each of so many bytes at most.
    KNOWN = 256
    LARGEST = 1024

    def __init__(self, intake: Intake, gate: Gate) -> None:
        self._intake = intake
        self._gate = gate
        self._known: dict[_Asked, Project] = {}

    def route(self) -> Route:
        """Return the route to mount, for what `first_of` does not take: another method."""
        return Route("/api/{project_id}/envelope/", self, methods=["POST", "OPTIONS"])

    def first_of(self, app: ASGIApp) -> ASGIApp:
        """Return an app that takes this endpoint's requests here and leaves all others to ``app``."""

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
            if found is None:
                await app(scope, receive, send)
            else:
                scope["path_params"] = {"project_id": found[1]}
                await self(scope, receive, send)

        return routed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await preflight(("POST",))(scope, receive, send)
            return
        try:
            # A key that cannot be read is refused before the body is.
            admission = self._admitted(scope)
            answer = self._answered(admission, await whole_body(receive))
        except REFUSALS as error:
            await refusal(error)(scope, receive, send)
            return
        status, headers, body = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def answer(self, scope: Scope, raw: bytes) -> Answer:
        """Answer a POST whose body is there: the same as the app does."""
        scope["path_params"] = {"project_id": scope["path"][len("/api/") : -len("/envelope/")]}
        try:
            return self._answered(self._admitted(scope), raw)
        except REFUSALS as error:
            refused = refusal(error)
            return refused.status_code, refused.raw_headers, bytes(refused.body)

    def _admitted(self, scope: Scope) -> _Admission:
        asked, encoding = _asked(scope)
        project = self._known.get(asked)
        return _Admission(asked, encoding, project, request_key(Request(scope)) if project is None else "")

    def _answered(self, admission: _Admission, raw: bytes) -> Answer:
        asked, encoding, project, key = admission
        # The order of the checks is Relay's: the form of the key, the body, then whose key it is.
        envelope = parse_envelope(decode_content(raw, encoding))
        if project is None:
            wanted = key or dsn_parts(envelope.headers.get("dsn"))[2]
            project = self._gate.project(asked[0], wanted)
            if key:
                self._remember(asked, project)
        event_id = envelope.event_id
        headers = self._intake.take(project, envelope, raw, encoding)
        # 200 means queued: what is wrong inside an event shows only when it is not there later.
        body = msgspec.json.encode({"id": event_id}) if event_id else b"{}"
        told = [(name.lower().encode(), value.encode()) for name, value in headers.items()] if headers else ()
        return 200, [(b"content-length", b"%d" % len(body)), *_ALWAYS, *told], body

    def _remember(self, asked: _Asked, project: Project) -> None:
        path, query, headers = asked
        if len(path) + len(query) + sum(len(value) for _, value in headers) > self.LARGEST:
            return
        if len(self._known) >= self.KNOWN:
            self._known.clear()
        self._known[asked] = project


def _asked(scope: Scope) -> tuple[_Asked, str]:
    """Return what the gate has to know of a request, and its content encoding."""
    encoding, authorization = None, []
    for pair in scope["headers"]:
        name = pair[0]
        if name in _AUTHORIZATION:
            authorization.append((name, pair[1]))
        elif name == b"content-encoding" and encoding is None:
            encoding = pair[1].decode("latin-1")
    return (scope["path_params"]["project_id"], scope["query_string"], tuple(authorization)), encoding or ""


async def whole_body(receive: Receive) -> bytes:
    """Return the body as it came; raises `EncodingError` 413 beyond 200 MiB."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_ENVELOPE:
            raise EncodingError("envelope exceeded size limits", status=413)
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)
