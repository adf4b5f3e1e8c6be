"""Signs that somebody tries what they should not: counted, logged, and never told to the caller."""

from __future__ import annotations

import logging

from sqlalchemy import Table, select

from m3core.database import Database
from m3core.telemetry.metrics import Metrics

__all__ = ["note_foreign_record", "note_suspicion"]

_log = logging.getLogger(__name__)


def note_suspicion(metrics: Metrics, kind: str, *, tenant: str) -> None:
    """Count and log a sign of a kind, of a fixed set: ``tenant`` is whose data or accounts it is about."""
    _log.warning("suspicious: %s", kind, extra={"event": "suspicious", "kind": kind, "attempted_tenant": tenant})
    metrics.count("security.suspicious", tenant=tenant, kind=kind)


def note_foreign_record(database: Database, metrics: Metrics, table: Table, row_id: int, *, tenant: str) -> None:
    """Note a look for a row that is there and is another tenant's. To the caller it is a row that is not there."""
    with database.reading() as connection:
        owner = connection.scalar(select(table.c.tenant).where(table.c.id == row_id))
    if owner is not None and owner != tenant:
        note_suspicion(metrics, "foreign-record", tenant=tenant)
