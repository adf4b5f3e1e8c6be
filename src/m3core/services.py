"""What a request can use, put together once per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast, final

from fastapi import Request

from m3core.breakers import HeldFaults
from m3core.breakers.backlog import Backlog
from m3core.breakers.cache_flushed import CacheFlusher
from m3core.breakers.connections import ConnectionHog
from m3core.breakers.database_load import DatabaseLoad
from m3core.breakers.lock import LeadLock
from m3core.breakers.sentry import SentryLoss
from m3core.cache import Cache, connect
from m3core.database import Database
from m3core.faults import FaultDoor, Kind
from m3core.imports import ImportStore
from m3core.jobs import Jobs
from m3core.leads import LeadStore
from m3core.limits import TenantLimit
from m3core.logins import Logins
from m3core.opportunities import OpportunityStore
from m3core.presence import Presence
from m3core.settings import Settings
from m3core.status_notes import StatusNotes
from m3core.telemetry.metrics import Metrics
from m3core.telemetry.sentry_wire import WireTrouble
from m3core.tenants import Sessions
from m3core.users import UserStore

__all__ = ["Services", "assemble", "services_of"]


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
    logins: Logins
    limit: TenantLimit
    presence: Presence
    notes: StatusNotes
    door: FaultDoor
    held: HeldFaults
    flush: Callable[[], None]

    def leads_of(self, tenant: str) -> LeadStore:
        """Return one tenant's leads."""
        return LeadStore(self.database, self.cache, self.jobs, self.metrics, tenant=tenant)

    def opportunities_of(self, tenant: str) -> OpportunityStore:
        """Return one tenant's opportunities."""
        return OpportunityStore(self.database, self.metrics, tenant=tenant)

    def users_of(self, tenant: str) -> UserStore:
        """Return one tenant's users."""
        return UserStore(self.database, self.metrics, tenant=tenant)

    def imports_of(self, tenant: str) -> ImportStore:
        """Return one tenant's imports."""
        return ImportStore(self.database, self.jobs, tenant=tenant)


def assemble(settings: Settings, *, database: Database, signing_key: bytes, flush: Callable[[], None]) -> Services:
    """Put the parts together. Nothing is asked of the database or the cache yet."""
    client = connect(settings.redis_url, timeout=0.5)
    metrics = Metrics(settings)
    return Services(
        settings=settings,
        database=database,
        cache=Cache(client, metrics),
        jobs=Jobs(client),
        sessions=Sessions(signing_key),
        metrics=metrics,
        logins=Logins(database, metrics, settings),
        limit=TenantLimit(settings.rate_limit, metrics),
        presence=Presence(database),
        notes=StatusNotes(database),
        door=FaultDoor(),
        held=HeldFaults(
            {
                Kind.BACKLOG: Backlog(client),
                Kind.CACHE_FLUSHED: CacheFlusher(client),
                Kind.CONNECTIONS: ConnectionHog(settings.fault_database_url),
                Kind.DATABASE_LOAD: DatabaseLoad(settings.fault_database_url),
                Kind.LOCK: LeadLock(settings.fault_database_url),
                Kind.SENTRY_LIMITED: SentryLoss(WireTrouble.LIMITED, reported=settings.sentry_dsn is not None),
                Kind.SENTRY_UNREACHABLE: SentryLoss(WireTrouble.UNREACHABLE, reported=settings.sentry_dsn is not None),
            }
        ),
        flush=flush,
    )


def services_of(request: Request) -> Services:
    """Return the services of the application that took this request."""
    return cast("Services", request.app.state.services)
