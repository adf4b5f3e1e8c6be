"""Backends of the database that belong to a fault: the server lists them by the fault's name."""

from __future__ import annotations

from contextlib import closing

import psycopg
from psycopg.conninfo import make_conninfo

from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault

__all__ = ["backend_name", "connect_as", "end_backends"]

#: The server looks so often whether the client of a statement is still there.
_WATCHED = "-c client_connection_check_interval=1s"


def backend_name(fault: Fault) -> str:
    """Return how the fault is called in the server's list, whose names have at most 63 bytes."""
    return f"m3core-fault-{fault.id}"[:63]


def connect_as(url: str, fault: Fault, *, options: str) -> psycopg.Connection:
    """Connect by the fault's name, with server ``options``; raises `CannotBreak` when the server takes nobody."""
    conninfo = make_conninfo(url, application_name=backend_name(fault), options=f"{_WATCHED} {options}")
    try:
        return psycopg.connect(conninfo, connect_timeout=3, autocommit=True)
    except psycopg.OperationalError as error:
        raise CannotBreak(f"the database takes no connection more: {str(error).strip()}") from error


def end_backends(url: str, fault: Fault) -> None:
    """End every backend that has the fault's name, and wait for each; one that is gone is no error."""
    with closing(psycopg.connect(url, connect_timeout=3, autocommit=True)) as connection:
        query = "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = %s"
        connection.execute(query, (backend_name(fault),)).fetchall()
