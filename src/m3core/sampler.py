"""Measures what nobody else reports: how long the queue is, and what the database server burns."""

from __future__ import annotations

import logging
import threading
import time
from typing import final

import psutil
import redis
from rq import Queue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from m3core.database import Database
from m3core.telemetry.metrics import Metrics

__all__ = ["DatabaseCpu", "Sampler", "local_postmaster"]

_SAME_START = 5.0
_log = logging.getLogger(__name__)


@final
class DatabaseCpu:
    """The CPU time of every process of one Postgres server on this machine."""

    def __init__(self, postmaster: psutil.Process) -> None:
        self._postmaster = postmaster
        self._before = self._used()
        self._at = time.monotonic()

    @classmethod
    def find(cls, database: Database) -> DatabaseCpu | None:
        """Return the meter of the server behind ``database``, or None when it is not on this machine."""
        query = text("SELECT pg_backend_pid(), extract(epoch FROM pg_postmaster_start_time())::float8")
        with database.reading() as connection:
            backend, started = connection.execute(query).one()
            postmaster = local_postmaster(backend, started)
        return cls(postmaster) if postmaster else None

    def percent(self) -> float:
        """Return what was burnt since the last call, in percent of one core.

        A process that began since then counts from its start; the last moments of one that ended are lost.
        """
        used, now = self._used(), time.monotonic()
        burnt = sum(seconds - self._before.get(process, 0.0) for process, seconds in used.items())
        elapsed = now - self._at
        self._before, self._at = used, now
        return 100 * max(0.0, burnt) / elapsed if elapsed > 0 else 0.0

    def _used(self) -> dict[tuple[int, float], float]:
        used = {}
        for process in [self._postmaster, *self._postmaster.children(recursive=True)]:
            try:
                times = process.cpu_times()
                used[process.pid, process.create_time()] = times.user + times.system
            except psutil.NoSuchProcess:
                continue
        return used


def local_postmaster(backend: int, started: float) -> psutil.Process | None:
    """Return the process that a server's backend belongs to, or None when it is not one of this machine's.

    A process id alone would be a guess: another machine or container has the same numbers. So the server's own
    word for when it ``started`` (epoch seconds) has to be the process's as well, give or take the clocks' steps.
    """
    try:
        parent = psutil.Process(backend).parent()
        return parent if parent and abs(parent.create_time() - started) <= _SAME_START else None
    except psutil.Error:
        return None


@final
class Sampler(threading.Thread):
    """Sends both gauges every ``seconds`` until it is stopped."""

    def __init__(self, *, queue: Queue, database: Database, metrics: Metrics, seconds: float) -> None:
        super().__init__(name="sampler", daemon=True)
        self._queue = queue
        self._database = database
        self._metrics = metrics
        self._seconds = seconds
        self._ending = threading.Event()
        self._cpu: DatabaseCpu | None = None
        self._given_up = False

    def run(self) -> None:
        while not self._ending.wait(self._seconds):
            self._sample_queue()
            self._sample_database()

    def stop(self) -> None:
        """End after the sample in hand."""
        self._ending.set()
        self.join(timeout=2)

    def _sample_queue(self) -> None:
        try:
            self._metrics.queue_depth(self._queue.name, self._queue.count)
        except redis.RedisError as error:
            _log.warning("queue depth not measured: %s", error)

    def _sample_database(self) -> None:
        if self._given_up:
            return
        try:
            if self._cpu is None:
                self._cpu = DatabaseCpu.find(self._database)
                self._given_up = self._cpu is None
                if self._given_up:
                    _log.warning("postgresql.cpu is not sent: the database server is not a process of this machine")
                return
            self._metrics.database_cpu(self._cpu.percent())
        except SQLAlchemyError as error:
            _log.warning("postgresql.cpu not measured: %s", error)
        except psutil.NoSuchProcess:
            self._cpu = None  # The server was restarted: look for it again.
