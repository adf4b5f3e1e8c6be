"""Plain Locust: FastHttpUsers held to a rate together, from its own command's parts. Says each second what it sent.

``python -m tests.benchmarks.plain_locust URL USERS RATE SECONDS AT_ONCE``: lines of JSON, each the requests since the
last. So many users ask at once, at instants of their own, which no answer moves. With 0 at once they are left to
Locust's `constant_throughput`, which counts from the last request: after a moment in which the process stood still all
who were due ask together, and go on doing so.
"""

from __future__ import annotations

from locust import FastHttpUser, constant_throughput, events, task  # first: it patches the standard library

# isort: split
import itertools
import json
import sys
import time

import gevent
from locust.env import Environment


def main() -> None:
    """Send, and say how many."""
    url, users, rate, seconds, at_once = sys.argv[1], *map(int, sys.argv[2:])
    turns, began = itertools.count(), time.perf_counter()

    class Plain(FastHttpUser):
        host = url
        abstract = True

        def on_start(self) -> None:
            turn = next(turns)
            self.due = began + 0.5 + (turn - turn % (at_once or 1)) / rate
            gevent.sleep(self.due - time.perf_counter())

        @task
        def ask(self) -> None:
            self.client.get("/thing?n=1", name="/thing")

    class AtInstants(Plain):
        def wait_time(self) -> float:
            self.due += users / rate
            return max(0.0, self.due - time.perf_counter())

    class LeftAlone(Plain):
        wait_time = constant_throughput(rate / users)

    environment = Environment(user_classes=[AtInstants if at_once else LeftAlone], events=events)
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    sent = 0
    for _ in range(seconds):
        gevent.sleep(1)
        before, sent = sent, environment.stats.total.num_requests
        print(json.dumps(sent - before), flush=True)  # noqa: T201 - what it is asked for
    assert not environment.stats.total.num_failures
    runner.quit()


if __name__ == "__main__":
    main()
