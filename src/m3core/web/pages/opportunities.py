"""The pipeline: a board with a column for each stage, a form for a new deal and one in each deal to move it."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Form, Path
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse, Response

from m3core.inputs import Text
from m3core.web.visitor import FromHere, LoggedIn

__all__ = ["OPEN", "STAGES", "opportunity_pages"]

opportunity_pages = APIRouter()
#: In the order of a deal's life; from one that is closed it does not move on.
OPEN = ("qualification", "proposal", "negotiation")
STAGES = (*OPEN, "won", "lost")
#: So many of a stage are shown, the newest; its sum counts all.
_SHOWN = 20
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)


class OpportunityForm(BaseModel):
    """The fields of a new opportunity, as they were typed."""

    name: Text = ""
    amount: Text = ""


@opportunity_pages.get("/pipeline")
async def board(visitor: LoggedIn) -> HTMLResponse:
    """Show the board."""
    pipeline, *columns = await asyncio.gather(
        visitor.call("GET", "/api/pipeline"),
        *(
            visitor.call("GET", "/api/opportunities", query={"stage": stage, "limit": _SHOWN, "offset": 0})
            for stage in STAGES
        ),
    )
    sums = {stage["stage"]: stage for stage in pipeline.body["stages"]}
    shown = {stage: column.body["items"] for stage, column in zip(STAGES, columns, strict=True)}
    return visitor.page("pipeline.html", stages=STAGES, still_open=OPEN, sums=sums, shown=shown)


@opportunity_pages.get("/pipeline/new")
async def new_opportunity_form(visitor: LoggedIn) -> HTMLResponse:
    """Show the form for a new opportunity."""
    return visitor.page("new_opportunity.html", values={}, wrong=set())


@opportunity_pages.post("/pipeline", dependencies=[FromHere])
async def create_opportunity(visitor: LoggedIn, form: Annotated[OpportunityForm, Form()]) -> Response:
    """Create an opportunity and show the board."""
    values = form.model_dump()
    cents = _cents(form.amount)
    if cents is None:
        return visitor.page("new_opportunity.html", status=422, values=values, wrong={"amount"})
    asked = {"name": form.name, "amount_cents": cents}
    answer = await visitor.call("POST", "/api/opportunities", json=asked, expected={422})
    if answer.status == 422:
        wrong = {field.removesuffix("_cents") for field in answer.wrong_fields()}
        return visitor.page("new_opportunity.html", status=422, values=values, wrong=wrong)
    return RedirectResponse("/pipeline", 303)


@opportunity_pages.post("/pipeline/{id}/stage", dependencies=[FromHere])
async def move(
    visitor: LoggedIn,
    id: Annotated[int, Path(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the route
    stage: Annotated[Text, Form()],
) -> RedirectResponse:
    """Move an opportunity to another stage; one that somebody else has closed meanwhile stays as it is."""
    path, route = f"/api/opportunities/{id}/stage", "/api/opportunities/:id/stage"
    missing = "There is no such opportunity."
    await visitor.call("POST", path, route=route, json={"stage": stage}, expected={409}, missing=missing)
    return RedirectResponse("/pipeline", 303)


def _cents(text: str) -> int | None:
    """Return an amount as people write it, such as "12,500.50", in cents; None when it is none in whole cents."""
    plain = text.strip().removeprefix("$").replace(",", "")
    if not _AMOUNT.fullmatch(plain):
        return None
    return int(Decimal(plain) * 100)
