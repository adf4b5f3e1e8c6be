"""A backlog: the worker is stopped and the queue holds as many jobs as were asked for, ours and others together.

All of it stands in the queue's server with a time to live, so that it also ends when this process does not end it:
a worker passes over a job that is gone.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, final

import redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.suspension import WORKERS_SUSPENDED, resume

from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault
from m3core.jobs import QUEUE

__all__ = ["Backlog"]

_QUEUE = f"rq:queue:{QUEUE}"
#: So many jobs are made by one call of the server, which does nothing else meanwhile.
_AT_ONCE = 1_000
# KEYS: the queue. ARGV: how the ids begin, first and last number, time to live, a job's fields.
_PUT = """
for number = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  local id = ARGV[1] .. number
  redis.call('HSET', 'rq:job:' .. id, unpack(ARGV, 5))
  redis.call('EXPIRE', 'rq:job:' .. id, ARGV[4])
  redis.call('RPUSH', KEYS[1], id)
end
"""
# KEYS: the queue. ARGV: how the ids begin, how many jobs may wait. Takes ours out, the oldest first, down to so many.
_TAKE = """
local over = redis.call('LLEN', KEYS[1]) - tonumber(ARGV[2])
if over <= 0 then return end
local kept = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if over > 0 and string.sub(id, 1, #ARGV[1]) == ARGV[1] then
    over = over - 1
    redis.call('DEL', 'rq:job:' .. id)
  else
    kept[#kept + 1] = id
  end
end
redis.call('DEL', KEYS[1])
for _, id in ipairs(kept) do redis.call('RPUSH', KEYS[1], id) end
"""


@final
class Backlog:
    """Stops the worker and fills the queue; ``client`` is the queue's."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._take = client.register_script(_TAKE)

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:
        """Stop the worker, then fill up the queue."""
        lease = math.ceil(lease_seconds)
        if not self._client.set(WORKERS_SUSPENDED, 1, ex=lease, nx=True):
            raise CannotBreak("the worker is stopped already, and not by this fault")
        try:
            self._fill(fault, lease)
        except redis.RedisError:
            self.end(fault)
            raise

    def _fill(self, fault: Fault, lease: int) -> None:
        missing = fault.jobs - Queue(QUEUE, connection=self._client).count
        fields = [part for pair in self._template(lease).items() for part in pair]
        put = self._client.register_script(_PUT)
        for first in range(0, missing, _AT_ONCE):
            last = min(first + _AT_ONCE, missing) - 1
            put(keys=[_QUEUE], args=[_prefix(fault), first, last, lease, *fields])

    def tend(self, fault: Fault) -> int:
        """Take out as many of ours as others have come; return how many wait, ours and others."""
        self._take(keys=[_QUEUE], args=[_prefix(fault), fault.jobs])
        waiting: int = Queue(QUEUE, connection=self._client).count
        return waiting

    def end(self, fault: Fault) -> None:
        """Take all of ours out, and no other's; then let the worker go on."""
        self._take(keys=[_QUEUE], args=[_prefix(fault), 0])
        resume(self._client)

    def _template(self, lease: int) -> dict[str, Any]:
        """Return a job's fields as the queue's own library writes them: a lead to score that does not exist."""
        job = Job.create(
            "m3core.tasks.score_lead",
            args=("drill", 0),
            connection=self._client,
            status=JobStatus.QUEUED,
            origin=QUEUE,
            ttl=lease,
            result_ttl=0,
            failure_ttl=60,
        )
        job.enqueued_at = datetime.now(UTC)
        fields: dict[str, Any] = job.to_dict()
        return fields


def _prefix(fault: Fault) -> str:
    return f"fault-{fault.id}-"
