"""Load on the database: one backend computes a heavy join over the leads until it is told to stop.

Three things end it besides the revert: the lease that is held here, the statement's own time-out, and the server,
which looks each second whether the client is still there.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from contextlib import closing
from typing import final

import psutil
import psycopg

from m3core.breakers.backends import backend_name, connect_as, end_backends
from m3core.faults import Fault

__all__ = ["DatabaseLoad"]

#: By so much the backend's priority is lower than the others': real requests come first where there is one core.
_NICE = 5
#: Before so many seconds nobody can say which share of a core it has had: CPU time is counted in hundredths.
_FIRST = 1.0
# Compares each lead with each other again and again, which needs no disk and no temporary file. It locks nothing that
# a request waits for.
_HEAVY = """
SELECT count(*) FROM leads AS one CROSS JOIN leads AS other CROSS JOIN generate_series(1, 1000000) AS again
WHERE one.search_text || again > other.search_text || again
"""
_SETTINGS = "-c max_parallel_workers_per_gather=0 -c statement_timeout={}"
_log = logging.getLogger(__name__)


@final
class DatabaseLoad:
    """Has one backend of the server at ``database_url`` compute."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._thread: threading.Thread | None = None
        self._backend: psutil.Process | None = None
        self._began = 0.0

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:
        """Connect by the fault's name and have the query run in a thread."""
        options = _SETTINGS.format(math.ceil(lease_seconds * 1000))
        connection = connect_as(self._url, fault, options=options)
        self._backend, self._began = _lowered(connection.info), time.monotonic()
        self._thread = threading.Thread(target=_compute, args=(connection,), name=backend_name(fault), daemon=True)
        self._thread.start()

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - there is one at a time
        """Return how many per cent of a core the query has had since it began, 0 when it has ended.

        Of a server on another machine that is not known from here: it is said to be all of one.
        """
        if self._thread is None or not self._thread.is_alive():
            return 0
        if self._backend is None:
            return 100
        try:
            burnt = self._backend.cpu_times()
        except psutil.NoSuchProcess:
            return 0
        elapsed = time.monotonic() - self._began
        return round(100 * (burnt.user + burnt.system) / elapsed) if elapsed > _FIRST else 100

    def end(self, fault: Fault) -> None:
        """End every backend that has the fault's name, and wait until the query's thread is done."""
        end_backends(self._url, fault)
        if self._thread is not None:
            self._thread.join(timeout=2)
            if self._thread.is_alive():
                raise TimeoutError("the heavy query still runs two seconds after its backend was ended")


def _lowered(info: psycopg.ConnectionInfo) -> psutil.Process | None:
    """Lower the backend's priority and return its process, where that is one of this machine: it has a socket then."""
    if not info.host.startswith("/"):
        return None
    backend = psutil.Process(info.backend_pid)
    try:
        backend.nice(_NICE)
    except psutil.AccessDenied as error:
        _log.warning("the priority of the heavy query is not lowered: %s", error)
    return backend


def _compute(connection: psycopg.Connection) -> None:
    with closing(connection):
        try:
            connection.execute(_HEAVY)
        except psycopg.Error as error:  # it was ended, by whom the server says
            _log.info("the heavy query has ended: %s", str(error).strip())
