"""The process itself: Locust's runner with one user, the dispatcher, so that a scenario's listeners hear as ever."""

from __future__ import annotations

from locust import User, events, task  # first: it patches the standard library

# isort: split
import os
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

import gevent
import msgspec
from locust.env import Environment
from locust.exception import StopUser

from alertproof.loadgen.bridge.dispatch import Dispatch
from alertproof.loadgen.bridge.scenario import ScenarioError
from alertproof.loadgen.pace import Pace
from alertproof.loadgen.wire import DRAIN, PLAN, Ended, LoadPlan, Message, Trouble, rate_ordered


def _dispatcher(run: Dispatch) -> type[User]:
    class Dispatcher(User):
        """The one user that Locust itself runs."""

        @task
        def drive(self) -> None:
            run.run(self.environment)
            raise StopUser

    return Dispatcher


def drive(
    plan: LoadPlan, say: Callable[[Message], None], draining: Callable[[], bool], pace: Pace | None = None
) -> int:
    """Run a plan, an adaptive one at a pace, and say what is seen; return 3 when the scenario cannot be judged."""
    try:
        run = Dispatch(plan, say, draining, pace)
    except ScenarioError as error:
        say(Trouble(str(error)))
        return 3
    environment = Environment(user_classes=[_dispatcher(run)], events=events, host=plan.base_url)
    runner = environment.create_local_runner()
    events.init.fire(environment=environment, runner=runner, web_ui=None)  # type: ignore[no-untyped-call]
    runner.start(1, spawn_rate=1)
    run.ended.wait()
    runner.quit()
    say(Trouble(run.error) if run.error else Ended())
    return 3 if run.error else 0


def _obey(drain: Callable[[], None], pace: Pace | None) -> None:
    """Do what the parent says, until its input closes or says what makes no sense: then the process ends at once."""
    for line in iter(os.fdopen(os.dup(sys.stdin.fileno()), "rb").readline, b""):
        order = line.strip()
        if order == DRAIN:
            drain()
            continue
        try:
            rate = rate_ordered(order)
            if rate is None or pace is None:
                raise ValueError("no order for this plan")
            pace.change(rate)
        except ValueError as error:
            os.write(sys.stderr.fileno(), f"cannot do as ordered, {order[:100]!r}: {error}\n".encode())
            break
    os._exit(1)


def main() -> None:
    """Run until the schedule is over; exit code 3 when the scenario cannot be judged."""
    lines: BinaryIO = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a scenario that prints must not write between the lines
    plan = msgspec.json.decode(os.environ.pop(PLAN), type=LoadPlan)

    def say(message: Message) -> None:
        lines.write(msgspec.json.encode(message) + b"\n")
        lines.flush()

    drained = threading.Event()
    pace = None if plan.ceiling is None else Pace(plan.schedule, ceiling=plan.ceiling)
    gevent.get_hub().threadpool.spawn(_obey, drained.set, pace)
    code = drive(plan, say, drained.is_set, pace)
    sys.stderr.flush()
    os._exit(code)  # the thread that reads the input is still waiting, and would be waited for


if __name__ == "__main__":
    main()
