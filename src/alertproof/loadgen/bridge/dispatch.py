"""Starts the arrivals when they are due, and reports each second what came of them."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count, islice

import gevent
from gevent.event import Event
from locust import FastHttpUser
from locust.env import Environment
from locust.user.task import LOCUST_STATE_RUNNING, DefaultTaskSet

from alertproof.clock import SystemClock
from alertproof.loadgen.bridge.hands import Hands
from alertproof.loadgen.bridge.scenario import Scenario, ScenarioError, Task
from alertproof.loadgen.bridge.session import Arrival, OneHost, Request, Session
from alertproof.loadgen.crew import share_of
from alertproof.loadgen.pace import Pace
from alertproof.loadgen.recorder import Recorder
from alertproof.loadgen.wire import LoadPlan, Message, Ready

__all__ = ["Dispatch"]

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Dispatch:
    """One load run, from when the users are logged in to when the last answer is there; nothing else is counted.

    ``error`` says why the scenario cannot be judged; the run ends at once when there is one. ``draining`` is asked
    before each arrival: when it says so, no further one is started, and what is under way is waited for. Where there
    is a ``pace``, it says when arrivals are due, and the plan's schedule does not. One ``part`` (from 0) of so many
    sends its share, with its share of the users and of the arrivals under way; ``begin`` is called when the users are
    logged in, and returns the instant from which all parts count.
    """

    def __init__(
        self,
        plan: LoadPlan,
        say: Callable[[Message], None],
        draining: Callable[[], bool],
        pace: Pace | None = None,
        *,
        part: int = 0,
        of: int = 1,
        begin: Callable[[], timedelta] | None = None,
    ) -> None:
        self.ended = Event()
        self.error = ""
        self._plan = plan
        self._say = say
        self._draining = draining
        self._pace = pace
        self._part, self._of = part, of
        self._begin = begin or self._begin_now
        self._places = max(1, share_of(plan.max_in_flight, part=part, of=of))
        self._tick = timedelta(seconds=plan.tick)
        self._scenario = Scenario(plan)
        self._clock = SystemClock()
        self._connections = OneHost(plan.base_url, places=self._places, timeout=plan.timeout)
        self._recorder = Recorder(tick=self._tick)
        self._hands = Hands(self._arrive, most=self._places)
        self._users: list[FastHttpUser] = []
        self._began: timedelta | None = None
        self._next_due = timedelta(0)
        self._counting = False
        self._failed_aside: list[str] = []

    def run(self, environment: Environment) -> None:
        """Log the users in, send every arrival, and say what was seen."""
        try:
            self._log_in(environment)
            self._send()
        except ScenarioError as error:
            self.error = self.error or str(error)
        finally:
            self.ended.set()

    def check(self, method: str, url: str) -> None:
        """Refuse a request that writes where the profile says nothing of it; logging in and out is reading."""
        if method not in _READING and not self._plan.writes and self._counting:
            raise ScenarioError(f"{method} {url} writes, and the profile does not say so; add to it: writes = true")

    def begun(self, request: Request) -> None:
        """Count a later request of an arrival as pending; the first one is since the arrival began."""
        if self._began is not None and self._counting:
            due = request.due - self._began
            self._recorder.begun(due=due)
            if request.arrival is not None:
                request.arrival.pending.append(due)

    def done(self, request: Request, name: str, *, latency: timedelta, trouble: str) -> None:
        """Count a request that is done."""
        if self._began is None or not self._counting:
            self._failed_aside += [f"{name} {trouble}"] if trouble else []
            return
        due = request.due - self._began
        if request.arrival is not None:
            request.arrival.failed = request.arrival.failed or bool(trouble)
            if due in request.arrival.pending:
                request.arrival.pending.remove(due)
                self._recorder.ended(due=due)
        else:
            self._recorder.ended(due=due)
        self._recorder.done(
            name,
            due=due,
            latency=latency,
            trouble=trouble,
            correlation_id=request.correlation_id,
        )
        self.error = self.error or self._recorder.too_many_names()

    def _log_in(self, environment: Environment) -> None:
        """Make the users and call ``on_start`` of each; raises `ScenarioError` when one fails."""
        for _ in range(max(1, share_of(self._plan.users, part=self._part, of=self._of))):
            user = self._scenario.kind(environment)
            user.client = Session(
                self, self._connections, base_url=self._plan.base_url, timeout=self._plan.timeout, user=user
            )
            # As Locust's User.run does, for tasks that call `self.wait()`.
            user._state = LOCUST_STATE_RUNNING  # noqa: SLF001
            user._taskset_instance = DefaultTaskSet(user)  # noqa: SLF001
            try:
                self._scenario.call(user.on_start, "on_start")
            except ScenarioError:
                if not self._failed_aside:
                    raise
            if self._failed_aside:
                raise ScenarioError(f"on_start: {self._failed_aside[0]}")
            self._users.append(user)
        gc.collect()
        gc.freeze()  # nothing of the set-up is looked at again by a collection in the middle of a measurement

    def _send(self) -> None:
        """Start every arrival at its time; one that is late starts at once, and none is left out or moved."""
        self._began, self._counting = self._begin(), True
        reporter = gevent.spawn(self._report_each_second)
        chosen_tasks = self._choices()
        for number, offset in enumerate(self._offsets()):
            self._next_due = due = timedelta(microseconds=offset)
            gevent.sleep(max(0.0, (due - self._age()).total_seconds()))
            if self.error or self._draining():
                break
            chosen, user = next(chosen_tasks), self._users[number % len(self._users)]
            if self._hands.free:
                self._recorder.begun(due=due)  # here, so that no report falls between its due and its start
                self._hands.give(due, user, chosen)
            else:
                self._recorder.dropped(due=due)
        last = self._age() + timedelta(seconds=self._plan.timeout)
        while not self.error and self._age() < last and not self._hands.join(within=timedelta(seconds=0.1)):
            pass
        self._hands.end()
        self._counting = False
        reporter.kill()
        for user in self._users:
            self._scenario.call(user.on_stop, "on_stop")
        self._report()

    def _begin_now(self) -> timedelta:
        now = self._clock.monotonic()
        self._say(Ready())
        return now

    def _offsets(self) -> Iterator[int]:
        if self._pace is not None:
            return self._pace.offsets()
        return self._plan.schedule.offsets(part=self._part, of=self._of)

    def _choices(self) -> Iterator[Task]:
        """Return the task of each arrival of this part: what one process alone would choose for it."""
        chance = random.Random(self._plan.schedule.seed)  # noqa: S311 - traffic, not a secret
        return islice((chance.choice(self._scenario.tasks) for _ in count()), self._part, None, self._of)

    def _arrive(self, due: timedelta, user: FastHttpUser, chosen: Task) -> None:
        assert self._began is not None  # noqa: S101 - set before the first arrival
        self._recorder.sent(due=due, lag=self._age() - due)
        arrival = gevent.getcurrent().arrival = Arrival(due=self._began + due, pending=[due])
        try:
            self._scenario.call(lambda: chosen(user), getattr(chosen, "__name__", "a task"))
        except ScenarioError as error:
            # What a task trips over after a request has failed is the platform's fault, and counted already.
            if not arrival.failed:
                self.error = self.error or str(error)
        finally:
            for left in arrival.pending:  # it sent no request, or one whose end was never told
                self._recorder.ended(due=left)
            arrival.pending.clear()

    def _age(self) -> timedelta:
        assert self._began is not None  # noqa: S101 - asked for after the beginning alone
        return self._clock.monotonic() - self._began

    def _report_each_second(self) -> None:
        while True:
            gevent.sleep(self._plan.tick - self._age().total_seconds() % self._plan.tick)
            self._report()

    def _report(self) -> None:
        self._say(
            self._recorder.take(
                at=self._age(),
                in_flight=self._hands.busy,
                started=self._next_due,
                rate=self._pace.rate if self._pace else 0.0,
            )
        )
