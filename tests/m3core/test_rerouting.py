"""Ways to servers are led over links where they can be, and nowhere in production."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis
from psycopg.conninfo import conninfo_to_dict

from m3core.links import Links, Trouble
from m3core.rerouting import reroute, reroute_logs
from m3core.settings import load_settings

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

LINKS = Links()


def rerouted(platform: Platform, **more: str) -> dict[str, str]:
    return reroute(load_settings({**platform.environment, **more}, service="m3core-api"), LINKS)


@pytest.fixture(autouse=True)
def mended() -> Iterator[None]:
    yield
    for name in ("database", "cache"):
        if LINKS.find(name):
            LINKS.change(name, Trouble())


def test_database_and_cache_are_reached_over_links_which_can_be_cut(platform: Platform) -> None:
    ways = rerouted(platform)
    with psycopg.connect(ways["DATABASE_URL"]) as connection, redis.Redis.from_url(ways["REDIS_URL"]) as client:
        assert connection.execute("SELECT count(*) FROM leads").fetchone()
        assert client.ping()
        LINKS.change("database", Trouble(cut=True))
        LINKS.change("cache", Trouble(cut=True))
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        with pytest.raises(redis.ConnectionError):
            client.ping()


def test_who_breaks_the_database_reaches_it_past_the_link(platform: Platform) -> None:
    direct = rerouted(platform)["M3CORE_FAULT_DATABASE_URL"]
    LINKS.change("database", Trouble(cut=True))

    assert direct == platform.environment["DATABASE_URL"]
    with psycopg.connect(direct) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_name_of_a_server_stays_for_its_certificate(platform: Platform) -> None:
    url = "postgresql://me:pa%40ss@localhost:5433/crm?sslmode=verify-full&application_name=a"
    said = conninfo_to_dict(rerouted(platform, DATABASE_URL=url)["DATABASE_URL"])

    assert (said["host"], said["hostaddr"], said["user"], said["password"]) == ("localhost", "127.0.0.1", "me", "pa@ss")
    assert (said["sslmode"], said["application_name"], said["dbname"]) == ("verify-full", "a", "crm")
    assert said["port"] != "5433"


@pytest.mark.parametrize("url", ["redis://:pw@127.0.0.1:6380/3", "redis://:pw@localhost/3"])
def test_a_cache_keeps_its_password_and_its_number(platform: Platform, url: str) -> None:
    way = rerouted(platform, REDIS_URL=url)["REDIS_URL"]

    assert way.startswith("redis://:pw@127.0.0.1:")
    assert way.endswith("/3")


def test_a_cache_on_a_unix_socket_keeps_its_number(platform: Platform) -> None:
    way = rerouted(platform, REDIS_URL="unix:///tmp/v.sock?db=1")["REDIS_URL"]

    assert way.startswith("redis://127.0.0.1:")
    assert way.endswith("?db=1")


def test_what_cannot_be_rerouted_is_left_as_it_is(platform: Platform) -> None:
    ways = rerouted(platform, DATABASE_URL="postgresql://u@a,b/crm", REDIS_URL="rediss://cache.example:6379")

    assert "DATABASE_URL" not in ways
    assert "REDIS_URL" not in ways


def logs_rerouted(platform: Platform, **more: str) -> dict[str, str]:
    return reroute_logs(load_settings({**platform.environment, **more}, service="m3core-agent"), LINKS)


def test_the_way_of_the_logs_keeps_its_path(platform: Platform) -> None:
    way = logs_rerouted(platform, DD_LOGS_URL="http://logs.example:8080/in")["DD_LOGS_URL"]

    assert way.startswith("http://127.0.0.1:")
    assert way.endswith("/in")


@pytest.mark.parametrize(
    "change",
    [{}, {"DD_LOGS_URL": "https://logs.example"}, {"DD_LOGS_URL": "http://logs.example", "DD_ENV": "prod"}],
)
def test_logs_that_go_by_tls_or_nowhere_or_in_production_are_not_rerouted(
    platform: Platform, change: dict[str, str]
) -> None:
    assert logs_rerouted(platform, **change) == {}


@pytest.mark.parametrize("change", [{"M3CORE_ENVIRONMENT": "prod-eu"}, {"DD_ENV": "prod"}, {"M3CORE_FAULT_TOKEN": ""}])
def test_where_nothing_may_be_broken_nothing_is_rerouted(platform: Platform, change: dict[str, str]) -> None:
    assert rerouted(platform, **change) == {}
