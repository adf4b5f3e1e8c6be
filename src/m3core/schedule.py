"""What the worker does by the clock. It is queued like any other job, so a worker that does no jobs does not do it.

Sentry hears when such a job begins and ends, as check-ins of a cron monitor: of one that does not come, it tells.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import Self, final

import redis
from rq.cron import CronScheduler

from m3core.context import NO_TENANT
from m3core.jobs import QUEUE
from m3core.settings import Settings
from m3core.tasks import tidy_up

__all__ = ["Schedule"]

#: Seconds until what could not be queued is tried again.
_AGAIN = 1.0
_log = logging.getLogger(__name__)


@final
class Schedule:
    """Queues what is due, in a thread of its own. Use as a context manager.

    The first time is a period after its start: the tables may only be made while a worker starts.
    """

    def __init__(self, settings: Settings, client: redis.Redis) -> None:
        self._due = CronScheduler(client, logging_level=logging.WARNING)
        tidying = self._due.register(
            tidy_up, QUEUE, args=(NO_TENANT,), interval=settings.tidy_seconds, result_ttl=0, failure_ttl=3600
        )
        tidying.set_enqueue_time(datetime.now(UTC))
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._queue, name="schedule", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(timeout=5)

    def _queue(self) -> None:
        wait = 0.0
        while not self._ending.wait(wait):
            try:
                self._due.enqueue_jobs()
                wait = self._due.calculate_sleep_interval()
            except redis.RedisError:
                # That the check-in does not come says so at Sentry; here it is told once for each time.
                _log.warning("what is due is not queued", exc_info=True)
                wait = _AGAIN
