"""A backlog: real jobs in the real queue, a worker that does none, and nothing of it left afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import redis
from rq import Queue, SimpleWorker
from rq.suspension import is_suspended, suspend
from tests.m3core.breakers.conftest import fault

from m3core.breakers import CannotBreak
from m3core.breakers.backlog import Backlog
from m3core.faults import Kind
from m3core.jobs import QUEUE

if TYPE_CHECKING:
    from m3core.faults import Fault


def backlog(jobs: int) -> Fault:
    return fault(Kind.BACKLOG, jobs=jobs)


def others(client: redis.Redis, number: int) -> list[str]:
    """Queue jobs of the platform's own; return their ids."""
    queue = Queue(QUEUE, connection=client)
    return [queue.enqueue("m3core.tasks.score_lead", "acme", 0).id for _ in range(number)]


def waiting(client: redis.Redis) -> list[str]:
    return [str(one) for one in Queue(QUEUE, connection=client).get_job_ids()]


def test_the_queue_is_filled_up_to_the_jobs_asked_for_and_the_worker_stopped(client: redis.Redis) -> None:
    mine = others(client, 3)
    breaker = Backlog(client)

    breaker.begin(backlog(2_500), lease_seconds=30)

    assert breaker.tend(backlog(2_500)) == 2_500
    assert waiting(client)[:3] == mine
    assert is_suspended(client)


def test_a_queue_that_holds_as_many_already_gets_none(client: redis.Redis) -> None:
    mine = others(client, 5)

    Backlog(client).begin(backlog(5), lease_seconds=30)

    assert waiting(client) == mine


def test_jobs_of_others_that_come_take_the_places_of_ours(client: redis.Redis) -> None:
    breaker = Backlog(client)
    breaker.begin(backlog(10), lease_seconds=30)
    mine = others(client, 4)

    assert breaker.tend(backlog(10)) == 10
    assert waiting(client)[-4:] == mine


def test_the_revert_takes_out_our_jobs_and_no_other_and_lets_the_worker_go_on(client: redis.Redis) -> None:
    first = others(client, 2)
    breaker = Backlog(client)
    breaker.begin(backlog(1_500), lease_seconds=30)
    last = others(client, 2)

    breaker.end(backlog(1_500))
    breaker.end(backlog(1_500))

    assert waiting(client) == [*first, *last]
    assert len(client.keys("rq:job:*")) == 4
    assert not is_suspended(client)


def test_what_it_leaves_ends_with_the_lease_when_nobody_reverts(client: redis.Redis) -> None:
    Backlog(client).begin(backlog(20), lease_seconds=0.9)
    assert len(client.keys("rq:job:fault-*")) == 20

    deadline = time.monotonic() + 5
    while client.exists("rq:suspended") or client.keys("rq:job:*"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    SimpleWorker([Queue(QUEUE, connection=client)], connection=client).work(burst=True)

    assert waiting(client) == []
    assert client.zcard(f"rq:failed:{QUEUE}") == 0


def test_the_jobs_are_such_as_the_queue_s_own_library_reads(client: redis.Redis) -> None:
    Backlog(client).begin(backlog(3), lease_seconds=30)

    jobs = Queue(QUEUE, connection=client).get_jobs()

    assert [(job.func_name, job.args) for job in jobs] == [("m3core.tasks.score_lead", ("drill", 0))] * 3
    assert all(job.enqueued_at for job in jobs)


def test_a_worker_that_somebody_else_stopped_is_left_alone(client: redis.Redis) -> None:
    suspend(client)

    with pytest.raises(CannotBreak, match="the worker is stopped already, and not by this fault"):
        Backlog(client).begin(backlog(5), lease_seconds=30)

    assert waiting(client) == []
    assert client.ttl("rq:suspended") == -1


def test_fifteen_thousand_jobs_cost_the_queue_s_server_less_than_half_a_second(client: redis.Redis) -> None:
    """They must be there before the next measurement, or the alert of five minutes comes later than the fault says."""
    before = busy(client)
    Backlog(client).begin(backlog(15_000), lease_seconds=30)

    assert len(waiting(client)) == 15_000
    assert busy(client) - before < 0.5


def busy(client: redis.Redis) -> float:
    """Return the seconds of CPU that the server has taken."""
    info = client.info("cpu")
    assert isinstance(info, dict)
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
