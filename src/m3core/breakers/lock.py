"""A lock on the leads: a transaction that does nothing keeps everybody from writing them.

It ends with the revert, with the lease and with this process; and by the server, which ends a transaction that has been
idle for as long as the lease.
"""

from __future__ import annotations

import math
from typing import final

import psycopg

from m3core.breakers.backends import connect_as, end_backends
from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault

__all__ = ["LeadLock"]

#: Kept short: whoever comes after a lock that is waited for waits too, also for reading.
_PATIENCE = "2s"


@final
class LeadLock:
    """Holds a lock on the table of the leads at ``database_url``."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: psycopg.Connection | None = None

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:
        """Take the lock; raises `CannotBreak` when others keep it busy."""
        idle = math.ceil(lease_seconds * 1000)
        options = f"-c lock_timeout={_PATIENCE} -c idle_in_transaction_session_timeout={idle}"
        connection = connect_as(self._url, fault, options=options)
        try:
            connection.execute("BEGIN")
            connection.execute("LOCK TABLE leads IN EXCLUSIVE MODE")
        except psycopg.Error as error:
            connection.close()
            raise CannotBreak(f"the leads could not be locked within {_PATIENCE}: {str(error).strip()}") from error
        self._connection = connection

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - there is one at a time
        """Return 1 while the lock is held, as far as this side of the connection knows."""
        return int(self._connection is not None and not self._connection.closed)

    def end(self, fault: Fault) -> None:
        """Let the lock go, and see to it that the server has."""
        if self._connection is not None:
            self._connection.close()
        end_backends(self._url, fault)
