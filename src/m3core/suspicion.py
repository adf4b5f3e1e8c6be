"""Signs that somebody tries what they should not: counted, and never told to the caller."""

from __future__ import annotations

import logging

from sqlalchemy import Table, select

from m3core.database import Database
from m3core.telemetry.metrics import Metrics

__all__ = ["note_foreign_record", "note_rate_abuse"]

_log = logging.getLogger(__name__)


def note_foreign_record(database: Database, metrics: Metrics, table: Table, row_id: int, *, tenant: str) -> None:
    """Count a look for a row that is there and is another tenant's. To the caller it is a row that is not there."""
    with database.reading() as connection:
        owner = connection.scalar(select(table.c.tenant).where(table.c.id == row_id))
    if owner is not None and owner != tenant:
        _log.warning("another tenant's record was asked for", extra={"table": table.name})
        metrics.count("security.suspicious", tenant=tenant, kind="foreign-record")


def note_rate_abuse(metrics: Metrics, *, tenant: str) -> None:
    """Count that a tenant went on at least as long as it may send, after it was told to wait."""
    _log.warning("a tenant sends more than twice what it may")
    metrics.count("security.suspicious", tenant=tenant, kind="rate-abuse")
