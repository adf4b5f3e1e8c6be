"""How the tenants' business goes: their leads, and how many of these became customers, what is for sale, who works."""

from __future__ import annotations

from datetime import timedelta
from typing import final

from sqlalchemy import func, select

from m3core.agent.gauges import Gauges
from m3core.database import Database, leads, opportunities, tenants, users
from m3core.opportunities import Stage

__all__ = ["BusinessCollector"]

#: Who has asked for something this recently is active.
_ACTIVE = timedelta(minutes=15)
_CLOSED = [stage.value for stage in Stage if stage.closed]
# All of them begin with the tenants, so that one without any rows is told of as well.
_LEADS = (
    select(tenants.c.slug, func.count(leads.c.id), func.count(leads.c.converted_at))
    .select_from(tenants.outerjoin(leads))
    .group_by(tenants.c.slug)
)
_OPEN_CENTS = func.sum(opportunities.c.amount_cents).filter(opportunities.c.stage.not_in(_CLOSED))
_PIPELINE = (
    select(tenants.c.slug, func.coalesce(_OPEN_CENTS, 0))
    .select_from(tenants.outerjoin(opportunities))
    .group_by(tenants.c.slug)
)
_USERS = (
    select(
        tenants.c.slug,
        func.count(users.c.id),
        func.count(users.c.id).filter(users.c.last_seen_at > func.now() - _ACTIVE),
    )
    .select_from(tenants.outerjoin(users))
    .group_by(tenants.c.slug)
)


@final
class BusinessCollector:
    """Sends leads.total, leads.conversion_rate, revenue.pipeline (in dollars), users.total and users.active."""

    name = "business"

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self, gauges: Gauges) -> None:
        with self._database.reading() as connection:
            found_leads = connection.execute(_LEADS).all()
            pipelines = connection.execute(_PIPELINE).all()
            people = connection.execute(_USERS).all()
        for tenant, total, converted in found_leads:
            gauges.gauge("leads.total", total, tenant=tenant)
            if total:  # of no leads, no share became anything
                gauges.gauge("leads.conversion_rate", converted / total, tenant=tenant)
        for tenant, cents in pipelines:
            gauges.gauge("revenue.pipeline", float(cents) / 100, tenant=tenant)
        for tenant, total, active in people:
            gauges.gauge("users.total", total, tenant=tenant)
            gauges.gauge("users.active", active, tenant=tenant)
