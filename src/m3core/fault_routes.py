"""The fault door's HTTP side, and the hook that lets faults hit requests."""

from __future__ import annotations

import asyncio
import hmac
import re
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool

from m3core.context import current_work
from m3core.faults import Fault, Kind, Match, Plant, lose_database
from m3core.services import Services, services_of

__all__ = ["apply_faults", "fault_routes"]

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
    seconds: Annotated[float, Field(gt=0, le=60)] | None = None
    plant: str | None = None
    match: MatchBody = MatchBody()
    lease_seconds: Annotated[float, Field(gt=0, le=3600)]

    @model_validator(mode="after")
    def _fits_its_kind(self) -> FaultBody:
        if (self.seconds is not None) != (self.kind is Kind.DELAY):
            raise ValueError("'seconds' belongs to a delay, and a delay needs it")
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
            seconds=self.seconds or 0.0,
            plant=Plant(self.plant) if self.plant is not None else None,
            match=Match(**self.match.model_dump()),
        )


async def apply_faults(request: Request) -> None:
    """Let the faults in force hit this request: delays first, then an error."""
    work = current_work()
    hits = services_of(request).door.strike(
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
        elif fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.seconds)
        else:
            broken = fault
    if broken is not None:
        lose_database(broken.plant)


async def _check_token(request: Request) -> None:
    expected = services_of(request).settings.fault_token or ""
    given = request.headers.get("X-Fault-Token", "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(403, "X-Fault-Token does not fit")


async def _refuse_in_production(request: Request) -> None:
    if services_of(request).settings.production:
        raise HTTPException(409, "faults are refused: M3CORE_ENVIRONMENT or DD_ENV says production")


# In this order: nobody without the token learns which environment this is.
_GUARDS = [Depends(_check_token), Depends(_refuse_in_production)]
fault_routes = APIRouter(prefix="/_faults", dependencies=_GUARDS, include_in_schema=False)


@fault_routes.post("", status_code=201)
async def inject(request: Request) -> dict[str, object]:
    """Put a fault in force. The body is read here, so that nobody without the token learns what it may hold."""
    services = services_of(request)
    try:
        body = FaultBody.model_validate_json(await request.body())
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_url=False, include_context=False, include_input=False)) from None
    services.door.inject(body.fault(), lease_seconds=body.lease_seconds)
    return {"id": body.id, "lease_seconds": body.lease_seconds}


@fault_routes.get("")
async def in_force(request: Request) -> list[dict[str, object]]:
    """List the faults in force."""
    return [
        {
            "id": known.fault.id,
            "kind": known.fault.kind,
            "matched": known.matched,
            "injected": known.injected,
            "lease_left_seconds": round(left, 3),
        }
        for known, left in services_of(request).door.in_force()
    ]


@fault_routes.delete("/{fault_id}", status_code=204)
async def revert(request: Request, fault_id: str) -> Response:
    """End a fault; one that is not in force is no error."""
    services_of(request).door.revert(fault_id)
    return Response(status_code=204)


@fault_routes.post("/flush")
async def flush(request: Request) -> dict[str, bool]:
    """Send what the instrumentation still holds: errors, transactions and spans."""
    services: Services = services_of(request)
    await run_in_threadpool(services.flush)
    return {"flushed": True}
