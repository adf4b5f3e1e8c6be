"""A flushed cache: what is put into it goes, what is on the queue stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rq import Queue
from tests.m3core.breakers.conftest import fault

from m3core.breakers.cache_flushed import CacheFlusher
from m3core.faults import Kind
from m3core.jobs import QUEUE

if TYPE_CHECKING:
    import redis

FLUSHED = fault(Kind.CACHE_FLUSHED)


def test_what_is_cached_goes_each_time_and_is_counted_and_jobs_stay(client: redis.Redis) -> None:
    breaker = CacheFlusher(client)
    Queue(QUEUE, connection=client).enqueue("m3core.tasks.score_lead", "acme", 0)
    client.set("m3core:acme:leads", b"one")

    breaker.begin(FLUSHED, lease_seconds=30)
    assert client.get("m3core:acme:leads") is None
    client.mset({f"m3core:globex:{number}": b"x" for number in range(1_500)})
    assert breaker.tend(FLUSHED) == 1_501
    assert breaker.tend(FLUSHED) == 1_501

    breaker.end(FLUSHED)
    breaker.end(FLUSHED)
    client.set("m3core:acme:leads", b"two")
    assert client.get("m3core:acme:leads") == b"two"
    assert Queue(QUEUE, connection=client).count == 1


def test_a_second_fault_counts_from_nothing(client: redis.Redis) -> None:
    breaker = CacheFlusher(client)
    client.set("m3core:acme:leads", b"one")
    breaker.begin(FLUSHED, lease_seconds=30)
    breaker.end(FLUSHED)

    breaker.begin(FLUSHED, lease_seconds=30)

    assert breaker.tend(FLUSHED) == 0
