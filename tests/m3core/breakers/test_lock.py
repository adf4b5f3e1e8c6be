"""A lock on the leads: nobody writes one, everybody reads them, and nothing of it is left afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.m3core.breakers.conftest import fault

from m3core.breakers import CannotBreak
from m3core.breakers.lock import LeadLock
from m3core.faults import Kind

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

LOCK = fault(Kind.LOCK)


@pytest.fixture
def url(platform: Platform) -> str:
    return platform.environment["DATABASE_URL"]


@pytest.fixture
def breaker(url: str) -> Iterator[LeadLock]:
    found = LeadLock(url)
    yield found
    found.end(LOCK)


def can_write(url: str) -> bool:
    with psycopg.connect(url, options="-c lock_timeout=100ms") as connection:
        try:
            connection.execute("UPDATE leads SET score = score WHERE id = 1")
        except psycopg.errors.LockNotAvailable:
            return False
        finally:
            connection.rollback()
    return True


def test_nobody_writes_a_lead_until_the_revert_and_everybody_reads_them(url: str, breaker: LeadLock) -> None:
    breaker.begin(LOCK, lease_seconds=30)

    assert breaker.tend(LOCK) == 1
    assert not can_write(url)
    with psycopg.connect(url, options="-c lock_timeout=100ms") as connection:
        assert connection.execute("SELECT count(*) FROM leads").fetchone()

    breaker.end(LOCK)
    breaker.end(LOCK)
    assert breaker.tend(LOCK) == 0
    assert can_write(url)


def test_the_server_ends_it_when_nobody_reverts(url: str, breaker: LeadLock) -> None:
    breaker.begin(LOCK, lease_seconds=0.3)

    deadline = time.monotonic() + 5
    while not can_write(url):
        assert time.monotonic() < deadline


def test_leads_that_are_busy_are_not_waited_for_long(url: str, breaker: LeadLock) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE leads IN EXCLUSIVE MODE")
        with pytest.raises(CannotBreak, match="the leads could not be locked within 2s"):
            breaker.begin(LOCK, lease_seconds=30)
        connection.rollback()

    assert can_write(url)
