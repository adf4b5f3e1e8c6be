"""Runs queued jobs, and queues those that are due by the clock."""

from __future__ import annotations

import json
import signal
import sys

import redis
from rq import Queue, SimpleWorker

from m3core.cache import connect
from m3core.database import Database
from m3core.jobs import QUEUE
from m3core.schedule import Schedule
from m3core.settings import Settings, SettingsError
from m3core.telemetry import sentry, tracing

__all__ = ["work"]

_FLUSH_SECONDS = 2.0


def work(settings: Settings) -> None:
    """Do jobs until SIGTERM or SIGINT; the job in hand is finished first. Prints ``{"worker": "ready"}``."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    client = connect(settings.redis_url, timeout=None)
    try:
        client.ping()
    except redis.RedisError as error:
        raise SettingsError(f"the queue of REDIS_URL does not answer: {error}\nstart it, or correct the URL") from None
    queue = Queue(QUEUE, connection=client)
    database = Database(settings.database_url)
    database.require()
    try:
        worker = SimpleWorker([queue], connection=client)
        print(json.dumps({"worker": "ready"}), flush=True)  # noqa: T201 - the command's answer
        with Schedule(settings, client):
            worker.work(logging_level="WARNING")
    finally:
        sentry.flush(_FLUSH_SECONDS)
        tracing.flush(settings)
        database.close()
