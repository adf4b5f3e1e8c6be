"""Opportunities of one tenant: what may be sold, for how much, and how far it has come."""

from __future__ import annotations

import logging
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Integer, String, and_, bindparam, case, exists, func, insert, select, update

from m3core.database import Database, leads, opportunities
from m3core.inputs import Line
from m3core.suspicion import note_foreign_record
from m3core.telemetry.metrics import Metrics
from m3core.telemetry.spans import span

__all__ = [
    "AlreadyClosed",
    "Move",
    "NewOpportunity",
    "NoSuchLead",
    "Opportunity",
    "OpportunityPage",
    "OpportunityStore",
    "Pipeline",
    "Stage",
    "StageTotal",
    "WonTotal",
]

_log = logging.getLogger(__name__)
#: A hundred million dollars: more than anybody sells here, and sums of many still fit a bigint.
_MOST_CENTS = 10_000_000_000


class Stage(StrEnum):
    """How far an opportunity has come; the last two close it."""

    QUALIFICATION = "qualification"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    WON = "won"
    LOST = "lost"

    @property
    def closed(self) -> bool:
        """Whether nothing comes after this stage."""
        return self in {Stage.WON, Stage.LOST}


class AlreadyClosed(Exception):
    """The opportunity has been won or lost before."""


class NoSuchLead(Exception):
    """The opportunity's lead is none of this tenant's."""


class NewOpportunity(BaseModel):
    """What a caller sends to create an opportunity; ``amount_cents`` in US cents."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    amount_cents: Annotated[int, Field(ge=0, le=_MOST_CENTS)]
    lead_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class Move(BaseModel):
    """What a caller sends to move an opportunity."""

    model_config = ConfigDict(extra="forbid")

    stage: Stage


class Opportunity(BaseModel):
    """An opportunity; ``amount_cents`` in US cents."""

    id: int
    name: str
    amount_cents: int
    stage: Stage
    lead_id: int | None
    created_at: datetime
    closed_at: datetime | None


class OpportunityPage(BaseModel):
    """Part of a list; ``total`` counts all of it."""

    items: list[Opportunity]
    total: int
    limit: int
    offset: int


class StageTotal(BaseModel):
    """What is in one stage; ``amount_cents`` is the sum."""

    stage: Stage
    count: int
    amount_cents: int


class WonTotal(BaseModel):
    """What was won in a span of time; ``amount_cents`` is the sum."""

    count: int
    amount_cents: int


class Pipeline(BaseModel):
    """Every stage in order, those with nothing in them as well, and what was won since the month began (UTC)."""

    stages: list[StageTotal]
    won_this_month: WonTotal


# Built once, as those of the leads.
_MINE = opportunities.c.tenant == bindparam("my_tenant")
_THIS = and_(_MINE, opportunities.c.id == bindparam("opportunity_id"))
_COLUMNS = [opportunities.c[name] for name in Opportunity.model_fields]
_IN_STAGE = opportunities.c.stage == bindparam("stage", type_=String)
_LIMIT, _OFFSET = bindparam("limit", type_=Integer), bindparam("offset", type_=Integer)
_PAGE = select(*_COLUMNS).where(_MINE).order_by(opportunities.c.id.desc()).limit(_LIMIT).offset(_OFFSET)
_COUNT = select(func.count()).select_from(opportunities).where(_MINE)
_SELECT = select(*_COLUMNS).where(_THIS)
_LOCK = _SELECT.with_for_update()
_KNOWS_LEAD = select(exists().where(leads.c.tenant == bindparam("my_tenant"), leads.c.id == bindparam("lead_id")))
_INSERT = insert(opportunities).returning(*_COLUMNS)
_NEXT = bindparam("next_stage", type_=String)
_MOVE = (
    update(opportunities)
    .where(_THIS)
    .values(stage=_NEXT, closed_at=case((_NEXT.in_(["won", "lost"]), func.now()), else_=None))
    .returning(*_COLUMNS)
)
_TOTALS = (
    select(opportunities.c.stage, func.count().label("number"), func.sum(opportunities.c.amount_cents).label("cents"))
    .where(_MINE)
    .group_by(opportunities.c.stage)
)
_THIS_MONTH = func.date_trunc("month", func.now(), "UTC")
_WON = select(
    func.count().label("number"), func.coalesce(func.sum(opportunities.c.amount_cents), 0).label("cents")
).where(_MINE, opportunities.c.stage == Stage.WON.value, opportunities.c.closed_at >= _THIS_MONTH)


@final
class OpportunityStore:
    """The opportunities of one tenant; no method can reach another's."""

    def __init__(self, database: Database, metrics: Metrics, *, tenant: str) -> None:
        self._database = database
        self._metrics = metrics
        self.tenant = tenant

    def page(self, *, stage: Stage | None, limit: int, offset: int) -> OpportunityPage:
        """Return opportunities, of one stage or of all, the newest first."""
        page, count, asked = _PAGE, _COUNT, self._my(limit=limit, offset=offset)
        if stage is not None:
            page, count, asked = _PAGE.where(_IN_STAGE), _COUNT.where(_IN_STAGE), {**asked, "stage": stage.value}
        with self._database.reading() as connection:
            rows = connection.execute(page, asked).all()
            total: int = connection.execute(count, asked).scalar_one()
        return OpportunityPage(items=[_read(row) for row in rows], total=total, limit=limit, offset=offset)

    def pipeline(self) -> Pipeline:
        """Return how many are in each stage and their sum, and the same of what was won this month."""
        with self._database.reading() as connection:
            found = {row.stage: row for row in connection.execute(_TOTALS, self._my())}
            won = connection.execute(_WON, self._my()).one()
        totals = [
            StageTotal(stage=stage, count=found[stage].number, amount_cents=int(found[stage].cents))
            if stage in found
            else StageTotal(stage=stage, count=0, amount_cents=0)
            for stage in Stage
        ]
        return Pipeline(stages=totals, won_this_month=WonTotal(count=won.number, amount_cents=int(won.cents)))

    def get(self, opportunity_id: int) -> Opportunity | None:
        """Return one opportunity, or None."""
        with self._database.reading() as connection:
            row = connection.execute(_SELECT, self._my(opportunity_id=opportunity_id)).one_or_none()
        if row is None:
            note_foreign_record(self._database, self._metrics, opportunities, opportunity_id, tenant=self.tenant)
            return None
        return _read(row)

    def create(self, new: NewOpportunity) -> Opportunity:
        """Insert an opportunity at the first stage; raises `NoSuchLead`."""
        values = {**new.model_dump(), "tenant": self.tenant, "stage": Stage.QUALIFICATION.value}
        with self._database.writing() as connection:
            if new.lead_id is not None and not connection.scalar(_KNOWS_LEAD, self._my(lead_id=new.lead_id)):
                raise NoSuchLead
            made = _read(connection.execute(_INSERT, values).one())
        self._metrics.count("opportunities.created", tenant=self.tenant)
        _log.info("opportunity created", extra={"opportunity_id": made.id})
        return made

    def move(self, opportunity_id: int, stage: Stage) -> Opportunity | None:
        """Move an opportunity; None when there is none, `AlreadyClosed` when it was won or lost before."""
        with span("opportunities.move"), self._database.writing() as connection:
            this = self._my(opportunity_id=opportunity_id)
            row = connection.execute(_LOCK, this).one_or_none()
            if row is None:
                return None
            if Stage(row.stage).closed:
                raise AlreadyClosed
            moved = _read(connection.execute(_MOVE, {**this, "next_stage": stage.value}).one())
        if stage.closed:
            self._metrics.count(f"opportunities.{stage}", tenant=self.tenant)
        if stage is Stage.WON:
            self._metrics.count("revenue.won", round(moved.amount_cents / 100), tenant=self.tenant)
        _log.info("opportunity moved", extra={"opportunity_id": opportunity_id, "stage": stage.value})
        return moved

    def _my(self, **values: Any) -> dict[str, Any]:
        return {"my_tenant": self.tenant, **values}


def _read(row: Any) -> Opportunity:
    return Opportunity.model_validate(dict(row._mapping))  # noqa: SLF001 - the documented way to a row's mapping
