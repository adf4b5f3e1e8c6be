from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import psycopg
import pytest
import redis
from rq.suspension import resume, suspend

from m3core.database import Database
from m3core.sampler import DatabaseCpu, local_postmaster
from m3core.seed import LEADS_PER_TENANT, seed

if TYPE_CHECKING:
    from typing import LiteralString

    from tests.m3core.conftest import Platform


@pytest.fixture
def queue(platform: Platform) -> Iterator[redis.Redis]:
    """The queue's server."""
    with redis.Redis.from_url(platform.environment["REDIS_URL"]) as client:
        yield client


def ask(platform: Platform, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        return connection.execute(query, values).fetchall()


def test_the_worker_does_the_jobs_samples_both_gauges_and_ends_on_sigterm(
    platform: Platform, acme: httpx.Client, queue: redis.Redis, tmp_path: Path
) -> None:
    new = {"name": "Jo Job", "company": "Jobs", "email": "jo@jobs.example", "phone": "1", "source": "referral"}
    suspend(queue)  # as `rq suspend` does: the worker lives and samples, and takes no job
    lead = acme.post("/api/leads", json=new, headers={"X-Correlation-Id": "job-1"}).json()["id"]
    assert acme.get(f"/api/leads/{lead}").json()["score"] is None  # now it is in the cache
    log = tmp_path / "worker.jsonl"
    with log.open("w") as file, platform.command("worker", log=file) as worker:
        assert worker.ready == {"worker": "ready"}
        depth = platform.points_of("queue.depth", "queue:default")[-1]
        assert depth.kind == "g"
        assert depth.tags == {"queue:default", "env:drill", "service:m3core-worker", "version:1.2.3"}
        assert depth.value >= 2
        resume(queue)
        platform.points.wait_for(lambda items: [p for p in items[-20:] if p.metric == "queue.depth" and p.value == 0])
        cpu = platform.points_of("postgresql.cpu", "service:m3core-worker")[-1]
        assert cpu.kind == "g"
        assert 0 <= cpu.value < 400
    assert worker.exit_code == 0
    assert acme.get(f"/api/leads/{lead}").json()["score"] == 70
    assert ask(platform, "SELECT score, status FROM leads WHERE id = %s", lead) == [(70, "new")]
    assert ask(platform, "SELECT tenant, kind FROM activities WHERE lead_id = %s", lead) == [("acme", "follow-up")]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [scored] = [line for line in lines if line["message"] == "lead scored" and line["lead_id"] == lead]
    assert (scored["tenant"], scored["correlation_id"], scored["service"]) == ("acme", "job-1", "m3core-worker")
    assert scored["dd.trace_id"] != "0"


def test_a_burning_backend_is_seen_as_about_one_core(platform: Platform) -> None:
    database = Database(platform.environment["DATABASE_URL"])
    meter = DatabaseCpu.find(database)
    assert meter is not None
    meter.percent()
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 3000000)")
        burning = meter.percent()  # while the backend lives: its time ends with it
    database.close()
    assert 20 < burning < 200
    assert meter.percent() < burning


def test_a_server_is_on_this_machine_only_when_its_start_is_its_processs() -> None:
    parent = psutil.Process().parent()
    assert parent is not None
    assert local_postmaster(os.getpid(), parent.create_time() + 4.9) == parent
    assert local_postmaster(os.getpid(), parent.create_time() + 5.1) is None
    assert local_postmaster(2**31 - 1, parent.create_time()) is None


def test_seeding_again_changes_nothing(platform: Platform) -> None:
    database = Database(platform.environment["DATABASE_URL"])
    before = ask(platform, "SELECT tenant, count(*), sum(id) FROM leads GROUP BY tenant ORDER BY tenant")
    users = ask(platform, "SELECT tenant, password_hash FROM users ORDER BY tenant")
    key = ask(platform, "SELECT key FROM signing_keys")
    counts = seed(database, password="another")
    database.close()
    assert ask(platform, "SELECT tenant, count(*), sum(id) FROM leads GROUP BY tenant ORDER BY tenant") == before
    assert ask(platform, "SELECT tenant, password_hash FROM users ORDER BY tenant") == users
    assert ask(platform, "SELECT key FROM signing_keys") == key
    assert all(counts[tenant] >= number for tenant, number in LEADS_PER_TENANT.items())
