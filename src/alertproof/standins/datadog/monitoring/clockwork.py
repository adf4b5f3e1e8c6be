"""Evaluates every monitor at the whole minutes of stack time, and watches how late it is."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from alertproof.clock import ScaledClock
from alertproof.datadog import Definition, advance, evaluation_period, evaluation_window
from alertproof.datadog.monitor.routing import Routing
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.agent.counting import Counting
from alertproof.standins.datadog.agent.datagram import Event
from alertproof.standins.datadog.agent.receiver import Receiver
from alertproof.standins.datadog.eventplatform.events import EventLog, transition_title
from alertproof.standins.datadog.eventplatform.store import RecordLog
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.standins.datadog.monitoring.checks import CheckBook
from alertproof.standins.datadog.monitoring.downtimes import DowntimeBook
from alertproof.standins.datadog.monitoring.governance import RuleBook
from alertproof.standins.datadog.monitoring.monitors import Monitor, MonitorBook, next_minute
from alertproof.standins.datadog.notify.delivery import Outbox
from alertproof.standins.datadog.slo.book import SloBook
from alertproof.standins.journal.journal import Journal
from alertproof.standins.ledger import LedgerError
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.records import RecordStore

__all__ = ["TOLERANCE", "Clockwork", "Failure", "Late"]

#: An evaluation that ends later than this after its minute makes a drill's verdict broken; our own bound.
TOLERANCE = timedelta(seconds=20)
#: Datagrams are read out of the inbox at least this often (real seconds), so that no minute finds a heap.
_LONGEST_NAP = 0.25
#: Kinds of records: datagrams that came in, points stored up to an instant, a minute begun, a monitor evaluated.
_DATAGRAMS, _SETTLED, _MINUTE, _EVALUATED = b"d", b"s", b"m", b"e"
_INSTANT = struct.Struct("<d")
_EVALUATION = struct.Struct("<qd")
_READ_DATAGRAMS = msgspec.msgpack.Decoder(list[tuple[float, bytes]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """An evaluation that ended more than `TOLERANCE` after its minute; both spans are stack time."""

    at: datetime
    monitor_id: int
    began: timedelta
    ended: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An evaluation that could not be made: what the monitor asks for is not modelled, or it has shown a mistake."""

    at: datetime
    monitor_id: int
    reason: str


class Clockwork:
    """The loop that drains the receiver, and at each due minute flushes, evaluates and tells.

    All of it runs in the event loop's thread, like every route: no lock guards the store or the monitors.
    """

    KEPT = 1000

    def __init__(
        self,
        *,
        clock: ScaledClock,
        receiver: Receiver,
        ingest: Ingest,
        counting: Counting,
        monitors: MonitorBook,
        slos: SloBook,
        downtimes: DowntimeBook,
        rules: RuleBook,
        checks: CheckBook,
        records: RecordLog,
        events: EventLog,
        outbox: Outbox,
        journal: Journal | None = None,
    ) -> None:
        self._clock = clock
        self._receiver = receiver
        self._ingest = ingest
        self._counting = counting
        self._monitors = monitors
        self._slos = slos
        self._downtimes = downtimes
        self._rules = rules
        self._checks = checks
        self._records = records
        self._events = events
        self._outbox = outbox
        #: The minute that is next, or under way; None before the first.
        self._minute: datetime | None = None
        self._journal = journal or Journal(clock)
        self._journal.on(_DATAGRAMS, self._take_again)
        self._journal.on(_SETTLED, self._settle_again)
        self._journal.on(_MINUTE, self._begin_again)
        self._journal.on(_EVALUATED, self._evaluate_again)
        self.evaluations = 0
        self.worst = timedelta(0)
        self.late: deque[Late] = deque(maxlen=self.KEPT)
        self.failures: deque[Failure] = deque(maxlen=self.KEPT)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Mapping[str, str]]:
        """Evaluate until the context is left."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._run())
            yield {}
            task.cancel()

    def settle(self, until: float) -> None:
        """Store the points of every bucket that ends at or before ``until`` (epoch seconds, stack; not ahead of now).

        Never without the draining: a datagram still in the inbox would find its bucket closed and be counted in a
        later one.
        """
        self.drain()
        # Who only reads is answered also when nothing can be written, with what was stored before.
        with contextlib.suppress(LedgerError), self._journal.doing(_SETTLED, _INSTANT.pack(until)):
            self._flush(until)

    def drain(self) -> None:
        """Take in every datagram received so far."""
        datagrams = self._receiver.drain()
        if datagrams:
            # Nobody was told that they are kept: what cannot be written is taken all the same.
            with contextlib.suppress(LedgerError):
                self._journal.write(_DATAGRAMS, msgspec.msgpack.encode(datagrams))
            self._take(datagrams)

    def _take_again(self, content: bytes) -> None:
        self._take(_READ_DATAGRAMS.decode(content))

    def _settle_again(self, content: bytes) -> None:
        self._flush(_INSTANT.unpack(content)[0])

    def _flush(self, until: float) -> None:
        self._ingest.flush(until)
        self._counting.flush(until)

    def _take(self, datagrams: Iterable[tuple[float, bytes]]) -> None:
        for received in self._ingest.datagrams(datagrams):
            if isinstance(received.item, Event):
                self._events.sent(received.item, received.at)
            else:
                self._checks.take(received.item, received.at)

    async def _run(self) -> None:
        factor = self._clock.anchor.factor
        # After a kill it goes on with the minute that was under way.
        minute = self._minute or next_minute(self._clock.now())
        while True:
            ahead = (minute - self._clock.now()).total_seconds() / factor
            if ahead > 0:
                await asyncio.sleep(min(ahead, _LONGEST_NAP))
            self.drain()
            try:
                # A clock that fell behind makes up every minute, in order: a skipped one could hide a transition.
                while minute <= self._clock.now():
                    await self._evaluate_all(minute)
                    minute += timedelta(minutes=1)
            except LedgerError as error:
                # The minute is tried again: what is late is seen, what is skipped is not.
                sys.stderr.write(f"alertproof.standins: {error}; evaluation waits\n")
                await asyncio.sleep(_LONGEST_NAP)

    async def _evaluate_all(self, minute: datetime) -> None:
        self.drain()
        at = minute.timestamp()
        with self._journal.doing(_MINUTE, _INSTANT.pack(at)):
            self._begin(at)
        for monitor in self._monitors.in_order():
            if monitor.due > minute or self._monitors.get(monitor.id) is None:
                continue
            began = self._lateness(minute)
            with self._journal.doing(_EVALUATED, _EVALUATION.pack(monitor.id, at)):
                self._evaluate_one(monitor, minute)
            self._watch(monitor, minute, began)
            # Requests that came in meanwhile are answered between two monitors, not after all of them.
            await asyncio.sleep(0)

    def _begin(self, at: float) -> None:
        self._minute = datetime.fromtimestamp(at, UTC)
        self._flush(at)

    def _begin_again(self, content: bytes) -> None:
        self._begin(_INSTANT.unpack(content)[0])

    def _evaluate_again(self, content: bytes) -> None:
        number, at = _EVALUATION.unpack(content)
        monitor = self._monitors.get(number)
        if monitor is not None:
            minute = datetime.fromtimestamp(at, UTC)
            self._evaluate_one(monitor, minute)
            self._watch(monitor, minute, self._lateness(minute))

    def _evaluate_one(self, monitor: Monitor, at: datetime) -> None:
        try:
            self._evaluate(monitor, at)
        except AlertproofError as error:
            self._fail(monitor, at, str(error))
        # Broad on purpose: whatever one monitor's data bring about, the process serves the others, and a drill that
        # reads of the failure is told what happened instead of finding nobody there.
        except Exception as error:  # noqa: BLE001
            self._fail(monitor, at, f"{type(error).__name__}: {error}")
        finally:
            self.evaluations += 1

    def _fail(self, monitor: Monitor, at: datetime, reason: str) -> None:
        self.failures.append(Failure(at=at, monitor_id=monitor.id, reason=reason))

    def _evaluate(self, monitor: Monitor, at: datetime) -> None:
        monitor.due = at + evaluation_period(monitor.definition)
        step = advance(
            monitor.definition,
            monitor.statuses,
            self._ingest.store,
            at,
            slos=self._slos.as_mapping(),
            evidence=self._evidence(monitor.definition, at),
            parts=self._monitors.parts(monitor.definition, at),
            routing=Routing(downtimes=self._downtimes.downtimes, rules=self._rules.meanings),
            clusters=monitor.clusters,
            since=monitor.evaluated_at,
        )
        monitor.statuses, monitor.clusters, monitor.evaluated_at = step.statuses, step.clusters, at
        told = {(item.group, item.state): item for item in step.notifications}
        for transition in step.transitions:
            monitor.state_modified = at
            if step.statuses[transition.group].last_muted_at == at:
                # What a downtime keeps back is no event either [DOWN].
                continue
            notification = told.get((transition.group, transition.new))
            title = notification.title if notification else transition_title(monitor, transition)
            text = notification.body if notification else monitor.definition.message
            self._events.transition(monitor, transition, title=title, text=text)
        for item in step.notifications:
            self._outbox.put(item, monitor.definition, monitor.id)

    def _evidence(self, definition: Definition, at: datetime) -> Evidence:
        """Return what was reported beside series: all checks, and the records that the window can hold."""
        start = at - definition.options.evaluation_delay - evaluation_window(definition)
        records = self._records.since(start) if definition.searches else RecordStore()
        return Evidence(records=records, checks=self._checks.statuses, check_messages=self._checks.messages)

    def _watch(self, monitor: Monitor, at: datetime, began: timedelta) -> None:
        ended = self._lateness(at)
        self.worst = max(self.worst, ended)
        if ended > TOLERANCE:
            self.late.append(Late(at=at, monitor_id=monitor.id, began=began, ended=ended))

    def _lateness(self, minute: datetime) -> timedelta:
        """Return how long ago the minute was; one that a clock was put beyond began when that was done."""
        return self._clock.now() - max(minute, self._clock.set_at)
