from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
import redis

from m3core.database import Database
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


def test_the_worker_does_the_jobs_and_ends_on_sigterm(
    platform: Platform, acme: httpx.Client, queue: redis.Redis, tmp_path: Path
) -> None:
    new = {"name": "Jo Job", "company": "Jobs", "email": "jo@jobs.example", "phone": "1", "source": "referral"}
    lead = acme.post("/api/leads", json=new, headers={"X-Correlation-Id": "job-1"}).json()["id"]
    assert acme.get(f"/api/leads/{lead}").json()["score"] is None  # now it is in the cache
    log = tmp_path / "worker.jsonl"
    with log.open("w") as file, platform.command("worker", log=file) as worker:
        assert worker.ready == {"worker": "ready"}
        deadline = time.monotonic() + 10
        while queue.llen("rq:queue:default") or queue.zcard("rq:wip:default"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert worker.exit_code == 0
    assert acme.get(f"/api/leads/{lead}").json()["score"] == 70
    assert ask(platform, "SELECT score, status FROM leads WHERE id = %s", lead) == [(70, "new")]
    assert ask(platform, "SELECT tenant, kind FROM activities WHERE lead_id = %s", lead) == [("acme", "follow-up")]
    timed = platform.points_of("worker.job.duration", "job:score_lead", "service:m3core-worker")
    assert all((point.kind, 0 < point.value < 10) == ("d", True) for point in timed)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [scored] = [line for line in lines if line["message"] == "lead scored" and line["lead_id"] == lead]
    assert (scored["tenant"], scored["correlation_id"], scored["service"]) == ("acme", "job-1", "m3core-worker")
    assert (scored["dd.trace_id"] != "0", scored["job"]) == (True, "score_lead")


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
