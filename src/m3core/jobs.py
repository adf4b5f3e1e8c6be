"""Work that need not be done while the caller waits: what is queued. What it does stands in `m3core.tasks`."""

from __future__ import annotations

import logging
from typing import final

import redis
from opentelemetry.propagate import inject
from rq import Queue, Retry

from m3core.context import NO_TENANT, current_work

__all__ = ["QUEUE", "Jobs", "lead_key"]

QUEUE = "default"
_log = logging.getLogger(__name__)


def lead_key(lead_id: int) -> str:
    """Return a lead's key in its tenant's cache."""
    return f"lead:{lead_id}"


@final
class Jobs:
    """Puts jobs on the queue. A job carries its request's correlation id and trace."""

    def __init__(self, client: redis.Redis) -> None:
        self._queue = Queue(QUEUE, connection=client)

    def score_lead(self, tenant: str, lead_id: int) -> None:
        """Queue the scoring of a lead."""
        self._put("score_lead", tenant, lead_id)

    def send_follow_up(self, tenant: str, lead_id: int) -> None:
        """Queue the follow-up e-mail of a lead. It is tried three times: a mail server may be away for a moment."""
        self._put("send_follow_up", tenant, lead_id, retry=Retry(max=2))

    def import_leads(self, tenant: str, import_id: int) -> bool:
        """Queue the reading of a file of leads; returns whether it was queued."""
        return self._put("import_leads", tenant, import_id)

    def annotate_incident(self, note_id: int) -> bool:
        """Queue the annotation of a status note's incident, to be tried three times; returns whether it was queued."""
        return self._put("annotate_incident", NO_TENANT, note_id, retry=Retry(max=2))

    def _put(self, task: str, tenant: str, row_id: int, *, retry: Retry | None = None) -> bool:
        trace: dict[str, str] = {}
        inject(trace)
        meta: dict[str, object] = {"correlation_id": current_work().correlation_id, "trace": trace}
        if current_work().jobs_read_only:
            meta["read_only"] = True
        try:
            self._queue.enqueue(
                f"m3core.tasks.{task}", tenant, row_id, meta=meta, result_ttl=0, failure_ttl=3600, retry=retry
            )
        except redis.RedisError:
            # The lead is stored; losing its follow-up is worth an alert, not a failed request.
            _log.exception("job not queued", extra={"job": task, "row_id": row_id})
            return False
        return True
