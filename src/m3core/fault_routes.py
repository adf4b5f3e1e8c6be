"""The fault door's HTTP side, and the hook that lets faults hit requests."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Literal, final

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool

from m3core.breakers import CannotBreak, HeldFaults
from m3core.context import current_work
from m3core.faults import Fault, FaultDoor, Kind, Match, Plant, lose_database
from m3core.services import services_of
from m3core.settings import Settings

__all__ = ["apply_faults", "fault_routes"]

_LINKS = (Kind.LATENCY, Kind.LOSS, Kind.BANDWIDTH, Kind.CUT)
#: What must be said of a fault of these kinds, and of no other.
_NEEDED = {
    "seconds": (Kind.DELAY, Kind.LATENCY),
    "jobs": (Kind.BACKLOG,),
    "connections": (Kind.CONNECTIONS,),
    "link": _LINKS,
    "bytes_per_second": (Kind.BANDWIDTH,),
}
#: A request that carries it, with the fault door's token for its value, fails: as by a test hook of a platform without
#: a fault door.
_FAIL = "X-Fail"
_PLANT = re.compile(r"[A-Za-z0-9._~!$&()*+,;=-]{4,200}")


class MatchBody(BaseModel):
    """Which requests; null matches every one."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, StringConstraints(pattern=r"^[/*]")] | None = None
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    tenant: str | None = None
    correlation_id: str | None = None


class FaultBody(BaseModel):
    """What POST /_faults takes."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
    kind: Kind
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    times: Annotated[int, Field(gt=0)] | None = None
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    seconds: Annotated[float, Field(gt=0, le=60)] | None = None
    jobs: Annotated[int, Field(gt=0, le=50_000)] | None = None
    connections: Annotated[int, Field(gt=0, le=1_000)] | None = None
    link: Literal["database", "cache", "logs"] | None = None
    bytes_per_second: Annotated[int, Field(ge=1_000, le=1_000_000_000)] | None = None
    plant: str | None = None
    match: MatchBody = MatchBody()
    lease_seconds: Annotated[float, Field(gt=0, le=3600)]

    @model_validator(mode="after")
    def _fits_its_kind(self) -> FaultBody:
        for name, kinds in _NEEDED.items():
            if (getattr(self, name) is not None) != (self.kind in kinds):
                raise ValueError(f"{name!r} belongs to {' and '.join(kinds)}, and is needed there")
        if not self.kind.of_requests and self.model_fields_set & {"times", "match"}:
            raise ValueError("'times' and 'match' belong to faults of requests")
        if not self.kind.of_requests and self.kind is not Kind.LOSS and "share" in self.model_fields_set:
            raise ValueError("'share' belongs to faults of requests and to loss")
        if self.status is not None and (self.kind is not Kind.ERROR or self.plant is not None):
            raise ValueError("'status' belongs to an error without a 'plant': no code fails that could hold one")
        if self.plant is not None and self.kind is not Kind.ERROR:
            raise ValueError("'plant' belongs to an error")
        if self.plant is not None and not _PLANT.fullmatch(self.plant):
            raise ValueError("'plant' must be 4 to 200 characters that can stand in a URL's password")
        return self

    def fault(self) -> Fault:
        """Return the fault asked for. The share is read as the decimal that was written."""
        return Fault(
            id=self.id,
            kind=self.kind,
            share=Fraction(repr(self.share)),
            times=self.times,
            status=self.status or 0,
            seconds=self.seconds or 0.0,
            jobs=self.jobs or 0,
            connections=self.connections or 0,
            link=self.link or "",
            bytes_per_second=self.bytes_per_second or 0,
            plant=Plant(self.plant) if self.plant is not None else None,
            match=Match(**self.match.model_dump()),
        )


async def apply_faults(request: Request) -> None:
    """Let the faults in force hit this request, delays first and then an error; or the one that it carries."""
    work, services = current_work(), services_of(request)
    if not services.settings.production and _fits(request.headers.get(_FAIL), services.settings):
        lose_database(None)
    hits = services.door.strike(
        path=request.url.path, method=request.method, tenant=work.tenant, correlation_id=work.correlation_id
    )
    broken: Fault | None = None
    for fault in hits:
        if fault.kind is Kind.SCRUBBING_OFF:
            work.scrub = False
        elif fault.kind is Kind.READ_ONLY:
            work.read_only = True
        elif fault.kind is Kind.JOBS_READ_ONLY:
            work.jobs_read_only = True
        elif fault.kind is Kind.RATE_LIMIT:
            work.over_limit = True
        elif fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.seconds)
        else:
            broken = fault
    if broken is not None:
        if broken.status:
            raise HTTPException(broken.status, "a fault stands")
        lose_database(broken.plant)


def fault_routes(
    settings: Settings, held: HeldFaults, *, requests: FaultDoor | None = None, flush: Callable[[], None] | None = None
) -> APIRouter:
    """Return the door of one process: faults that are ``held``, and of its ``requests`` where it answers any."""

    async def check_token(request: Request) -> None:
        if not _fits(request.headers.get("X-Fault-Token"), settings):
            raise HTTPException(403, "X-Fault-Token does not fit")

    async def refuse_in_production() -> None:
        if settings.production:
            raise HTTPException(409, "faults are refused: M3CORE_ENVIRONMENT or DD_ENV says production")

    # In this order: nobody without the token learns which environment this is.
    guards = [Depends(check_token), Depends(refuse_in_production)]
    routes = APIRouter(prefix="/_faults", dependencies=guards, include_in_schema=False)
    door = _Door(held, requests)
    routes.add_api_route("", door.inject, methods=["POST"], status_code=201)
    routes.add_api_route("", door.in_force, methods=["GET"])
    routes.add_api_route("/{fault_id}", door.revert, methods=["DELETE"], status_code=204)
    if flush is not None:
        routes.add_api_route("/flush", _flushing(flush), methods=["POST"])
    return routes


def _fits(given: str | None, settings: Settings) -> bool:
    given, expected = given or "", settings.fault_token or ""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _flushing(flush: Callable[[], None]) -> Callable[[], dict[str, bool]]:
    def flushed() -> dict[str, bool]:
        """Send what the instrumentation still holds: errors, transactions and spans."""
        flush()
        return {"flushed": True}

    return flushed


@final
class _Door:
    """Answers at ``/_faults``. What is held may wait, and does so in a thread; requests' faults never do."""

    def __init__(self, held: HeldFaults, requests: FaultDoor | None) -> None:
        self._held = held
        self._requests = requests

    async def inject(self, request: Request) -> dict[str, object]:
        """Put a fault in force. The body is read here, so that nobody without the token learns what it may hold."""
        try:
            body = FaultBody.model_validate_json(await request.body())
        except ValidationError as error:
            detail = error.errors(include_url=False, include_context=False, include_input=False)
            raise HTTPException(422, detail) from None
        if not body.kind.of_requests:
            try:
                await run_in_threadpool(self._held.inject, body.fault(), lease_seconds=body.lease_seconds)
            except CannotBreak as error:
                raise HTTPException(409, str(error)) from None
        elif self._requests is None:
            raise HTTPException(409, f"{body.kind} is not done at this door: it is the API's")
        else:
            self._requests.inject(body.fault(), lease_seconds=body.lease_seconds)
        return {"id": body.id, "lease_seconds": body.lease_seconds}

    async def in_force(self) -> list[dict[str, object]]:
        """List the faults in force, with how many requests matched and how many things are broken."""
        requests = self._requests.in_force() if self._requests else []
        return [
            *(_line(known.fault, left, matched=known.matched, injected=known.injected) for known, left in requests),
            *(
                _line(held.fault, left, matched=held.broken, injected=held.broken)
                for held, left in self._held.in_force()
            ),
        ]

    async def revert(self, fault_id: str) -> Response:
        """End a fault; one that is not in force is no error."""
        if self._requests is not None:
            self._requests.revert(fault_id)
        await run_in_threadpool(self._held.revert, fault_id)
        return Response(status_code=204)


def _line(fault: Fault, left: float, *, matched: int, injected: int) -> dict[str, object]:
    return {
        "id": fault.id,
        "kind": fault.kind,
        "matched": matched,
        "injected": injected,
        "lease_left_seconds": round(left, 3),
    }
