"""What users are told of incidents. It needs no login: who cannot log in wants to know why."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from m3core.api.answering import answer
from m3core.services import services_of
from m3core.status_notes import State

__all__ = ["status_routes"]

status_routes = APIRouter()


class Note(BaseModel):
    """One incident, without its title: that is written for those who repair it."""

    state: State
    opened_at: datetime
    closed_at: datetime | None


class Status(BaseModel):
    """What GET /status answers, the open notes first."""

    notes: list[Note]


@status_routes.get("/status", response_model=Status)
def status(request: Request) -> Response:
    """Return the open notes and the last closed ones."""
    notes = [
        Note(
            state=row["state"],
            opened_at=row["opened_at"],
            closed_at=row["changed_at"] if row["state"] == State.RESOLVED else None,
        )
        for row in services_of(request).notes.recent()
    ]
    return answer(Status(notes=notes))
