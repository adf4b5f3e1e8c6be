"""What a request can use, put together once per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast, final

from fastapi import Request

from m3core.cache import Cache
from m3core.database import Database
from m3core.faults import FaultDoor
from m3core.jobs import Jobs
from m3core.leads import LeadStore
from m3core.settings import Settings
from m3core.telemetry.metrics import Metrics
from m3core.tenants import Sessions

__all__ = ["Services", "services_of"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of the running API."""

    settings: Settings
    database: Database
    cache: Cache
    jobs: Jobs
    sessions: Sessions
    metrics: Metrics
    door: FaultDoor
    flush: Callable[[], None]

    def leads_of(self, tenant: str) -> LeadStore:
        """Return one tenant's leads."""
        return LeadStore(self.database, self.cache, self.jobs, tenant=tenant)


def services_of(request: Request) -> Services:
    """Return the services of the application that took this request."""
    return cast("Services", request.app.state.services)
