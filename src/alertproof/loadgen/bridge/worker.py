"""One process of a crew: Locust's worker with one user, the dispatcher, which sends this worker's part of the plan."""

from __future__ import annotations

import math
import os
import socket
import sys
import threading
from datetime import timedelta
from typing import Any

import gevent
import msgspec
from gevent.event import AsyncResult
from locust import events, runners
from locust.env import Environment
from locust.runners import WorkerRunner

from alertproof.clock import SystemClock
from alertproof.loadgen.bridge.alone import dispatcher
from alertproof.loadgen.bridge.dispatch import Dispatch
from alertproof.loadgen.bridge.obeying import obey_order
from alertproof.loadgen.bridge.scenario import ScenarioError
from alertproof.loadgen.bridge.statistics import NoStatistics
from alertproof.loadgen.crew import (
    CHANNEL,
    Begin,
    Exchange,
    FromWorker,
    Hello,
    LoggedIn,
    NoPlace,
    Order,
    Part,
    Ping,
    Pong,
    Post,
    Refused,
    accepted,
    from_master,
    offset_of,
)
from alertproof.loadgen.pace import Pace
from alertproof.loadgen.samples import microseconds
from alertproof.loadgen.wire import Ended, Trouble

__all__ = ["Worker"]

_EXCHANGES = 20  # the quickest of so many says the time between two machines to a fraction of a millisecond
_WITHIN = timedelta(milliseconds=25)  # half of the lag that a profile allows: what is more is no common beginning
_ANSWER = 5.0  # seconds for a pong
_MASTER_SILENT = timedelta(seconds=5)  # it answers each heartbeat of Locust's, one a second
_GOODBYE = 5.0
_RETRY = 2  # seconds between two knocks at the master's door


class _GaveUp(Exception):
    """This worker cannot go on; the text says why, and the master has been told where it could be."""


class Worker:
    """Comes to its master, takes its part, and sends it from the instant at which all begin."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._clock = SystemClock()
        self._drained = threading.Event()
        self._pace: Pace | None = None
        self._part: AsyncResult = AsyncResult()
        self._begin_at: AsyncResult = AsyncResult()
        self._pong: AsyncResult = AsyncResult()
        self._made: AsyncResult = AsyncResult()
        self._runner: WorkerRunner | None = None
        self._offset = 0

    # -- what it is told --------------------------------------------------------------------------------

    def drain(self) -> None:
        """Start no further arrival."""
        self._drained.set()

    def change(self, rate: float) -> None:
        """Go on at another rate of the whole load; raises `ValueError` where the plan has a schedule."""
        if self._pace is None:
            raise ValueError("the plan has a schedule")
        self._pace.change(rate)

    def refuse(self, order: bytes) -> None:
        """Take no order from where this process was started; only the master's count."""
        raise ValueError(f"a worker does what its master says, not {order!r}")

    def _take(self, environment: Environment, msg: Any) -> None:
        del environment  # Locust hands it to every listener
        match from_master(msg.data):
            case Part() as part:
                self._part.set(part)
            case NoPlace():
                self._part.set(None)
            case Pong() as pong:
                self._pong.set((pong, self._now()))
            case Begin(at):
                self._begin_at.set(at)
            case Order(line):
                obey_order(self, line.encode())

    # -- what it does -----------------------------------------------------------------------------------

    def drive(self) -> int:
        """Work until this part is sent and told; return 3 when it came to nothing."""
        try:
            return self._work()
        except _GaveUp as error:
            print(f"worker {self._post.name}: {error}", file=sys.stderr)  # noqa: T201 - the process's last words
            return 3

    def _work(self) -> int:
        post = self._post
        environment = Environment(
            user_classes=[dispatcher(lambda running: self._made.get().run(running))],
            events=events,
            host=post.base_url,
        )
        runner = self._runner = self._come(environment)
        environment.stats = NoStatistics()
        events.init.fire(environment=environment, runner=runner, web_ui=None)  # type: ignore[no-untyped-call]
        runner.register_message(CHANNEL, self._take)
        gevent.spawn(self._watch_master)
        self._say(Hello(name=post.name or socket.gethostname()))
        part = self._part.get(timeout=None)
        if part is None:
            raise _GaveUp("the master has all of its workers already")
        try:
            plan = accepted(post, part)
        except Refused as error:
            self._say(Trouble(str(error), of="generator"))
            self._leave(runner)
            raise _GaveUp(str(error)) from error
        if plan.ceiling is not None:
            self._pace = Pace(plan.schedule, ceiling=plan.ceiling, part=part.part, of=part.of)
        try:
            run = Dispatch(
                plan, self._say_of_run, self._drained.is_set, self._pace, part=part.part, of=part.of, begin=self._begin
            )
        except ScenarioError as error:
            self._say(Trouble(str(error)))
            self._leave(runner)
            raise _GaveUp(f"the scenario {error}") from error
        self._made.set(run)
        run.ended.wait()
        self._say(Trouble(run.error) if run.error else Ended())
        self._leave(runner)
        return 3 if run.error else 0

    def _come(self, environment: Environment) -> WorkerRunner:
        """Return Locust's worker, connected to the master; raises `_GaveUp` where none answers in time."""
        post = self._post
        runners.CONNECT_TIMEOUT = _RETRY
        runners.CONNECT_RETRY_COUNT = math.ceil(post.patience / _RETRY) - 1
        try:
            return environment.create_worker_runner(post.host, post.port)
        except ConnectionError as error:
            raise _GaveUp(
                f"no master answered at {post.host}:{post.port} within {post.patience:g} s: start it there "
                "(alertproof load run PROFILE --master), or give its address (--master-host, --master-port)"
            ) from error

    def _begin(self) -> timedelta:
        """Agree on the time, say that the users are logged in, and return when all begin, by this machine's clock."""
        exchanges = []
        for _ in range(_EXCHANGES):
            self._pong = AsyncResult()
            self._say(Ping(self._now()))
            pong, back = self._pong.get(timeout=_ANSWER)
            exchanges.append(Exchange(sent=pong.sent, theirs=pong.at, back=back))
        offset, within = offset_of(exchanges)
        if within > microseconds(_WITHIN):
            raise ScenarioError(
                f"cannot begin with the other workers: a message to the master and back takes {2 * within / 1000:.0f} "
                f"ms, and {2 * _WITHIN / timedelta(milliseconds=1):.0f} are the most"
            )
        self._say(LoggedIn(within))
        began = self._begin_at.get() - offset
        return timedelta(microseconds=began)

    def _watch_master(self) -> None:
        """End this process when the master is silent: a load that nobody counts must not go on."""
        heard = self._clock.monotonic()

        def hear(**_: object) -> None:
            nonlocal heard
            heard = self._clock.monotonic()

        events.heartbeat_received.add_listener(hear)  # type: ignore[no-untyped-call]
        while True:
            gevent.sleep(0.5)
            if self._clock.monotonic() - heard > _MASTER_SILENT:
                silent = _MASTER_SILENT.total_seconds()
                words = f"worker {self._post.name}: the master said nothing for {silent:g} s\n"
                os.write(sys.stderr.fileno(), words.encode())
                os._exit(3)

    def _leave(self, runner: WorkerRunner) -> None:
        """Wait until the master, who has then heard all of it, sends this worker home."""
        with gevent.Timeout(_GOODBYE, exception=False):
            runner.greenlet.join()

    def _now(self) -> int:
        return microseconds(self._clock.monotonic())

    def _say_of_run(self, message: object) -> None:
        assert isinstance(message, FromWorker)  # noqa: S101 - a part says batches alone
        self._say(message)

    def _say(self, message: FromWorker) -> None:
        assert self._runner is not None  # noqa: S101 - it says nothing before it has come
        self._runner.send_message(CHANNEL, msgspec.json.encode(message))  # type: ignore[arg-type]
