"""Connections to the database that are taken and do nothing, so that others may find none.

They end with the revert, with the lease, and with this process; and by the server, which ends idle sessions after the
lease.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import final

import psycopg

from m3core.breakers.backends import connect_as
from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault

__all__ = ["ConnectionHog"]


@final
class ConnectionHog:
    """Takes as many connections as were asked for, or all that the server at ``database_url`` still gives."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._taken: list[psycopg.Connection] = []

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:
        """Take them; raises `CannotBreak` when there is not a single one."""
        options = f"-c idle_session_timeout={math.ceil(lease_seconds * 1000)}"
        try:
            while len(self._taken) < fault.connections:
                self._taken.append(connect_as(self._url, fault, options=options))
        except CannotBreak:
            if not self._taken:
                raise

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - there is one at a time
        """Return how many are taken."""
        return sum(not connection.closed for connection in self._taken)

    def end(self, fault: Fault) -> None:  # noqa: ARG002 - as above
        """Give them back. It asks nothing of the server, which may take nobody."""
        while self._taken:
            with suppress(psycopg.Error):  # the server has ended it
                self._taken[-1].close()
            self._taken.pop()
