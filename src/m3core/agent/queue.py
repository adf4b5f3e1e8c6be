"""How many jobs wait, and how long the first of them has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import final

from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job

from m3core.agent.gauges import Gauges
from m3core.agent.lookups import Lookups

__all__ = ["QueueCollector"]


@final
class QueueCollector:
    """Sends queue.depth and queue.lag of one queue."""

    def __init__(self, queue: Queue, lookups: Lookups) -> None:
        self.name = f"queue {queue.name}"
        self._queue = queue
        self._lookups = lookups

    def collect(self, gauges: Gauges) -> None:
        depth = self._queue.count
        gauges.gauge("queue.depth", depth, queue=self._queue.name)
        self._lookups.add(found=depth > 0)
        gauges.gauge("queue.lag", self._lag() if depth else 0.0, queue=self._queue.name)

    def _lag(self) -> float:
        """Return the seconds since the job that comes next was put on the queue."""
        waiting = self._queue.get_job_ids(0, 1)
        self._lookups.add(found=bool(waiting))
        if not waiting:
            return 0.0  # a worker was faster
        try:
            # Not the queue's own `fetch_job`: it takes away an id whose job is gone, and we only look.
            job = Job.fetch(waiting[0], connection=self._queue.connection)
        except NoSuchJobError:
            self._lookups.add(found=False)
            return 0.0
        self._lookups.add(found=True)
        since = job.enqueued_at
        return max(0.0, (datetime.now(UTC) - since).total_seconds()) if since else 0.0
