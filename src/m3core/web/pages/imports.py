"""The import of leads from a CSV file, and what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Path, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from m3core.web.visitor import FromHere, LoggedIn, Visitor

__all__ = ["import_pages"]

import_pages = APIRouter()
ImportId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_MOST = 2_000_000


@import_pages.get("/imports/new")
async def import_form(visitor: LoggedIn) -> HTMLResponse:
    """Show the form for a file."""
    return visitor.page("new_import.html", problem="")


@import_pages.post("/imports", dependencies=[FromHere])
async def start_import(visitor: LoggedIn, file: Annotated[UploadFile, File()]) -> Response:
    """Hand a file over and show what becomes of it."""
    if (file.size or 0) > _MOST:
        return visitor.page("new_import.html", status=413, problem="A file may have 2 MB. Please split it.")
    content = await file.read()
    if not content.strip():
        return visitor.page("new_import.html", status=422, problem="Please choose a file that holds something.")
    answer = await visitor.call(
        "POST", "/api/imports", content=content, content_type="text/csv", expected={400, 413, 422}
    )
    if answer.status >= 400:
        return visitor.page("new_import.html", status=answer.status, problem=answer.in_words())
    return RedirectResponse(f"/imports/{answer.body['id']}", 303)


@import_pages.get("/imports/{id}")
async def read_import(visitor: LoggedIn, id: ImportId) -> HTMLResponse:  # noqa: A002 - the name in the route
    """Show what became of a file; while it is going on the page looks again by itself."""
    found = await _state(visitor, id)
    return visitor.page("import.html", job=found, going_on=found["state"] == "queued")


@import_pages.get("/imports/{id}/state")
async def import_state(visitor: LoggedIn, id: ImportId) -> dict[str, object]:  # noqa: A002 - the name in the route
    """Say whether an import is still going on; asked by the page's script."""
    found = await _state(visitor, id)
    return {"state": found["state"], "going_on": found["state"] == "queued"}


async def _state(visitor: Visitor, import_id: str) -> dict[str, object]:
    path, missing = f"/api/imports/{import_id}", "There is no such import."
    found = await visitor.call("GET", path, route="/api/imports/:id", missing=missing)
    body: dict[str, object] = found.body
    return body
