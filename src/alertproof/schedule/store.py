"""The history of scheduled runs: SQLite (WAL) in a file, or Postgres that several locations share.

A run is written down before it begins and ended once. What a kill left open is settled by the next scheduler of the
same location: such a run could not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, final
from uuid import uuid4

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, make_url, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from alertproof.errors import ConfigError
from alertproof.schedule.record import Claim, Gap, PlannedCheck, ScheduledRun
from alertproof.schedule.tables import CHECKS, GAPS, METADATA, RUNS, SCHEMA, SCHEMA_VERSION
from alertproof.schedule.timetable import Timetable
from alertproof.schedule.wire import Ended, Quarantine, Vitals
from alertproof.verdict import Verdict

__all__ = ["Store"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WAIT = 15  # seconds for another process that writes
INTERRUPTED = "the scheduler was ended while this ran: how it would have ended nobody knows"


@final
class Store:
    """The history at ``where``: a path, or an address that SQLAlchemy knows."""

    def __init__(self, where: str | Path) -> None:
        self.url = _url(where)
        #: Where it is, without a password.
        self.shown = self.url.render_as_string(hide_password=True)
        try:
            self._engine = _engine(self.url)
            with self._begin() as open_:
                METADATA.create_all(open_)
                _check_schema(open_, self.shown)
        except ModuleNotFoundError as error:
            raise ConfigError(f"{self.shown} needs {error.name}: pip install {error.name}") from error
        except (DBAPIError, OSError) as error:
            raise ConfigError(f"{self.shown} cannot be used as a history: {_gist(error)}") from error

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self._engine.begin() as open_:
            yield open_

    def plan(self, checks: Iterable[PlannedCheck], *, location: str, at: datetime) -> None:
        """Write down what is run at a location from now on, instead of what was run there."""
        rows = [
            {
                "check": one.name,
                "location": location,
                "kind": one.kind,
                "every": _us(one.timetable.every),
                "jitter": _us(one.timetable.jitter),
                "quarantine": msgspec.json.encode(one.quarantine).decode() if one.quarantine else "",
                "since": _at(at),
            }
            for one in checks
        ]
        with self._begin() as open_:
            open_.execute(CHECKS.delete().where(CHECKS.c.location == location))
            if rows:
                open_.execute(insert(CHECKS), rows)

    def planned(self) -> list[PlannedCheck]:
        """Return what is run, at all locations, sorted by name and location."""
        with self._begin() as open_:
            rows = open_.execute(select(CHECKS).order_by(CHECKS.c.check, CHECKS.c.location)).mappings().all()
        return [
            PlannedCheck(
                name=row["check"],
                kind=row["kind"],
                location=row["location"],
                timetable=timetable_of(row["check"], row["location"], _span(row["every"]), _span(row["jitter"])),
                quarantine=msgspec.json.decode(row["quarantine"], type=Quarantine) if row["quarantine"] else None,
            )
            for row in rows
        ]

    def settle(self, *, location: str, at: datetime) -> list[str]:
        """End the runs of a location that a kill left open, as broken; return their ids."""
        with self._begin() as open_:
            mine = (RUNS.c.location == location) & RUNS.c.ended.is_(None)
            left = list(open_.execute(select(RUNS.c.id).where(mine).order_by(RUNS.c.began)).scalars())
            open_.execute(
                update(RUNS)
                .where(mine)
                .values(ended=_at(at), verdict=str(Verdict.BROKEN), reason=INTERRUPTED, interrupted=True)
            )
        return left

    def last_slot(self, check: str, location: str) -> int | None:
        """Return the last slot that was run or given up; None before the first."""
        with self._begin() as open_:
            return _last_slot(open_, check, location)

    def claim(self, check: PlannedCheck, *, network: str, at: datetime, why_missed: str) -> Claim | None:
        """Write down the intent to run the slot that has begun; None when it was run, or another has taken it.

        The slots between the last one and this are written down as a gap, for the reason ``why_missed``.
        """
        slot = check.timetable.at(at)
        run = uuid4().hex
        try:
            with self._begin() as open_:
                last = _last_slot(open_, check.name, check.location)
                if last is not None and last >= slot:
                    return None
                gap = self._gap(open_, check, first=slot if last is None else last + 1, end=slot, why=why_missed)
                open_.execute(
                    insert(RUNS).values(
                        id=run,
                        check=check.name,
                        location=check.location,
                        network=network,
                        kind=check.kind,
                        slot=slot,
                        due=_at(check.timetable.due(slot)),
                        began=_at(at),
                    )
                )
        except IntegrityError:
            return None  # another scheduler of the same location has it
        return Claim(run=run, slot=slot, due=check.timetable.due(slot), gap=gap)

    def skip(self, check: PlannedCheck, *, at: datetime, why: str) -> Gap | None:
        """Give up all slots that have begun and were not run."""
        with self._begin() as open_:
            last = _last_slot(open_, check.name, check.location)
            if last is None:
                return None
            return self._gap(open_, check, first=last + 1, end=check.timetable.at(at) + 1, why=why)

    def _gap(self, open_: Connection, check: PlannedCheck, *, first: int, end: int, why: str) -> Gap | None:
        if first >= end:
            return None
        gap = Gap(
            check=check.name,
            location=check.location,
            slots=end - first,
            since=check.timetable.due(first),
            until=check.timetable.due(end),
            why=why,
        )
        row = {"check": gap.check, "location": gap.location, "first": first, "last": end - 1, "why": why}
        open_.execute(insert(GAPS).values(**row, since=_at(gap.since), until=_at(gap.until)))
        return gap

    def finish(self, ended: Ended, *, at: datetime, quarantined: bool) -> bool:
        """Write the end of a run; False, and nothing is changed, when it has one already."""
        values = {
            "ended": _at(at),
            "verdict": str(ended.verdict),
            "reason": ended.reason,
            "earlier": msgspec.json.encode(ended.earlier).decode(),
            "took": None if ended.took is None else _us(ended.took),
            "vitals": "" if ended.vitals is None else msgspec.json.encode(ended.vitals).decode(),
            "records": "\n".join(ended.records),
            "quarantined": quarantined,
        }
        with self._begin() as open_:
            done = open_.execute(update(RUNS).where(RUNS.c.id == ended.run, RUNS.c.ended.is_(None)).values(**values))
            return done.rowcount == 1

    def runs(self, *, since: datetime, check: str = "", location: str = "") -> list[ScheduledRun]:
        """Return the runs that began since then, the oldest first; those under way too."""
        found = select(*[column for column in RUNS.c if column.name != "records"]).where(RUNS.c.began >= _at(since))
        if check:
            found = found.where(RUNS.c.check == check)
        if location:
            found = found.where(RUNS.c.location == location)
        with self._begin() as open_:
            rows = open_.execute(found.order_by(RUNS.c.began, RUNS.c.id)).mappings().all()
        return [_run(row) for row in rows]

    def records(self, run: str) -> list[str]:
        """Return the lines that a run left, as ``run.jsonl`` would hold them."""
        with self._begin() as open_:
            text = open_.execute(select(RUNS.c.records).where(RUNS.c.id == run)).scalar()
        return text.splitlines() if text else []

    def gaps(self, *, since: datetime) -> list[Gap]:
        """Return the gaps that ended since then, the oldest first."""
        with self._begin() as open_:
            rows = open_.execute(select(GAPS).where(GAPS.c.until >= _at(since)).order_by(GAPS.c.since)).mappings().all()
        return [
            Gap(
                check=row["check"],
                location=row["location"],
                slots=row["last"] - row["first"] + 1,
                since=_instant(row["since"]),
                until=_instant(row["until"]),
                why=row["why"],
            )
            for row in rows
        ]

    def forget(self, *, before: datetime) -> int:
        """Delete what ended before then; return how many runs that were. Each check's last run stays."""
        with self._begin() as open_:
            newest = select(func.max(RUNS.c.slot).label("slot"), RUNS.c.check, RUNS.c.location)
            kept = newest.group_by(RUNS.c.check, RUNS.c.location).subquery()
            old = (
                select(RUNS.c.id)
                .join(kept, (kept.c.check == RUNS.c.check) & (kept.c.location == RUNS.c.location))
                .where(RUNS.c.ended < _at(before), RUNS.c.slot < kept.c.slot)
            )
            gone = open_.execute(RUNS.delete().where(RUNS.c.id.in_(old.scalar_subquery())))
            open_.execute(GAPS.delete().where(GAPS.c.until < _at(before)))
            return gone.rowcount


def timetable_of(check: str, location: str, every: timedelta, jitter: timedelta) -> Timetable:
    """Return the timetable of a check at a location."""
    return Timetable(key=f"{check} at {location}", every=every, jitter=jitter)


def _last_slot(open_: Connection, check: str, location: str) -> int | None:
    ran = open_.execute(
        select(func.max(RUNS.c.slot)).where(RUNS.c.check == check, RUNS.c.location == location)
    ).scalar()
    of_gaps = select(func.max(GAPS.c.last)).where(GAPS.c.check == check, GAPS.c.location == location)
    known = [slot for slot in (ran, open_.execute(of_gaps).scalar()) if slot is not None]
    return max(known) if known else None


def _run(row: Any) -> ScheduledRun:
    return ScheduledRun(
        id=row["id"],
        check=row["check"],
        location=row["location"],
        network=row["network"],
        kind=row["kind"],
        slot=row["slot"],
        due=_instant(row["due"]),
        began=_instant(row["began"]),
        ended=None if row["ended"] is None else _instant(row["ended"]),
        verdict=None if row["verdict"] is None else Verdict(row["verdict"]),
        reason=row["reason"],
        earlier=tuple(msgspec.json.decode(row["earlier"], type=tuple[str, ...])) if row["earlier"] else (),
        took=None if row["took"] is None else _span(row["took"]),
        vitals=msgspec.json.decode(row["vitals"], type=Vitals) if row["vitals"] else None,
        quarantined=bool(row["quarantined"]),
        interrupted=bool(row["interrupted"]),
    )


def _url(where: str | Path) -> URL:
    text = str(where)
    if "://" not in text:
        path = Path(text)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{path.parent} cannot be made: {error.strerror}; name another place") from error
        return URL.create("sqlite", database=str(path))
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ConfigError("--store is not an address; write postgresql://USER@HOST/DATABASE, or a path") from error
    if url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {"postgresql", "sqlite"}:
        raise ConfigError(
            f"--store: no history in {url.drivername!r}; write postgresql://USER@HOST/DATABASE, or a path"
        )
    return url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _WAIT})
    engine = create_engine(url, connect_args={"timeout": _WAIT})

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # else the driver begins where it likes; see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _write_at_once(connection: Connection) -> None:
        # A transaction that reads first and writes then would be refused where another one wrote in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _check_schema(open_: Connection, shown: str) -> None:
    found = open_.execute(select(SCHEMA.c.version)).scalar()
    if found is None:
        open_.execute(insert(SCHEMA).values(version=SCHEMA_VERSION))
    elif found != SCHEMA_VERSION:
        raise ConfigError(
            f"{shown} was written by another version of alertproof (schema {found}, this one knows {SCHEMA_VERSION}); "
            "name another place, or move it away"
        )


def _gist(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _us(span: timedelta) -> int:
    return span // _MICROSECOND


def _span(us: int) -> timedelta:
    return timedelta(microseconds=us)


def _at(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)
