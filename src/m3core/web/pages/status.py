"""What is wrong at the moment, for anybody who asks."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from m3core.web.parts import parts_of

__all__ = ["status_pages"]

status_pages = APIRouter()


@status_pages.get("/status")
async def status(request: Request) -> HTMLResponse:
    """Show the status notes: the open ones, and the last that were closed. Nobody needs to log in."""
    parts = parts_of(request)
    answer = await parts.api.call("GET", "/status")
    notes = answer.body["notes"]
    is_open = [note for note in notes if note["closed_at"] is None]
    return parts.draw.page("status.html", open=is_open, closed=[note for note in notes if note["closed_at"]])
