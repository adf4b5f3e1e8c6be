"""The process itself: it sends all of a plan alone, leads a crew, or is one of its workers, as its environment says."""

from __future__ import annotations

import locust  # noqa: F401 - first: it patches the standard library

# isort: split
import os
import sys
from typing import BinaryIO

import gevent
import msgspec

from alertproof.loadgen.bridge.alone import Alone
from alertproof.loadgen.bridge.master import Master
from alertproof.loadgen.bridge.obeying import obey, obey_order
from alertproof.loadgen.bridge.worker import Worker
from alertproof.loadgen.crew import POST, Post
from alertproof.loadgen.wire import PLAN, LoadPlan, Message


def main() -> None:
    """Run until the load is over; exit code 3 when it cannot be judged."""
    lines: BinaryIO = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a scenario that prints must not write between the lines
    post = os.environ.pop(POST, None)
    plan = os.environ.pop(PLAN, None)

    def say(message: Message) -> None:
        lines.write(msgspec.json.encode(message) + b"\n")
        lines.flush()

    if post is not None:
        worker = Worker(msgspec.json.decode(post, type=Post))
        gevent.get_hub().threadpool.spawn(obey, worker.refuse)
        _end(worker.drive())
    decoded = msgspec.json.decode(plan or b"", type=LoadPlan)
    runs = Alone(decoded) if decoded.crew is None else Master(decoded, decoded.crew)
    gevent.get_hub().threadpool.spawn(obey, lambda order: obey_order(runs, order))
    _end(runs.drive(say))


def _end(code: int) -> None:
    sys.stderr.flush()
    os._exit(code)  # the thread that reads the input is still waiting, and would be waited for


if __name__ == "__main__":
    main()
