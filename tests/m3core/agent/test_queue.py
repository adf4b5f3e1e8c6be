from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import redis
from rq import Queue
from rq.job import Job

from m3core.agent.lookups import Lookups
from m3core.agent.queue import QueueCollector

if TYPE_CHECKING:
    from tests.m3core.agent.conftest import Measure


@pytest.fixture
def queue(client: redis.Redis) -> Iterator[Queue]:
    """A queue of our own, which no worker takes from."""
    opened = Queue("agent-test", connection=client)
    yield opened
    opened.delete(delete_jobs=True)


def sent(measure: Measure, queue: Queue) -> dict[str, float]:
    points = measure(QueueCollector(queue, Lookups()))
    assert all("queue:agent-test" in point.tags for point in points)
    return {point.metric: point.value for point in points}


def test_an_empty_queue_has_no_depth_and_no_lag(measure: Measure, queue: Queue) -> None:
    assert sent(measure, queue) == {"queue.depth": 0, "queue.lag": 0}


def test_the_lag_is_the_oldest_jobs_and_goes_when_that_is_done(measure: Measure, queue: Queue) -> None:
    first = queue.enqueue("m3core.jobs.score_lead", "acme", 1)
    time.sleep(0.4)
    queue.enqueue("m3core.jobs.score_lead", "acme", 2)
    values = sent(measure, queue)
    assert values["queue.depth"] == 2
    assert 0.4 <= values["queue.lag"] < 5
    queue.remove(first)
    values = sent(measure, queue)
    assert values["queue.depth"] == 1
    assert values["queue.lag"] < 0.4


def test_a_job_that_is_gone_is_left_on_the_queue_for_the_worker_to_see(measure: Measure, queue: Queue) -> None:
    job = queue.enqueue("m3core.jobs.score_lead", "acme", 1)
    queue.connection.delete(Job.key_for(job.id))
    assert sent(measure, queue) == {"queue.depth": 1, "queue.lag": 0}
    assert queue.count == 1
