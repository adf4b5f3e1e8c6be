"""Ten seconds of standstill in a minute at 100 requests a second: seen in full by arrivals that wait for nobody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from alertproof.clock import SystemClock

from .conftest import SCENARIO, Answer, Asked, Send, Server, Write

pytestmark = [pytest.mark.prove, pytest.mark.timeout(400)]

CLOCK = SystemClock()
RATE, SECONDS = 100, 60
STALL_AT, STALL_FOR = 20.0, 10.0
QUICK = 0.005
USERS = 10
CLOSED = SCENARIO.replace("FastHttpUser, tag, task", "FastHttpUser, constant_throughput, task").replace(
    "class Numbered(FastHttpUser):\n", "class Numbered(FastHttpUser):\n    wait_time = constant_throughput(10)\n"
)


def stalling() -> Callable[[Asked], Answer]:
    """Answer in 5 ms, but what comes during the standstill only at its end."""
    began: list[timedelta] = []

    def answer(_: Asked) -> Answer:
        began[:] = began or [CLOCK.monotonic()]
        age = (CLOCK.monotonic() - began[0]).total_seconds()
        left = STALL_AT + STALL_FOR - age if age >= STALL_AT else 0.0
        return Answer(after=timedelta(seconds=max(QUICK, left)))

    return answer


def test_the_open_loop_measures_the_p95_that_people_would_have_had(serve: Callable[..., Server], send: Send) -> None:
    """A sixth of the arrivals meet the standstill; the 5 % that waited longest waited 10 s less the first 3 s of it."""
    journal = send(serve(stalling()).url, rate=RATE, duration=f"{SECONDS}s", timeout="15s", max_lag="5s")

    true_p95 = STALL_FOR - 0.05 * SECONDS
    assert journal.n == RATE * SECONDS
    assert journal.failed == 0
    assert journal.p95 is not None
    assert journal.p95.total_seconds() == pytest.approx(true_p95, abs=0.1)
    assert journal.slow == pytest.approx(RATE * (STALL_FOR - 0.8), rel=0.02)


def test_users_who_wait_for_their_answer_hardly_see_it(serve: Callable[..., Server], write_profile: Write) -> None:
    """The same rate by Locust's own ten users, each held to ten requests a second."""
    own = write_profile(CLOSED, rate=1).with_name("own.py")
    command = [sys.executable, "-m", "locust", "-f", str(own), "--headless", "--json", "--host", serve(stalling()).url]
    options = ["-u", str(USERS), "-r", str(USERS), "-t", f"{SECONDS}s"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=200, check=True)
    (entry,) = msgspec.json.decode(done.stdout[done.stdout.index("[") :])

    times = sorted((float(latency), count) for latency, count in entry["response_times"].items())
    slow = sum(count for latency, count in times if latency > 800)
    assert 0 < slow <= USERS, "each has waited once"
    assert entry["num_requests"] > 0.6 * RATE * SECONDS
    assert slow < 0.01 * entry["num_requests"], "p95, and p99, have seen nothing of it"
