"""What a request of the load generator costs beside plain Locust, and how late it sends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.benchmarks.servers import LOAD_CORE, SERVER_CORE, tool

from alertproof.loadgen.samples import P99, Samples
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.sender import Sender
from alertproof.loadgen.wire import Batch, LoadPlan

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
RATE, USERS, SECONDS, ROUNDS = 500, 25, 8, 3
WARM_UP = 2  # seconds
#: As often as it was seen on the machine of the issue, with all of a core: requests a second against one server.
SEEN = {"k6": 10_600, "plain": 6_100}
SCENARIO = """
from locust import FastHttpUser, task

class Own(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/thing?n=1", name="/thing")
"""
SERVER = """
import asyncio
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}"
class Quick(asyncio.Protocol):
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): self.transport.write(ANSWER * data.count(b"\\r\\n\\r\\n"))
async def main():
    server = await asyncio.get_running_loop().create_server(Quick, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def quick() -> Iterator[str]:
    """Start a server that answers at once, on a core of its own; yields its address."""
    command = [tool("taskset"), "-c", SERVER_CORE, sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


@dataclass(frozen=True)
class Cost:
    """What a request took: microseconds of processor, and how often the process was woken for it."""

    us: float
    woken: float

    def __str__(self) -> str:
        return f"{self.us:.0f} us (woken {self.woken:.2f} times)"


class Watched:
    """A process that says each second what it sent; it is looked at when it does."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._tasks = Path(f"/proc/{pid}/task")
        self._seen: list[tuple[int, int, int]] = []

    def look(self, n: int) -> None:
        """Note what it has used by now, in which it sent ``n`` requests more."""
        used = sum(int((task / "schedstat").read_text().split()[0]) for task in self._tasks.iterdir())  # nanoseconds
        self._seen.append((used, self._process.num_ctx_switches().voluntary, n))

    def costs(self) -> list[Cost]:
        """Return what a request took in each two seconds, but for those in which what is done once is done."""
        found = []
        for (used, woken, _), (_, _, first), (used_then, woken_then, second) in zip(
            self._seen[WARM_UP - 1 :], self._seen[WARM_UP:], self._seen[WARM_UP + 1 :], strict=False
        ):
            n = first + second
            assert n > 0.9 * 2 * RATE
            found.append(Cost((used_then - used) / n / 1000, (woken_then - woken) / n))
        return found


def least(costs: Iterable[Cost]) -> Cost:
    """Return the one of least processor: what else the machine does only adds."""
    return min(costs, key=lambda one: one.us)


def schedule(at_once: int) -> Schedule:
    """Return as many arrivals a second as the others', so many of them together."""
    if at_once == 1:
        return Schedule(legs=(Leg(seconds=SECONDS, start=RATE, end=RATE),))
    together = Leg(seconds=at_once / 1e6, start=1e6, end=1e6)
    silence = Leg(seconds=at_once / RATE - at_once / 1e6, start=0, end=0)
    return Schedule(legs=(together, silence) * (SECONDS * RATE // at_once))


def plain(url: str, *, at_once: int) -> list[Cost]:
    """Return the costs of a request of plain Locust's; 0 ``at_once``: users that are left to themselves."""
    command = [tool("taskset"), "-c", LOAD_CORE, sys.executable, "-m", "tests.benchmarks.plain_locust", url]
    numbers = map(str, (USERS, RATE, SECONDS, at_once))
    with subprocess.Popen(
        [*command, *numbers], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        watched = Watched(process.pid)
        for line in process.stdout:
            watched.look(json.loads(line))
    assert process.returncode == 0
    return watched.costs()


def ours(url: str, folder: Path, *, at_once: int = 1) -> tuple[list[Cost], list[int]]:
    """Return the costs of a request of ours, and how late each arrival was sent."""
    scenario = folder / "own.py"
    scenario.write_text(SCENARIO, encoding="utf-8")
    plan = LoadPlan(
        base_url=url,
        scenario=str(scenario),
        schedule=schedule(at_once),
        users=USERS,
        max_in_flight=500,
        timeout=5,
        writes=False,
    )
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    try:
        sender = Sender(plan, environment={})
    finally:
        os.sched_setaffinity(0, before)
    try:
        (child,) = (one for one in psutil.Process().children() if "alertproof.loadgen.bridge" in one.cmdline())
        watched, lags = Watched(child.pid), list[int]()
        for message in sender.messages():
            if isinstance(message, Batch) and message.at < SECONDS * 1_000_000:
                watched.look(sum(len(one.answered) for one in message.answers))
                assert not message.dropped
                assert not any(one.failed for one in message.answers)
                lags += [lag for second, lag in message.lags if second >= WARM_UP]
    finally:
        sender.stop()
    return watched.costs(), lags


@pytest.mark.parametrize("at_once", [1, USERS])
def test_a_request_costs_at_most_a_seventh_more_than_one_of_plain_locust(at_once: int, tmp_path: Path) -> None:
    """1.15 times, both against the same server, with as many requests a second, and as many of them together.

    Who is woken for each request and for each answer takes twice the processor of who is woken once for 25, whoever
    it is: so who asks when is the same for both. They take turns, and the best two seconds of each count.
    """
    theirs, own = list[Cost](), list[Cost]()
    with quick() as url:
        for _ in range(ROUNDS):
            theirs += plain(url, at_once=at_once)
            own += ours(url, tmp_path, at_once=at_once)[0]
    best, ours_best = least(theirs), least(own)
    times = ours_best.us / best.us
    print(  # noqa: T201 - a benchmark says what it saw
        f"\n  {at_once} at once, {RATE}/s: plain FastHttpUser {best}, ours {ours_best}: {times:.2f} times; "
        f"k6 was seen to take {SEEN['plain'] / SEEN['k6']:.2f} times as much as plain"
    )
    assert times <= 1.15


def test_what_plain_locust_costs_whose_users_are_left_to_themselves() -> None:
    """Held to nothing: it depends on how many of them have come to ask together."""
    with quick() as url:
        found = [least(plain(url, at_once=0)) for _ in range(ROUNDS)]
    print(f"\n  {RATE}/s, as it comes: {'; '.join(map(str, found))}")  # noqa: T201 - as above


def test_all_but_a_hundredth_of_500_arrivals_a_second_are_sent_within_10_ms(tmp_path: Path) -> None:
    with quick() as url:
        found = [ours(url, tmp_path)[1] for _ in range(ROUNDS)]
    late = [Samples(lags).percentile(P99) for lags in found]
    known = sorted(one.total_seconds() * 1e3 for one in late if one is not None)
    print(f"\n  p99 of the lag at {RATE}/s: {', '.join(f'{one:.2f}' for one in known)} ms")  # noqa: T201 - as above
    assert known[0] < 10
