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
    """Show the pipeline's worth, what was won this month, how many leads were converted, and the newest of them."""
    # At once: none needs another.
    leads, pipeline, conversion = await asyncio.gather(
        visitor.call("GET", "/api/leads", query={"limit": _NEWEST}),
        visitor.call("GET", "/api/pipeline"),
        visitor.call("GET", "/api/leads/conversion"),
    )
    stages = {stage["stage"]: stage for stage in pipeline.body["stages"]}
    figures = _figures(stages, this_month=pipeline.body["won_this_month"], conversion=conversion.body)
    return visitor.page("home.html", leads=leads.body, stages=stages, figures=figures)


def _figures(
    stages: dict[str, dict[str, Any]], *, this_month: dict[str, int], conversion: dict[str, int]
) -> dict[str, float]:
    won, lost = (stages.get(name, {"count": 0, "amount_cents": 0}) for name in ("won", "lost"))
    closed = won["count"] + lost["count"]
    still_open = [stages[name] for name in OPEN if name in stages]
    return {
        "open": sum(stage["amount_cents"] for stage in still_open),
        "open_count": sum(stage["count"] for stage in still_open),
        "won": won["amount_cents"],
        "month": this_month["amount_cents"],
        "month_count": this_month["count"],
        "closed_count": closed,
        "win_rate": won["count"] / closed if closed else 0.0,
        "leads": conversion["total"],
        "converted": conversion["converted"],
        "conversion_rate": conversion["converted"] / conversion["total"] if conversion["total"] else 0.0,
    }
