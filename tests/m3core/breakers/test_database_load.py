"""Load on the database: a backend of ours computes, at a lower priority, and is gone after the revert."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
from tests.m3core.breakers.conftest import fault

from m3core.breakers import CannotBreak
from m3core.breakers.database_load import DatabaseLoad
from m3core.faults import Kind

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

LOAD = fault(Kind.DATABASE_LOAD)


def backends(platform: Platform) -> list[tuple[Any, ...]]:
    query = "SELECT pid, state FROM pg_stat_activity WHERE application_name = 'm3core-fault-f1'"
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()


def until(look: Callable[[], bool], *, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def breaker(platform: Platform) -> Any:
    found = DatabaseLoad(platform.environment["DATABASE_URL"])
    yield found
    found.end(LOAD)


def test_one_backend_computes_until_the_revert(platform: Platform, breaker: DatabaseLoad) -> None:
    breaker.begin(LOAD, lease_seconds=30)

    assert breaker.tend(LOAD) == 100  # too early to say
    [(pid, state)] = backends(platform)
    assert state == "active"
    process = psutil.Process(pid)
    before = process.cpu_times().user
    until(lambda: process.cpu_times().user - before > 0.4, seconds=20)
    until(lambda: 0 < breaker.tend(LOAD) <= 101)
    assert os.getpriority(os.PRIO_PROCESS, pid) == 5

    breaker.end(LOAD)
    breaker.end(LOAD)

    assert breaker.tend(LOAD) == 0
    assert backends(platform) == []


def test_the_statement_ends_by_its_own_time_out_when_nobody_reverts(platform: Platform, breaker: DatabaseLoad) -> None:
    breaker.begin(LOAD, lease_seconds=0.3)

    until(lambda: breaker.tend(LOAD) == 0)
    until(lambda: backends(platform) == [])


def test_it_locks_no_row_that_a_request_wants(platform: Platform, breaker: DatabaseLoad) -> None:
    breaker.begin(LOAD, lease_seconds=30)

    with psycopg.connect(platform.environment["DATABASE_URL"], options="-c lock_timeout=1s") as connection:
        connection.execute("SELECT 1 FROM leads LIMIT 5 FOR UPDATE").fetchall()
        connection.rollback()


def test_a_database_that_takes_no_connection_is_said() -> None:
    with pytest.raises(CannotBreak, match="the database takes no connection more"):
        DatabaseLoad("postgresql://nobody@/nothing?host=/nowhere").begin(LOAD, lease_seconds=30)
