"""The scenario: a file of the user's with one user class of Locust's. What it does wrong is named with its line."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from gevent import Timeout
from locust import FastHttpUser
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately
from locust.user.task import TaskSet, filter_tasks_by_tags
from locust.util.load_locustfile import load_locustfile

from alertproof.loadgen.wire import LoadPlan

__all__ = ["Scenario", "ScenarioError", "Task"]

_WRITING_TAG = "write"
_CHANGED_MIND = (RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)  # a task's ways to return early
Task = Callable[[FastHttpUser], object]


class ScenarioError(Exception):
    """The scenario cannot be judged; the text says why."""


class Scenario:
    """The user class of the plan's scenario, and its tasks, each as often as its weight says.

    Raises `ScenarioError` for a file that cannot be imported or holds something else.
    """

    def __init__(self, plan: LoadPlan) -> None:
        self._path = Path(plan.scenario)
        try:
            found, _ = load_locustfile(plan.scenario)
        except Exception as error:  # anybody's code: anything may come
            raise ScenarioError(f"cannot be imported: {self._say(error)}") from error
        if len(found) != 1:
            names = ", ".join(sorted(found)) or "none"
            raise ScenarioError(f"holds one user class of Locust's, a FastHttpUser with @task methods; found: {names}")
        (kind,) = found.values()
        if not issubclass(kind, FastHttpUser):
            raise ScenarioError(f"{kind.__name__} is no FastHttpUser; it has to be one, for its requests to be counted")
        kind.host = plan.base_url
        if not plan.writes:
            filter_tasks_by_tags(kind, None, {_WRITING_TAG})
        self.kind = kind
        self.tasks = self._tasks(writes=plan.writes)

    def _tasks(self, *, writes: bool) -> list[Task]:
        tasks: list[Task] = []
        for one in self.kind.tasks:
            if isinstance(one, TaskSet) or (isinstance(one, type) and issubclass(one, TaskSet)):
                raise ScenarioError(f"{one!r} is a TaskSet; an arrival is one @task method, its requests in sequence")
            tasks.append(one)
        if not tasks:
            raise ScenarioError(f"{self.kind.__name__} has no @task" + ("" if writes else " without @tag('write')"))
        return tasks

    def call(self, call: Callable[[], object], name: str) -> None:
        """Call code of the scenario; raises `ScenarioError` naming the line for whatever it raises itself."""
        try:
            call()
        except _CHANGED_MIND:
            return
        except ScenarioError:
            raise
        except (Exception, Timeout) as error:  # anybody's code: anything may come, and ends the run by name
            raise ScenarioError(f"{name} raised {self._say(error)}") from error

    def _say(self, error: BaseException) -> str:
        """Return an error with the line of the scenario that it came from."""
        frames = reversed(traceback.extract_tb(error.__traceback__))
        at = next((frame for frame in frames if Path(frame.filename) == self._path), None)
        place = f" at {self._path.name}:{at.lineno}" if at else ""
        return f"{type(error).__name__}{place}: {error}"
