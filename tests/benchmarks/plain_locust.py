"""Plain Locust: FastHttpUsers held to a rate together, from its own command's parts. Prints its cost when it is over.

``python -m tests.benchmarks.plain_locust URL USERS RATE SECONDS``: seconds of processor from the first request on, and
requests.
"""

from __future__ import annotations

from locust import FastHttpUser, constant_throughput, events, task  # first: it patches the standard library

# isort: split
import itertools
import json
import resource
import sys

import gevent
from locust.env import Environment


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Send, and say what it took."""
    url, users, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])

    turns = itertools.count()

    class Plain(FastHttpUser):
        host = url
        wait_time = constant_throughput(rate / users)

        def on_start(self) -> None:
            # Else all of them ask at one instant, and the process wakes once for all.
            gevent.sleep(next(turns) / rate)

        @task
        def ask(self) -> None:
            self.client.get("/thing?n=1", name="/thing")

    environment = Environment(user_classes=[Plain], events=events)
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    gevent.sleep(2)  # connections are made, and what is done once is done
    before, sent = _spent(), environment.stats.total.num_requests
    gevent.sleep(seconds)
    cpu, n = _spent() - before, environment.stats.total.num_requests - sent
    assert not environment.stats.total.num_failures
    print(json.dumps({"cpu": cpu, "n": n}), flush=True)  # noqa: T201 - its answer
    runner.quit()


if __name__ == "__main__":
    main()
