"""Leads from a file: taken at once, read by the worker, and what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from m3core.api.answering import LIMITED, LoggedIn, answer, found
from m3core.imports import MOST_BYTES, Import, ImportStore
from m3core.inputs import RowId
from m3core.services import services_of

__all__ = ["import_routes"]

import_routes = APIRouter(prefix="/api", responses=LIMITED)
_TAKES = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string", "maxLength": MOST_BYTES}}}}
}


async def my_imports(request: Request, caller: LoggedIn) -> ImportStore:
    """Return the imports of the calling tenant."""
    return services_of(request).imports_of(str(caller.tenant))


async def csv_file(request: Request, _caller: LoggedIn) -> bytes:
    """Return the body: text/csv, and not too large, whatever its headers say."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise HTTPException(415, "send the file as it is, with Content-Type: text/csv")
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise HTTPException(413, f"a file may have {MOST_BYTES} bytes; split it")
    return bytes(content)


MyImports = Annotated[ImportStore, Depends(my_imports)]
CsvFile = Annotated[bytes, Depends(csv_file)]


@import_routes.post(
    "/imports",
    status_code=202,
    response_model=Import,
    openapi_extra=_TAKES,
    responses={
        413: {"description": "the file is too large"},
        415: {"description": "this is no text/csv"},
        503: {"description": "the queue does not take it at the moment"},
    },
)
def start_import(imports: MyImports, content: CsvFile) -> Response:
    """Take a CSV file of leads: a header line with name, company and email, and perhaps phone and source."""
    started = imports.start(content)
    if started is None:
        raise HTTPException(503, "the queue does not take it at the moment; try again")
    return answer(started, 202)


@import_routes.get("/imports/{id}", response_model=Import, responses={404: {"description": "there is no such import"}})
def read_import(imports: MyImports, id: RowId) -> Response:  # noqa: A002 - the name in the route
    """Say how far an import has come, and which lines were rejected and why."""
    return answer(found(imports.get(id), "import"))
