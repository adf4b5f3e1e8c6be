"""The whole search against a real server whose capacity is known: sockets, the real generator, real time.

The server is M/D/4 of the known platforms, five times as fast: its queue is kept in numbers (each answer is sent when
the queue says that it is done), so that a late timer makes one answer late but never the server slower. A tick is a
fifth of a second, and so the search of 7 minutes takes 84 s.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.loadgen.capacity.known import OTHERS

from alertproof.loadgen import find_capacity, read_capacity_profile
from alertproof.loadgen.capacity import Outcome

from .conftest import SCENARIO, Answer, Asked, Server, target_at

pytestmark = [pytest.mark.prove, pytest.mark.timeout(400)]

FASTER = 5
KNOWN = OTHERS["M/D/4"]
CAPACITY = KNOWN.capacity * FASTER
PROFILE = """
scenario = "own.py"
start = 40
ceiling = 400
limit = "160ms"
timeout = "2s"
tick = "200ms"
warm_up = "3s"
duration = "84s"
longest = "170s"
"""


def queueing(servers: int, service: float) -> Callable[[Asked], Answer]:
    """Answer as a queue with so many servers would, each taking ``service`` seconds: first come, first served."""
    free = [0.0] * servers

    def answer(asked: Asked) -> Answer:
        came = asked.at.total_seconds()
        done = max(free[0], came) + service
        heapq.heapreplace(free, done)
        return Answer(after=timedelta(seconds=done - came))

    return answer


def test_the_capacity_of_a_real_server_is_found_within_a_tenth(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve(queueing(KNOWN.platform.servers, 0.1 / FASTER))
    (tmp_path / "own.py").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "own.toml").write_text(PROFILE, encoding="utf-8")

    found = find_capacity(
        read_capacity_profile(tmp_path / "own.toml"), target_at(server.url), target_name="own", required=100
    )

    print(found.reason, f"known: {CAPACITY:g}/s; lag p99 {found.lag_p99}")  # noqa: T201
    assert found.outcome is Outcome.PASS, found.reason
    assert found.rate == pytest.approx(CAPACITY, rel=0.1)
    assert len(server.asked) == found.sent, "each arrival is one request, and none was dropped or sent twice"
