"""Work that need not be done while the caller waits: what is queued, and the functions that do it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import final

import redis
from rq import Queue, get_current_job
from sqlalchemy import insert, select, update

from m3core.cache import Cache, connect
from m3core.context import Work, correlation_id_from, current_work, enter_work
from m3core.database import Database, activities, leads
from m3core.settings import load_settings
from m3core.telemetry.sentry import tag_errors
from m3core.telemetry.spans import span

__all__ = ["QUEUE", "Jobs", "lead_key", "score_lead", "send_follow_up"]

QUEUE = "default"
_POINTS = {"referral": 40, "fair": 25, "campaign": 15, "web": 10}
_log = logging.getLogger(__name__)


def lead_key(lead_id: int) -> str:
    """Return a lead's key in its tenant's cache."""
    return f"lead:{lead_id}"


@final
class Jobs:
    """Puts jobs on the queue."""

    def __init__(self, client: redis.Redis) -> None:
        self._queue = Queue(QUEUE, connection=client)

    def score_lead(self, tenant: str, lead_id: int) -> None:
        """Queue the scoring of a lead."""
        self._put(score_lead, tenant, lead_id)

    def send_follow_up(self, tenant: str, lead_id: int) -> None:
        """Queue the follow-up e-mail of a lead."""
        self._put(send_follow_up, tenant, lead_id)

    def _put(self, job: Callable[[str, int], None], tenant: str, lead_id: int) -> None:
        meta = {"correlation_id": current_work().correlation_id}
        try:
            self._queue.enqueue(job, tenant, lead_id, meta=meta, result_ttl=0, failure_ttl=3600)
        except redis.RedisError:
            # The lead is stored; losing its follow-up is worth an alert, not a failed request.
            _log.exception("job not queued", extra={"job": job.__name__, "lead_id": lead_id})


def score_lead(tenant: str, lead_id: int) -> None:
    """Give a lead its score, 0 to 100: where it came from, and whether it can be reached by phone."""
    with _working("jobs.score_lead", tenant):
        query = select(leads.c.source, leads.c.phone).where(leads.c.tenant == tenant, leads.c.id == lead_id)
        with _database().writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                _log.warning("lead to score is gone", extra={"lead_id": lead_id})
                return
            score = _POINTS.get(row.source, 5) + (30 if row.phone else 0)
            mine = (leads.c.tenant == tenant, leads.c.id == lead_id)
            connection.execute(update(leads).where(*mine).values(score=score))
        _cache().outdate(tenant, lead_key(lead_id))
        _log.info("lead scored", extra={"lead_id": lead_id, "score": score})


def send_follow_up(tenant: str, lead_id: int) -> None:
    """Record the follow-up e-mail of a lead (this CRM keeps a record and sends nothing)."""
    with _working("jobs.send_follow_up", tenant):
        known = select(leads.c.tenant, leads.c.id).where(leads.c.tenant == tenant, leads.c.id == lead_id)
        with _database().writing() as connection:
            row = connection.execute(known).one_or_none()
            if row is None:
                _log.warning("lead to follow up is gone", extra={"lead_id": lead_id})
                return
            note = {"tenant": tenant, "lead_id": lead_id, "kind": "follow-up", "note": "follow-up e-mail recorded"}
            connection.execute(insert(activities).values(note))
        _log.info("follow-up recorded", extra={"lead_id": lead_id})


@contextmanager
def _working(name: str, tenant: str) -> Iterator[None]:
    """Make the running job the current work: its logs, spans and errors carry its tenant and request."""
    job = get_current_job()
    work = Work(correlation_id=correlation_id_from(job.meta.get("correlation_id") if job else None), tenant=tenant)
    enter_work(work)
    tag_errors(work)
    with span(name) as working:
        working.set_attribute("tenant", tenant)
        working.set_attribute("correlation_id", work.correlation_id)
        yield


@cache
def _database() -> Database:
    """Return the worker's own pool, opened by its first job."""
    return Database(load_settings(os.environ, service="m3core-worker").database_url)


@cache
def _cache() -> Cache:
    """Return the worker's own client of the cache. A cache that is away must not hold up a job."""
    return Cache(connect(load_settings(os.environ, service="m3core-worker").redis_url, timeout=0.5))
