"""The first page: how the business goes, and the newest leads."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from m3core.web.pages.opportunities import OPEN
from m3core.web.visitor import LoggedIn

__all__ = ["home_pages"]

home_pages = APIRouter()
_NEWEST = 5


@home_pages.get("/")
async def home(visitor: LoggedIn) -> HTMLResponse:
    """Show the pipeline's worth, what was won, and the newest leads."""
    # At once: neither needs the other.
    leads, pipeline = await asyncio.gather(
        visitor.call("GET", "/api/leads", query={"limit": _NEWEST}),
        visitor.call("GET", "/api/pipeline"),
    )
    stages = {stage["stage"]: stage for stage in pipeline.body["stages"]}
    return visitor.page("home.html", leads=leads.body, stages=stages, figures=_figures(stages))


def _figures(stages: dict[str, dict[str, Any]]) -> dict[str, float]:
    won, lost = (stages.get(name, {"count": 0, "amount_cents": 0}) for name in ("won", "lost"))
    closed = won["count"] + lost["count"]
    still_open = [stages[name] for name in OPEN if name in stages]
    return {
        "open": sum(stage["amount_cents"] for stage in still_open),
        "open_count": sum(stage["count"] for stage in still_open),
        "won": won["amount_cents"],
        "won_count": won["count"],
        "closed_count": closed,
        "win_rate": won["count"] / closed if closed else 0.0,
    }
