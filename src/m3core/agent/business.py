"""How the tenants' business goes: their leads, and how many of these became customers, and who works there."""

from __future__ import annotations

from typing import final

from sqlalchemy import func, select

from m3core.agent.gauges import Gauges
from m3core.database import Database, leads, tenants, users

__all__ = ["BusinessCollector"]

# Beginning with the tenants, so that one without any rows is told of as well.
_LEADS = (
    select(tenants.c.slug, func.count(leads.c.id), func.count(leads.c.converted_at))
    .select_from(tenants.outerjoin(leads))
    .group_by(tenants.c.slug)
)
_USERS = select(tenants.c.slug, func.count(users.c.id)).select_from(tenants.outerjoin(users)).group_by(tenants.c.slug)


@final
class BusinessCollector:
    """Sends leads.total, leads.conversion_rate and users.total of each tenant."""

    name = "business"

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self, gauges: Gauges) -> None:
        with self._database.reading() as connection:
            for tenant, total, converted in connection.execute(_LEADS):
                gauges.gauge("leads.total", total, tenant=tenant)
                if total:  # of no leads, no share became anything
                    gauges.gauge("leads.conversion_rate", converted / total, tenant=tenant)
            for tenant, total in connection.execute(_USERS):
                gauges.gauge("users.total", total, tenant=tenant)
