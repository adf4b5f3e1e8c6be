"""The head of a crew: Locust's master, which hands out parts of a plan and adds up what the workers say."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import gevent
import msgspec
from gevent.event import Event
from gevent.queue import Queue
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner

from alertproof.clock import SystemClock
from alertproof.loadgen.bridge.alone import dispatcher
from alertproof.loadgen.crew import (
    CHANNEL,
    POST,
    Begin,
    FromMaster,
    FromWorker,
    Hello,
    LoggedIn,
    NoPlace,
    Order,
    Part,
    Ping,
    Pong,
    Post,
    fingerprint,
    from_worker,
)
from alertproof.loadgen.merging import Merger
from alertproof.loadgen.samples import microseconds
from alertproof.loadgen.wire import DRAIN, Batch, Crew, Ended, LoadPlan, Message, Ready, Trouble, Waiting, rate_order
from alertproof.stack.processes import Child

__all__ = ["Master"]

_AHEAD = timedelta(milliseconds=300)  # for the word that all begin to reach all
_SILENCE = timedelta(seconds=10)  # a worker speaks each tick
_LOOK = 0.02  # seconds between two looks at orders and processes
_GOODBYE = 3.0


class _Lost(Exception):
    """The crew is not whole; the text says why."""


class _Member:
    """A worker that has come, in the order in which they came."""

    def __init__(self, number: int, node: str, name: str, heard: timedelta) -> None:
        self.number = number
        self.node = node
        self.name = name
        self.heard = heard
        self.logged_in = False
        self.ended = False


class Master:
    """Sends nothing itself. Any worker that is lost ends the run: what it sent last is unknown, so nothing is known."""

    def __init__(self, plan: LoadPlan, crew: Crew) -> None:
        self._plan = plan
        self._crew = crew
        self._clock = SystemClock()
        self._members: dict[str, _Member] = {}
        self._merger = Merger(crew.workers)
        self._children: list[Child] = []
        self._runner: MasterRunner | None = None
        self._lines: Queue = Queue()
        self._trouble: Trouble | None = None
        self._began: timedelta | None = None
        self._changed = Event()
        self._orders: list[bytes] = []

    # -- what the run orders; from a thread of its own, so it is only kept -------------------------------------------

    def drain(self) -> None:
        """Have every worker start no further arrival."""
        self._orders.append(DRAIN)

    def change(self, rate: float) -> None:
        """Have the workers go on at another rate, that of all together; raises `ValueError` for one out of bounds."""
        if self._plan.ceiling is None or not 0 < rate <= self._plan.ceiling:
            raise ValueError("no rate of this plan")
        self._orders.append(rate_order(rate))

    # -- the run ----------------------------------------------------------------------------------------------------

    def drive(self, say: Callable[[Message], None]) -> int:
        """Run the plan with the crew and say what is seen of the whole; return 3 when it cannot be judged."""
        try:
            runner = self._open()
            self._gather(runner, say)
            self._hand_out(runner)
            self._begin(say)
            self._follow(say)
        except _Lost as error:
            self._trouble = self._trouble or Trouble(str(error), of="generator")
        self._send_home()  # before the last word, at which this process is ended
        say(self._trouble or Ended())
        return 3 if self._trouble else 0

    def _open(self) -> MasterRunner:
        crew = self._crew
        environment = Environment(user_classes=[dispatcher(_nothing)], events=events, host=self._plan.base_url)
        try:
            runner = environment.create_master_runner(crew.host, crew.port)
        except (SystemExit, Exception) as error:  # Locust exits where the port is taken, and raises anything elsewhere
            raise _Lost(
                f"the master cannot listen at {crew.host}:{crew.port}: another program has it, or the address is not "
                "this machine's"
            ) from error
        events.init.fire(environment=environment, runner=runner, web_ui=None)  # type: ignore[no-untyped-call]
        runner.register_message(CHANNEL, self._take)
        self._runner = runner
        if not crew.elsewhere:
            self._children = [self._start(number, runner.server.port) for number in range(1, crew.workers + 1)]
        return runner

    def _start(self, number: int, port: int) -> Child:
        plan = self._plan
        post = Post(
            name=f"worker {number}",
            host=self._crew.host,
            port=port,
            patience=self._crew.patience,
            base_url=plan.base_url,
            scenarios=str(Path(plan.scenario).parent),
            most_rate=max(plan.schedule.peak, plan.ceiling or 0.0),
            most_seconds=plan.schedule.seconds,
            writes=plan.writes,
        )
        environment = {**os.environ, POST: msgspec.json.encode(post).decode()}
        return Child(post.name, [sys.executable, "-m", "alertproof.loadgen.bridge"], environment=environment)

    def _gather(self, runner: MasterRunner, say: Callable[[Message], None]) -> None:
        """Wait until the crew is whole."""
        crew, said = self._crew, -1
        deadline = self._clock.monotonic() + timedelta(seconds=crew.patience)
        while len(self._members) < crew.workers:
            if self._clock.monotonic() >= deadline:
                where = f"{crew.host}:{runner.server.port}"
                how = (
                    f": on each of their machines, alertproof load worker --master-host HOST --master-port {crew.port}"
                )
                raise _Lost(
                    f"{len(self._members)} of {crew.workers} workers came to the master at {where} within "
                    f"{crew.patience:g} s{how if crew.elsewhere else ''}{self._words()}"
                )
            self._check_children()
            second = int(self._clock.monotonic().total_seconds())
            if second != said:
                say(Waiting(len(self._members)))
                said = second
            gevent.sleep(_LOOK)

    def _hand_out(self, runner: MasterRunner) -> None:
        mark = fingerprint(Path(self._plan.scenario))
        for member in self._members.values():
            part = Part(part=member.number - 1, of=self._crew.workers, plan=self._plan, fingerprint=mark)
            self._tell(member, part)
        # One dispatcher each; Locust says so itself, so that its page and its listeners know of the run.
        gevent.spawn(runner.start, self._crew.workers, self._crew.workers)

    def _begin(self, say: Callable[[Message], None]) -> None:
        """Wait until all users of all workers are logged in, and say when to begin."""
        while not all(member.logged_in for member in self._members.values()):
            self._look(silence=False)  # to log in may take its time; the run has a deadline for that
        began = self._clock.monotonic() + _AHEAD
        for member in self._members.values():
            member.heard = began
            self._tell(member, Begin(microseconds(began)))
        gevent.sleep(_AHEAD.total_seconds())
        self._began = began
        say(Ready())

    def _follow(self, say: Callable[[Message], None]) -> None:
        """Say what is seen until every worker has sent its part."""
        while not (self._merger.over and self._lines.empty()):
            while not self._lines.empty():
                say(self._lines.get())
            while self._orders:
                order = Order(self._orders.pop(0).decode())
                for member in self._members.values():
                    self._tell(member, order)
            self._look(silence=True)

    def _look(self, *, silence: bool) -> None:
        """Wait a moment for news; raises `_Lost` where a worker is gone or cannot go on."""
        self._changed.wait(_LOOK)
        self._changed.clear()
        if self._trouble is not None:
            raise _Lost
        self._check_children()
        patience = max(_SILENCE, 3 * timedelta(seconds=self._plan.tick))
        for member in self._members.values():
            if silence and not member.ended and self._clock.monotonic() - member.heard > patience:
                raise _Lost(f"{self._name(member)} said nothing for {patience.total_seconds():g} s{self._when()}")

    def _check_children(self) -> None:
        for child in self._children:
            member = next((one for one in self._members.values() if one.name == child.name), None)
            if not child.running() and not (member and member.ended):
                who = self._name(member) if member else f"{child.name} of {self._crew.workers}"
                raise _Lost(f"{who} ended with code {child.exit_code}{self._when()}{child.last_words()}")

    def _name(self, member: _Member) -> str:
        number = f"worker {member.number}"
        at = "" if member.name == number or self._children else f" ({member.name})"
        return f"{member.name if self._children else number} of {self._crew.workers}{at}"

    def _when(self) -> str:
        if self._began is None:
            return " before the run began"
        age = (self._clock.monotonic() - self._began).total_seconds()
        return f", {age:.1f} s into the run: what it had sent and not told is unknown"

    def _words(self) -> str:
        """Return the last words of workers that were started here and did not come."""
        came = {member.name for member in self._members.values()}
        return "".join(child.last_words() for child in self._children if child.name not in came)

    # -- what the workers say ---------------------------------------------------------------------------------------

    def _take(self, environment: Environment, msg: Any) -> None:
        del environment  # Locust hands it to every listener
        try:
            message = from_worker(msg.data)
        except (msgspec.DecodeError, TypeError):
            return  # anybody may talk to this port; what is no line of ours is nobody's
        if isinstance(message, Hello):
            self._welcome(msg.node_id, message.name)
        elif isinstance(message, Ping):
            self._send(msg.node_id, Pong(message.sent, microseconds(self._clock.monotonic())))
        elif (member := self._members.get(msg.node_id)) is not None:
            member.heard = self._clock.monotonic()
            self._hear(member, message)
            self._changed.set()

    def _welcome(self, node: str, name: str) -> None:
        if node in self._members:
            return
        if len(self._members) == self._crew.workers:
            self._send(node, NoPlace())
            return
        self._members[node] = _Member(len(self._members) + 1, node, name, self._clock.monotonic())

    def _hear(self, member: _Member, message: FromWorker) -> None:
        whole = None
        match message:
            case LoggedIn():
                member.logged_in = True
            case Batch():
                whole = self._merger.add(member.number - 1, message)
            case Ended():
                member.ended = True
                whole = self._merger.end(member.number - 1)
            case Trouble(text, of):
                who = self._name(member)
                self._trouble = self._trouble or Trouble(text if of == "scenario" else f"{who}: {text}", of=of)
            case _:
                pass
        if whole is not None:
            self._lines.put(whole)

    def _tell(self, member: _Member, message: FromMaster) -> None:
        self._send(member.node, message)

    def _send(self, node: str, message: FromMaster) -> None:
        assert self._runner is not None  # noqa: S101 - nobody has come before it listens
        self._runner.send_message(CHANNEL, msgspec.json.encode(message), client_id=node)  # type: ignore[arg-type]

    def _send_home(self) -> None:
        """Have the workers end; those that were started here are ended."""
        if self._runner is not None:
            with gevent.Timeout(_GOODBYE, exception=False):
                self._runner.quit()
        for child in self._children:
            child.close_input()
            child.end(within=timedelta(seconds=1))


def _nothing(_environment: Environment) -> None:
    """The master runs no user."""
