"""What is no envelope when it comes: browsers' reports, crash dumps, attachments of an event, and check-ins by URL.

Each becomes an item of an envelope, as in Relay. A crash report is kept whole and its event is Relay's placeholder:
nothing here reads dumps. Browsers' reports are kept as items and make no issue.
Source: getsentry/relay (endpoints/security_report.rs, nel.rs, minidump.rs, attachments.rs, unreal.rs, monitor.rs).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alertproof.sentry import Envelope, Item
from alertproof.sentry.wire import NotJsonError, decode_json
from alertproof.standins.sentry.intake.answers import RefusedError, open_route
from alertproof.standins.sentry.intake.envelopes import Intake

__all__ = ["Others"]

_ID = re.compile(r"[0-9a-f]{32}")
_DUMP = "upload_file_minidump"
_STATES = frozenset({"in_progress", "ok", "error"})


class Others:
    """The endpoints of Relay that take something else than envelopes."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        root = "/api/{project_id}"
        both = ("GET", "POST")
        return [
            open_route(f"{root}/security/", self._report),
            open_route(f"{root}/csp-report/", self._report),
            open_route(f"{root}/nel/", self._nel),
            open_route(f"{root}/minidump", self._minidump),
            open_route(f"{root}/minidump/", self._minidump),
            open_route(f"{root}/events/{{event_id}}/attachments/", self._attachments),
            open_route(f"{root}/unreal/{{sentry_key}}/", self._unreal),
            open_route(f"{root}/cron/{{slug}}/{{sentry_key}}/", self._check_in, methods=both),
            open_route(f"{root}/cron/{{slug}}/{{sentry_key}}", self._check_in, methods=both),
            open_route(f"{root}/cron/{{slug}}/", self._check_in, methods=both),
            open_route(f"{root}/cron/{{slug}}", self._check_in, methods=both),
        ]

    async def _report(self, request: Request) -> Response:
        project = self._intake.project(request)
        payload = await self._intake.content(request)
        _object(payload, "security report")
        envelope = Envelope({"event_id": uuid.uuid4().hex}, (Item({"type": "raw_security"}, payload),))
        return Response(headers=self._intake.take(project, envelope))

    async def _nel(self, request: Request) -> Response:
        project = self._intake.project(request)
        payload = await self._intake.content(request)
        try:
            reports = decode_json(payload)
        except NotJsonError as error:
            raise RefusedError(400, "invalid network report", str(error)) from error
        listed = reports if isinstance(reports, list) else [reports]
        items = tuple(Item({"type": "nel"}, msgspec.json.encode(report)) for report in listed)
        return Response(headers=self._intake.take(project, Envelope({}, items)))

    async def _minidump(self, request: Request) -> Response:
        project = self._intake.project(request)
        if "multipart/" in request.headers.get("content-type", ""):
            files = await self._files(request)
        else:
            files = [(_DUMP, "Minidump", "application/x-dmp", await self._intake.content(request))]
        if _DUMP not in [name for name, *_ in files]:
            raise RefusedError(400, "missing minidump")
        items = [_crash("Minidump", "native", "minidump")]
        for name, filename, content_type, data in files:
            if name == _DUMP and not data.startswith((b"MDMP", b"PMDM")):
                raise RefusedError(400, "invalid minidump")
            kind = "event.minidump" if name == _DUMP else "event.attachment"
            items.append(_attachment(filename or name, content_type, data, kind))
        return self._crashed(project, items)

    async def _unreal(self, request: Request) -> Response:
        project = self._intake.project(request)
        data = await self._intake.content(request)
        if not data:
            raise RefusedError(400, "empty body")
        items = [
            _crash("Unreal", "native", "unreal"),
            _attachment("unreal", "application/octet-stream", data, "unreal"),
        ]
        return self._crashed(project, items)

    def _crashed(self, project: Any, items: list[Item]) -> Response:
        identity = uuid.uuid4()
        headers = self._intake.take(project, Envelope({"event_id": identity.hex}, tuple(items)))
        return PlainTextResponse(str(identity), headers=headers)

    async def _attachments(self, request: Request) -> Response:
        project = self._intake.project(request)
        identity = request.path_params["event_id"].replace("-", "").lower()
        if not _ID.fullmatch(identity):
            raise RefusedError(400, "invalid event id", f"not 32 hex digits: {identity[:100]!r}")
        files = await self._files(request)
        items = [_attachment(filename or name, kind, data, "event.attachment") for name, filename, kind, data in files]
        headers = self._intake.take(project, Envelope({"event_id": identity}, tuple(items)))
        return Response(status_code=201, headers=headers)

    async def _check_in(self, request: Request) -> Response:
        project = self._intake.project(request)
        body = await self._intake.content(request)
        document = _object(body, "check-in") if body else {}
        given = {name: value for name, value in request.query_params.items() if not name.startswith("sentry_")}
        document = {"status": "unknown", **document, **given, "monitor_slug": request.path_params["slug"]}
        document.setdefault("check_in_id", uuid.UUID(int=0).hex)
        if document["status"] not in _STATES:
            raise RefusedError(
                400, "invalid check-in", f"status is one of {sorted(_STATES)}, got {document['status']!r}"
            )
        if "duration" in given:
            document["duration"] = _seconds(given["duration"])
        item = Item({"type": "check_in"}, msgspec.json.encode(document))
        headers = self._intake.take(project, Envelope({"event_id": uuid.uuid4().hex}, (item,)))
        return Response(status_code=202, headers=headers)

    async def _files(self, request: Request) -> list[tuple[str, str, str, bytes]]:
        """Return (field, file name, content type, bytes) of each file of a multipart form."""
        body = await self._intake.content(request)

        async def once() -> AsyncGenerator[bytes, None]:
            yield body

        try:
            form = await MultiPartParser(request.headers, once(), max_part_size=len(body)).parse()
        except (MultiPartException, KeyError) as error:
            raise RefusedError(400, "invalid multipart data", str(error)) from error
        found = []
        for name, part in form.multi_items():
            if isinstance(part, UploadFile):
                found.append((name, part.filename or "", part.content_type or "", await part.read()))
        await form.close()
        return found


def _object(payload: bytes, what: str) -> dict[str, Any]:
    try:
        document = decode_json(payload)
    except NotJsonError as error:
        raise RefusedError(400, f"invalid {what}", str(error)) from error
    if not isinstance(document, dict):
        raise RefusedError(400, f"invalid {what}", "not a JSON object")
    return document


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RefusedError(400, "invalid check-in", f"duration is no number: {text[:100]!r}") from None


def _attachment(filename: str, content_type: str, data: bytes, kind: str) -> Item:
    headers = {"type": "attachment", "filename": filename, "attachment_type": kind}
    return Item(headers | ({"content_type": content_type} if content_type else {}), data)


def _crash(kind: str, platform: str, mechanism: str) -> Item:
    # The placeholder that Relay writes until the dump is processed.
    exception = {
        "type": kind,
        "value": f"Invalid {kind}",
        "mechanism": {"type": mechanism, "handled": False, "synthetic": True},
    }
    event = {"platform": platform, "level": "fatal", "exception": {"values": [exception]}}
    return Item({"type": "event"}, msgspec.json.encode(event))
