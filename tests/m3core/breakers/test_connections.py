"""Connections that are taken: as many as asked for or as there are, given back by the revert and by the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from tests.m3core.breakers.conftest import fault

from m3core.breakers import CannotBreak
from m3core.breakers.connections import ConnectionHog
from m3core.faults import Fault, Kind


def taking(connections: int) -> Fault:
    return fault(Kind.CONNECTIONS, connections=connections)


def taken(url: str) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'm3core-fault-f1'"
    with psycopg.connect(url) as connection:
        return int(connection.execute(query).fetchall()[0][0])


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def url(infrastructure: dict[str, str]) -> str:
    return infrastructure["DATABASE_URL"]


@pytest.fixture
def hog(url: str) -> Iterator[ConnectionHog]:
    found = ConnectionHog(url)
    yield found
    found.end(taking(1))
    until(lambda: taken(url) == 0)


def test_as_many_as_asked_for_are_taken_until_the_revert(url: str, hog: ConnectionHog) -> None:
    hog.begin(taking(5), lease_seconds=30)
    assert (taken(url), hog.tend(taking(5))) == (5, 5)

    hog.end(taking(5))
    hog.end(taking(5))
    assert hog.tend(taking(5)) == 0
    until(lambda: taken(url) == 0)


def test_all_that_there_are_are_taken_and_then_given_back(url: str, hog: ConnectionHog) -> None:
    hog.begin(taking(1_000), lease_seconds=30)
    assert 0 < hog.tend(taking(1_000)) < 1_000

    with pytest.raises(CannotBreak, match="the database takes no connection more"):
        ConnectionHog(f"{url}&user=nobody").begin(taking(1), lease_seconds=30)

    hog.end(taking(1_000))
    until(lambda: taken(url) == 0)


def test_the_server_ends_them_when_nobody_reverts(url: str, hog: ConnectionHog) -> None:
    hog.begin(taking(3), lease_seconds=0.3)

    until(lambda: taken(url) == 0)
