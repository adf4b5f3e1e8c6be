"""Chunked uploads of source maps and debug files, as far as sentry-cli needs them to end well.

Chunks are checked against their SHA-1 and counted, not kept: nothing here is symbolicated.
Source: sentry-cli (api, chunk upload); getsentry/sentry (chunk.py, artifactbundle assemble).
"""

from __future__ import annotations

import hashlib
import zlib
from collections import OrderedDict
from collections.abc import AsyncGenerator
from typing import final

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.standins.sentry.web.asking import Asking, address, answer, guarded, read
from alertproof.standins.sentry.web.paging import BadRequestError, only

__all__ = ["Uploads"]

_MIB = 1024 * 1024
_CHUNK = 8 * _MIB
_REQUEST = 32 * _MIB
#: Checksums that are remembered at most.
_KEPT = 10_000


class _Assemble(msgspec.Struct):
    checksum: str
    chunks: list[str]
    projects: list[str] = []
    version: str | None = None
    dist: str | None = None


class _File(msgspec.Struct):
    name: str
    chunks: list[str]
    debug_id: str | None = None


@final
class Uploads:
    """Which chunks were uploaded, and the routes."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._chunks: OrderedDict[str, int] = OrderedDict()

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        organization = "/api/0/organizations/{org}"
        return [
            guarded(f"{organization}/chunk-upload/", self._options),
            guarded(f"{organization}/chunk-upload/", self._upload, "POST"),
            guarded(f"{organization}/artifactbundle/assemble/", self._bundle, "POST"),
            guarded(f"{organization}/releases/{{version}}/assemble/", self._bundle, "POST"),
            guarded("/api/0/projects/{org}/{project}/files/difs/assemble/", self._files, "POST"),
        ]

    async def _options(self, request: Request) -> Response:
        only(request)
        self._asking.projects(request)
        organization = request.path_params["org"]
        return answer(
            {
                "url": f"{address(request)}/api/0/organizations/{organization}/chunk-upload/",
                "chunkSize": _CHUNK,
                "chunksPerRequest": 64,
                "maxFileSize": 2048 * _MIB,
                "maxRequestSize": _REQUEST,
                "concurrency": 8,
                "hashAlgorithm": "sha1",
                "compression": ["gzip"],
                "accept": [
                    "debug_files", "release_files", "pdbs", "sources", "bcsymbolmaps", "il2cpp", "portablepdbs",
                    "artifact_bundles", "artifact_bundles_v2",
                ],
            }
        )  # fmt: skip

    async def _upload(self, request: Request) -> Response:
        self._asking.projects(request)
        body = bytearray()
        async for part in request.stream():
            body += part
            # The form around the chunks takes its share.
            if len(body) > _REQUEST + _MIB:
                raise BadRequestError("the request is larger than maxRequestSize")

        async def once() -> AsyncGenerator[bytes, None]:
            yield bytes(body)

        try:
            form = await MultiPartParser(request.headers, once(), max_part_size=_CHUNK).parse()
        except (MultiPartException, KeyError) as error:
            raise BadRequestError(f"the chunks cannot be read: {error}") from error
        try:
            for name, file in form.multi_items():
                if isinstance(file, UploadFile):
                    data = await file.read()
                    self._keep(file.filename or "", _unpacked(data) if name == "file_gzip" else data)
        finally:
            await form.close()
        return Response()

    def _keep(self, checksum: str, data: bytes) -> None:
        if hashlib.sha1(data, usedforsecurity=False).hexdigest() != checksum:
            raise BadRequestError(f"the checksum of the chunk {checksum[:100]!r} is another")
        self._chunks[checksum] = len(data)
        while len(self._chunks) > _KEPT:
            self._chunks.popitem(last=False)

    async def _bundle(self, request: Request) -> Response:
        self._asking.projects(request)
        return answer(self._state((await read(request, _Assemble)).chunks))

    async def _files(self, request: Request) -> Response:
        self._asking.project(request)
        wanted = await read(request, dict[str, _File])
        return answer({checksum: self._state(each.chunks) for checksum, each in wanted.items()})

    def _state(self, chunks: list[str]) -> dict[str, object]:
        missing = [chunk for chunk in chunks if chunk not in self._chunks]
        return {"state": "not_found" if missing or not chunks else "ok", "missingChunks": missing, "detail": None}


def _unpacked(data: bytes) -> bytes:
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = stream.decompress(data, _CHUNK + 1)
    except zlib.error as error:
        raise BadRequestError(f"the chunk is not gzip: {error}") from error
    if len(unpacked) > _CHUNK:
        raise BadRequestError("the chunk is larger than chunkSize")
    return unpacked
