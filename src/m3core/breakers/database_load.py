"""Load on the database: one backend computes a heavy join over the leads until it is told to stop.

Three things end it besides the revert: the lease that is held here, the statement's own time-out, and the server,
which looks each second whether the client is still there.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from contextlib import closing
from typing import final

import psycopg
from psycopg.conninfo import make_conninfo

from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault

__all__ = ["DatabaseLoad"]

#: By so much the backend's priority is lower than the others': real requests come first where there is one core.
_NICE = 5
# Compares each lead with each other again and again, which needs no disk and no temporary file. It locks nothing that
# a request waits for.
_HEAVY = """
SELECT count(*) FROM leads AS one CROSS JOIN leads AS other CROSS JOIN generate_series(1, 1000000) AS again
WHERE one.search_text || again > other.search_text || again
"""
_SETTINGS = "-c max_parallel_workers_per_gather=0 -c client_connection_check_interval=1s -c statement_timeout={}"
_log = logging.getLogger(__name__)


@final
class DatabaseLoad:
    """Has one backend of the server at ``database_url`` compute."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._thread: threading.Thread | None = None

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:
        """Connect by the fault's name and have the query run in a thread."""
        options = _SETTINGS.format(math.ceil(lease_seconds * 1000))
        conninfo = make_conninfo(self._url, application_name=_name(fault), options=options)
        try:
            connection = psycopg.connect(conninfo, connect_timeout=3, autocommit=True)
        except psycopg.OperationalError as error:
            raise CannotBreak(f"the database takes no connection more: {error}") from error
        _lower(connection.info)
        self._thread = threading.Thread(target=_compute, args=(connection,), name=_name(fault), daemon=True)
        self._thread.start()

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - there is one at a time
        """Return 1 while the query runs, else 0."""
        return int(self._thread is not None and self._thread.is_alive())

    def end(self, fault: Fault) -> None:
        """End every backend that has the fault's name, and wait until the query's thread is done."""
        with closing(psycopg.connect(self._url, connect_timeout=3, autocommit=True)) as connection:
            query = "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = %s"
            connection.execute(query, (_name(fault),)).fetchall()
        if self._thread is not None:
            self._thread.join(timeout=2)
            if self._thread.is_alive():
                raise TimeoutError("the heavy query still runs two seconds after its backend was ended")


def _name(fault: Fault) -> str:
    """Return how the fault is called in the server's list of backends, whose names have at most 63 bytes."""
    return f"m3core-fault-{fault.id}"[:63]


def _lower(info: psycopg.ConnectionInfo) -> None:
    """Lower the backend's priority where it is a process of this machine: it then has a socket in a folder."""
    if not info.host.startswith("/"):
        return
    try:
        os.setpriority(os.PRIO_PROCESS, info.backend_pid, _NICE)
    except OSError as error:
        _log.warning("the priority of the heavy query is not lowered: %s", error)


def _compute(connection: psycopg.Connection) -> None:
    with closing(connection):
        try:
            connection.execute(_HEAVY)
        except psycopg.Error as error:  # it was ended, by whom the server says
            _log.info("the heavy query has ended: %s", str(error).strip())
