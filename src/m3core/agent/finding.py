"""Finds the processes that the platform is made of, on this machine.

A process id that somebody reports would be a guess by itself: another machine or container has the same numbers.
"""

from __future__ import annotations

import socket
import time
from datetime import datetime
from itertools import pairwise
from typing import final

import psutil
import redis
from rq import Worker
from sqlalchemy import text

from m3core.agent.lookups import Lookups
from m3core.agent.rounds import NotHere
from m3core.database import Database

__all__ = ["Finder", "local_postmaster", "local_server"]

_SAME_START = 5.0


@final
class Finder:
    """Finds each part. Each method returns the processes at the root of it; raises when it cannot ask."""

    def __init__(
        self, database: Database, client: redis.Redis, lookups: Lookups, *, database_url: str, environment: str
    ) -> None:
        self._database = database
        self._client = client
        self._lookups = lookups
        self._database_url = database_url
        self._environment = environment

    def postgres(self) -> list[psutil.Process]:
        """Return the postmaster of the platform's database server."""
        query = text("SELECT pg_backend_pid(), extract(epoch FROM pg_postmaster_start_time())::float8")
        with self._database.reading() as connection:
            backend, started = connection.execute(query).one()
            found = local_postmaster(backend, started)
        if found is None:
            raise NotHere("the database server is not a process of this machine; run the agent beside it")
        return [found]

    def redis(self) -> list[psutil.Process]:
        """Return the server of the cache and the queue."""
        info = self._client.info("server")
        assert isinstance(info, dict)  # noqa: S101 - an asynchronous client would return a promise
        found = local_server(int(info["process_id"]), time.time() - float(info["uptime_in_seconds"]))
        if found is None:
            raise NotHere("the server of REDIS_URL is not a process of this machine; run the agent beside it")
        return [found]

    def workers(self) -> list[psutil.Process]:
        """Return the queue's workers on this machine, by what they have registered: rq gives them other titles."""
        registered = Worker.all(connection=self._client)
        self._lookups.add(found=bool(registered))  # the list of them; and each is asked for, and read
        for _ in 2 * registered:
            self._lookups.add(found=True)
        host = socket.gethostname()
        known = [worker for worker in registered if worker.hostname == host]
        found = [_began_before(worker.pid, worker.birth_date) for worker in known if worker.pid and worker.birth_date]
        return [process for process in found if process is not None]

    def command(self, name: str) -> list[psutil.Process]:
        """Return the processes that run ``python -m m3core NAME`` for the same platform as we."""
        return [process for process in psutil.process_iter() if self._runs(process, name)]

    def _runs(self, process: psutil.Process, name: str) -> bool:
        try:
            return ("m3core", name) in pairwise(process.cmdline()) and self._is_ours(process.environ())
        except psutil.Error:  # ended, or another user's
            return False

    def _is_ours(self, environment: dict[str, str]) -> bool:
        """Whether a process has our database; or, for the web service may have none, works in our environment."""
        database = environment.get("DATABASE_URL")
        named = environment.get("M3CORE_ENVIRONMENT", "")
        return database == self._database_url if database else named == self._environment


def local_postmaster(backend: int, started: float) -> psutil.Process | None:
    """Return the process that a server's backend belongs to, or None when it is not one of this machine's."""
    try:
        parent = psutil.Process(backend).parent()
    except psutil.Error:
        return None
    return local_server(parent.pid, started) if parent else None


def _began_before(process_id: int, moment: datetime) -> psutil.Process | None:
    """Return the process with this id unless it is a later one that was given the same number."""
    try:
        process = psutil.Process(process_id)
        return process if process.create_time() <= moment.timestamp() + _SAME_START else None
    except psutil.Error:
        return None


def local_server(process_id: int, started: float) -> psutil.Process | None:
    """Return the process with this id if it is the one meant, else None.

    The server's own word for when it ``started`` (epoch seconds) has to be the process's as well, give or take the
    clocks' steps.
    """
    try:
        process = psutil.Process(process_id)
        return process if abs(process.create_time() - started) <= _SAME_START else None
    except psutil.Error:
        return None
