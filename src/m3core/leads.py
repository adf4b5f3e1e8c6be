"""Leads of one tenant: list, search, create, read, convert."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, final

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Integer, Row, String, and_, bindparam, func, insert, select, update

from m3core.cache import Cache
from m3core.database import Database, activities, leads
from m3core.inputs import Email, Line, Text
from m3core.jobs import Jobs, lead_key
from m3core.suspicion import note_foreign_record
from m3core.telemetry.metrics import Metrics
from m3core.telemetry.spans import span

__all__ = ["COUNT_KEY", "KNOWN_SOURCES", "AlreadyConverted", "Lead", "LeadPage", "LeadStore", "LeadSummary", "NewLead"]

_log = logging.getLogger(__name__)
#: The key of the number of leads in a tenant's cache.
COUNT_KEY = "leads:count"
KNOWN_SOURCES = frozenset({"campaign", "fair", "import", "referral", "web"})


class AlreadyConverted(Exception):
    """The lead has been converted before."""


class NewLead(BaseModel):
    """What a caller sends to create a lead."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    company: Line
    email: Email
    phone: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    source: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}$")] = "web"


class LeadSummary(BaseModel):
    """A lead as a list shows it."""

    id: int
    name: str
    company: str
    email: str
    status: str
    score: int | None


class Lead(LeadSummary):
    """A lead with all its fields."""

    phone: str
    source: str
    created_at: datetime
    converted_at: datetime | None


class LeadPage(BaseModel):
    """Part of a list; ``total`` counts all of it."""

    items: list[LeadSummary]
    total: int
    limit: int
    offset: int


class Conversion(BaseModel):
    """How many leads there are, and how many of them became customers."""

    total: int
    converted: int


# Built once: building a statement costs more than running it. Every one of them asks for _MINE.
_MINE = leads.c.tenant == bindparam("my_tenant")
_THIS = and_(_MINE, leads.c.id == bindparam("lead_id"))
_SUMMARY = [leads.c[name] for name in LeadSummary.model_fields]
_DETAIL = [leads.c[name] for name in Lead.model_fields]
_SELECT_PAGE = (
    select(*_SUMMARY)
    .where(_MINE)
    .order_by(leads.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
    .offset(bindparam("offset", type_=Integer))
)
_SELECT_COUNT = select(func.count()).select_from(leads).where(_MINE)
_SELECT_CONVERSION = select(func.count().label("total"), func.count(leads.c.converted_at).label("converted")).where(
    _MINE
)
_SELECT_FOUND = (
    select(*_SUMMARY, func.count().over().label("total"))
    .where(_MINE, func.strpos(leads.c.search_text, func.lower(bindparam("words", type_=String))) > 0)
    .order_by(leads.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_SELECT_LEAD = select(*_DETAIL).where(_THIS)
_SELECT_STATUS = select(leads.c.status).where(_THIS).with_for_update()
_CONVERT = update(leads).where(_THIS).values(status="converted", converted_at=func.now()).returning(*_DETAIL)
_INSERT = insert(leads).returning(*_DETAIL)


@final
class LeadStore:
    """The leads of one tenant; no method can reach another's."""

    def __init__(self, database: Database, cache: Cache, jobs: Jobs, metrics: Metrics, *, tenant: str) -> None:
        self._database = database
        self._cache = cache
        self._jobs = jobs
        self._metrics = metrics
        self.tenant = tenant

    def page(self, *, limit: int, offset: int) -> LeadPage:
        """Return leads, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_SELECT_PAGE, self._my(limit=limit, offset=offset)).all()
        return _page(rows, total=self._count(), limit=limit, offset=offset)

    def conversion(self) -> Conversion:
        """Return how many leads there are, and how many of them became customers."""
        with self._database.reading() as connection:
            row = connection.execute(_SELECT_CONVERSION, self._my()).one()
        return Conversion(total=row.total, converted=row.converted)

    def search(self, words: str, *, limit: int) -> LeadPage:
        """Return leads whose name, company and e-mail, one after the other, contain ``words``; the newest first."""
        started = time.perf_counter()
        with span("leads.search") as searching, self._database.reading() as connection:
            rows = connection.execute(_SELECT_FOUND, self._my(words=words, limit=limit)).all()
            total: int = rows[0].total if rows else 0
            searching.set_attribute("leads.found", total)
        self._metrics.took("leads.searches", time.perf_counter() - started, tenant=self.tenant)
        return _page(rows, total=total, limit=limit, offset=0)

    def get(self, lead_id: int) -> Lead | None:
        """Return one lead, from the cache when it is there, or None."""
        key = lead_key(lead_id)
        cached = self._cache.get(self.tenant, key)
        if cached is not None:
            return Lead.model_validate_json(cached)
        with self._database.reading() as connection:
            row = connection.execute(_SELECT_LEAD, self._my(lead_id=lead_id)).one_or_none()
        if row is None:
            note_foreign_record(self._database, self._metrics, leads, lead_id, tenant=self.tenant)
            return None
        lead = _detail(row)
        self._cache.put(self.tenant, key, lead.model_dump_json().encode())
        return lead

    def create(self, new: NewLead) -> Lead:
        """Insert a lead and queue the jobs that follow: its score and the follow-up e-mail."""
        with self._database.writing() as connection:
            lead = _detail(connection.execute(_INSERT, {**new.model_dump(), "tenant": self.tenant}).one())
        self._cache.forget(self.tenant, COUNT_KEY)
        self._jobs.score_lead(self.tenant, lead.id)
        self._jobs.send_follow_up(self.tenant, lead.id)
        self._metrics.count("leads.created", tenant=self.tenant, source=_source(new.source))
        _log.info("lead created", extra={"lead_id": lead.id})
        return lead

    def convert(self, lead_id: int) -> Lead | None:
        """Make a customer of a lead; None when there is no such lead, `AlreadyConverted` the second time."""
        with span("leads.convert"), self._database.writing() as connection:
            this = self._my(lead_id=lead_id)
            row = connection.execute(_SELECT_STATUS, this).one_or_none()
            if row is None:
                return None
            if row.status == "converted":
                raise AlreadyConverted
            lead = _detail(connection.execute(_CONVERT, this).one())
            note = {"tenant": self.tenant, "lead_id": lead_id, "kind": "converted", "note": "became a customer"}
            connection.execute(insert(activities), [note])
        self._cache.outdate(self.tenant, lead_key(lead_id))
        self._jobs.send_follow_up(self.tenant, lead_id)
        self._metrics.count("leads.converted", tenant=self.tenant)
        _log.info("lead converted", extra={"lead_id": lead_id})
        return lead

    def _count(self) -> int:
        cached = self._cache.get(self.tenant, COUNT_KEY)
        if cached is not None:
            return int(cached)
        with self._database.reading() as connection:
            total: int = connection.execute(_SELECT_COUNT, self._my()).scalar_one()
        self._cache.put(self.tenant, COUNT_KEY, str(total).encode())
        return total

    def _my(self, **values: Any) -> dict[str, Any]:
        return {"my_tenant": self.tenant, **values}


def _source(source: str) -> str:
    """Return a lead's source as a tag: a caller may send any word, and each would be a time series."""
    return source if source in KNOWN_SOURCES else "other"


def _page(rows: Sequence[Row[*tuple[Any, ...]]], **about: int) -> LeadPage:
    # Read in one call: to construct the items one by one, unread, takes longer.
    return LeadPage.model_validate({"items": rows, **about}, from_attributes=True)


def _detail(row: Row[Any]) -> Lead:
    return Lead.model_construct(**row._mapping)  # noqa: SLF001 - the documented way to a row's mapping
