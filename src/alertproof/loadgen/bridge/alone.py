"""The whole load from one process: Locust's local runner with one user, the dispatcher."""

from __future__ import annotations

import threading
from collections.abc import Callable

from locust import User, events, task
from locust.env import Environment
from locust.exception import StopUser

from alertproof.loadgen.bridge.dispatch import Dispatch
from alertproof.loadgen.bridge.scenario import ScenarioError
from alertproof.loadgen.bridge.statistics import NoStatistics
from alertproof.loadgen.pace import Pace
from alertproof.loadgen.wire import Ended, LoadPlan, Message, Trouble

__all__ = ["Alone", "dispatcher"]


def dispatcher(run: Callable[[Environment], None]) -> type[User]:
    """Return the one kind of user that Locust itself runs: it calls ``run``, once."""

    class Dispatcher(User):
        @task
        def drive(self) -> None:
            run(self.environment)
            raise StopUser

    return Dispatcher


class Alone:
    """Sends all of a plan, and carries out what the run orders meanwhile."""

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._pace = None if plan.ceiling is None else Pace(plan.schedule, ceiling=plan.ceiling)
        self._drained = threading.Event()

    def drain(self) -> None:
        """Start no further arrival."""
        self._drained.set()

    def change(self, rate: float) -> None:
        """Go on at another rate; raises `ValueError` for a plan that has a schedule, and a rate out of bounds."""
        if self._pace is None:
            raise ValueError("the plan has a schedule")
        self._pace.change(rate)

    def drive(self, say: Callable[[Message], None]) -> int:
        """Run the plan and say what is seen; return 3 when the scenario cannot be judged."""
        try:
            run = Dispatch(self._plan, say, self._drained.is_set, self._pace)
        except ScenarioError as error:
            say(Trouble(str(error)))
            return 3
        environment = Environment(user_classes=[dispatcher(run.run)], events=events, host=self._plan.base_url)
        runner = environment.create_local_runner()
        environment.stats = NoStatistics()
        events.init.fire(environment=environment, runner=runner, web_ui=None)  # type: ignore[no-untyped-call]
        runner.start(1, spawn_rate=1)
        run.ended.wait()
        runner.quit()
        say(Trouble(run.error) if run.error else Ended())
        return 3 if run.error else 0
