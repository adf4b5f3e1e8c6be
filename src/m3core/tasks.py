"""What the worker does: one function a job, called by its name."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from opentelemetry.propagate import extract
from rq import get_current_job
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from m3core.cache import Cache, connect
from m3core.context import Work, correlation_id_from, enter_work
from m3core.csv_leads import NotALeadFile, Rejected, read_leads
from m3core.database import Database, activities, imports, leads
from m3core.jobs import lead_key
from m3core.leads import COUNT_KEY, NewLead
from m3core.mail import Mailer
from m3core.pagerduty import write_note
from m3core.settings import Settings, load_settings
from m3core.status_notes import Source, StatusNotes
from m3core.telemetry.metrics import Metrics
from m3core.telemetry.sentry import checked_in, tag_errors
from m3core.telemetry.spans import span
from m3core.tidying import tidy

__all__ = ["annotate_incident", "import_leads", "score_lead", "send_follow_up", "tidy_up"]

_POINTS = {"referral": 40, "fair": 25, "campaign": 15, "web": 10}
_PROBLEMS_KEPT = 100
_log = logging.getLogger(__name__)


def score_lead(tenant: str, lead_id: int) -> None:
    """Give a lead its score, 0 to 100: where it came from, and whether it can be reached by phone."""
    with _working("score_lead", tenant):
        mine = (leads.c.tenant == tenant, leads.c.id == lead_id)
        with _database().writing() as connection:
            row = connection.execute(select(leads.c.source, leads.c.phone).where(*mine)).one_or_none()
            if row is None:
                _log.warning("lead to score is gone", extra={"lead_id": lead_id})
                return
            score = _score(row.source, row.phone)
            connection.execute(update(leads).where(*mine).values(score=score))
        _cache().outdate(tenant, lead_key(lead_id))
        _log.info("lead scored", extra={"lead_id": lead_id, "score": score})


def send_follow_up(tenant: str, lead_id: int) -> None:
    """Send a lead its follow-up e-mail, and record it; where no mail server is configured, only that."""
    with _working("send_follow_up", tenant):
        query = select(leads.c.name, leads.c.email, leads.c.status).where(
            leads.c.tenant == tenant, leads.c.id == lead_id
        )
        with _database().reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            _log.warning("lead to follow up is gone", extra={"lead_id": lead_id})
            return
        sent = _send(tenant, to=row.email, name=row.name, converted=row.status == "converted")
        note = {"tenant": tenant, "lead_id": lead_id, "kind": "follow-up", "note": f"follow-up e-mail {sent}"}
        with _database().writing() as connection:
            connection.execute(insert(activities).values(note))
        _log.info("follow-up recorded", extra={"lead_id": lead_id, "sent": sent})


def _send(tenant: str, *, to: str, name: str, converted: bool) -> str:
    """Send a follow-up; returns what became of it, for the record. It is counted once: when it is sent or given up."""
    if not _mailer().sends:
        return "recorded"
    subject = "Welcome aboard" if converted else "Thank you for your interest"
    try:
        with span("emails.send"):
            _mailer().send(to=to, subject=subject, text=f"Dear {name},\n\n{subject}! We will be in touch soon.\n")
    except OSError:
        job = get_current_job()
        if job is not None and job.retries_left:
            _log.warning("e-mail refused, to be tried again")
        else:
            _metrics().count("emails.sent", tenant=tenant, result="failed")
        raise
    _metrics().count("emails.sent", tenant=tenant, result="sent")
    return "sent"


def import_leads(tenant: str, import_id: int) -> None:
    """Read a file of leads: all that fit are inserted in one transaction, the others are listed."""
    with _working("import_leads", tenant):
        mine = (imports.c.tenant == tenant, imports.c.id == import_id)
        with _database().reading() as connection:
            content = connection.scalar(select(imports.c.content).where(*mine, imports.c.state == "queued"))
        if content is None:
            _log.warning("import is gone or done", extra={"import_id": import_id})
            return
        new, rejected, broken = _read(bytes(content))
        problems = [{"line": each.line, "reason": each.reason} for each in rejected[:_PROBLEMS_KEPT]]
        result = {
            "state": "failed" if broken else "done",
            "content": None,
            "imported": len(new),
            "rejected": len(rejected),
            "problems": problems,
            "finished_at": func.now(),
        }
        try:
            with _database().writing() as connection:
                if new:
                    connection.execute(insert(leads), [_row(tenant, each) for each in new])
                connection.execute(update(imports).where(*mine).values(result))
        except SQLAlchemyError:
            _give_up(import_id, *mine)
            _count_import(tenant, imported=0, rejected=0, state="failed")
            raise
        _cache().forget(tenant, COUNT_KEY)
        _count_import(tenant, imported=len(new), rejected=len(rejected), state=str(result["state"]))
        _log.info("import read", extra={"import_id": import_id, "imported": len(new), "rejected": len(rejected)})


def _give_up(import_id: int, *mine: ColumnElement[bool]) -> None:
    """Say of an import that it failed, so that nobody waits for it; the job fails all the same."""
    problem = {"line": 0, "reason": "the leads could not be stored; send the file again"}
    result = {"state": "failed", "content": None, "problems": [problem], "finished_at": func.now()}
    try:
        with _database().writing() as connection:
            connection.execute(update(imports).where(*mine).values(result))
    except SQLAlchemyError:  # what the job failed by is told by the caller
        _log.warning("import stays queued", extra={"import_id": import_id})


def _read(content: bytes) -> tuple[list[NewLead], list[Rejected], bool]:
    """Return a file's leads, its other lines, and whether it broke off."""
    new: list[NewLead] = []
    rejected: list[Rejected] = []
    try:
        for line in read_leads(content):
            if isinstance(line, Rejected):
                rejected.append(line)
            else:
                new.append(line)
    except NotALeadFile as error:
        return new, [Rejected(0, str(error)), *rejected], True
    return new, rejected, False


def _count_import(tenant: str, *, imported: int, rejected: int, state: str) -> None:
    for result, number in (("imported", imported), ("rejected", rejected)):
        if number:
            _metrics().count("imports.rows", number, tenant=tenant, result=result)
    _metrics().count("imports.finished", tenant=tenant, result=state)


def _row(tenant: str, new: NewLead) -> dict[str, object]:
    return {**new.model_dump(), "tenant": tenant, "score": _score(new.source, new.phone)}


def _score(source: str, phone: str) -> int:
    return _POINTS.get(source, 5) + (30 if phone else 0)


def annotate_incident(tenant: str, note_id: int) -> None:
    """Tell those who repair that users know: a note on PagerDuty's incident, an event at Datadog; once."""
    with _working("annotate_incident", tenant), StatusNotes(_database()).annotating(note_id) as note:
        if note is None:
            return
        said = f"Users read of this at /status, since {note['opened_at']:%Y-%m-%d %H:%M} UTC."
        if note["source"] == Source.PAGERDUTY and _settings().pagerduty_token:
            write_note(_settings(), incident=note["incident"], text=said)
        _metrics().event(title="Status note opened", text=f"{note['title']}\n{said}", key=f"status-note-{note_id}")


def tidy_up(tenant: str) -> None:
    """Give up lost imports and remove old notes, by the clock. Sentry hears of each time."""
    with _working("tidy_up", tenant), checked_in("tidy_up", every=_settings().tidy_seconds):
        told = tidy(_database())
        _log.info("tidied up", extra={"imports": told.imports, "notes": told.notes})


@contextmanager
def _working(name: str, tenant: str) -> Iterator[None]:
    """Make the running job the current work: its logs, spans and errors carry its tenant, request and trace."""
    job = get_current_job()
    meta = job.meta if job else {}
    correlation_id = correlation_id_from(meta.get("correlation_id"))
    read_only = bool(meta.get("read_only"))
    work = Work(correlation_id=correlation_id, tenant=tenant, job=name, read_only=read_only)
    enter_work(work)
    tag_errors(work)
    started, outcome = time.perf_counter(), "failed"
    try:
        with span(f"jobs.{name}", parent=extract(meta.get("trace") or {})) as working:
            working.set_attribute("tenant", tenant)
            working.set_attribute("correlation_id", work.correlation_id)
            yield
        outcome = "done"
    finally:
        _metrics().count("worker.jobs", job=name, outcome=outcome, tenant=tenant)
        _metrics().took("worker.job.duration", time.perf_counter() - started, job=name)


@cache
def _settings() -> Settings:
    return load_settings(os.environ, service="m3core-worker")


@cache
def _metrics() -> Metrics:
    return Metrics(_settings())


@cache
def _mailer() -> Mailer:
    return Mailer(_settings().smtp_url)


@cache
def _database() -> Database:
    """Return the worker's own pool, opened by its first job."""
    return Database(_settings().database_url)


@cache
def _cache() -> Cache:
    """Return the worker's own client of the cache. A cache that is away must not hold up a job."""
    return Cache(connect(_settings().redis_url, timeout=0.5), _metrics())
