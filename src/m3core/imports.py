"""Imports of one tenant: files of leads, taken at once and read by the worker."""

from __future__ import annotations

import logging
from datetime import datetime
from enum import StrEnum
from typing import Any, final

from pydantic import BaseModel
from sqlalchemy import bindparam, func, insert, select, update

from m3core.database import Database, imports
from m3core.jobs import Jobs

__all__ = ["MOST_BYTES", "Import", "ImportState", "ImportStore", "RejectedLine"]

#: So many bytes may a file have.
MOST_BYTES = 2_000_000
_log = logging.getLogger(__name__)


class ImportState(StrEnum):
    """How far an import has come."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class RejectedLine(BaseModel):
    """A line of the file that is no lead, and why; line 0 is the whole file."""

    line: int
    reason: str


class Import(BaseModel):
    """An import; ``problems`` are the first hundred of ``rejected``."""

    id: int
    state: ImportState
    imported: int
    rejected: int
    problems: list[RejectedLine]
    created_at: datetime
    finished_at: datetime | None


_COLUMNS = [imports.c[name] for name in Import.model_fields]
_ONE = select(*_COLUMNS).where(imports.c.tenant == bindparam("my_tenant"), imports.c.id == bindparam("import_id"))
_INSERT = insert(imports).returning(*_COLUMNS)
_NOT_QUEUED = (
    update(imports)
    .where(imports.c.id == bindparam("import_id"))
    .values(state="failed", content=None, finished_at=func.now(), problems=[{"line": 0, "reason": "it was not queued"}])
)


@final
class ImportStore:
    """The imports of one tenant; no method can reach another's."""

    def __init__(self, database: Database, jobs: Jobs, *, tenant: str) -> None:
        self._database = database
        self._jobs = jobs
        self.tenant = tenant

    def start(self, content: bytes) -> Import | None:
        """Keep a file and queue its reading; None when the queue does not take it."""
        values = {"tenant": self.tenant, "state": ImportState.QUEUED.value, "content": content, "problems": []}
        with self._database.writing() as connection:
            started = _read(connection.execute(_INSERT, values).one())
        if not self._jobs.import_leads(self.tenant, started.id):
            with self._database.writing() as connection:
                connection.execute(_NOT_QUEUED, {"import_id": started.id})
            return None
        _log.info("import queued", extra={"import_id": started.id, "bytes": len(content)})
        return started

    def get(self, import_id: int) -> Import | None:
        """Return one import, or None."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"my_tenant": self.tenant, "import_id": import_id}).one_or_none()
        return _read(row) if row else None


def _read(row: Any) -> Import:
    return Import.model_validate(dict(row._mapping))  # noqa: SLF001 - the documented way to a row's mapping
