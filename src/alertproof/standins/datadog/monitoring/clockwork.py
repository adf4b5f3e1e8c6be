"""Evaluates every monitor at the whole minutes of stack time, and watches how late it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.records import RecordStore

__all__ = ["TOLERANCE", "Clockwork", "Failure", "Late"]

#: An evaluation that ends later than this after its minute makes a drill's verdict broken; our own bound.
TOLERANCE = timedelta(seconds=20)
#: Datagrams are read out of the inbox at least this often (real seconds), so that no minute finds a heap.
_LONGEST_NAP = 0.25


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
        self._ingest.flush(until)
        self._counting.flush(until)

    def drain(self) -> None:
        """Take in every datagram received so far."""
        for at, data in self._receiver.drain():
            for received in self._ingest.datagram(at, data):
                if isinstance(received.item, Event):
                    self._events.sent(received.item, received.at)
                else:
                    self._checks.take(received.item, received.at)

    async def _run(self) -> None:
        factor = self._clock.anchor.factor
        minute = next_minute(self._clock.now())
        while True:
            ahead = (minute - self._clock.now()).total_seconds() / factor
            if ahead > 0:
                await asyncio.sleep(min(ahead, _LONGEST_NAP))
            self.drain()
            # A clock that fell behind makes up every minute, in order: a skipped one could hide a transition.
            while minute <= self._clock.now():
                await self._evaluate_all(minute)
                minute += timedelta(minutes=1)

    async def _evaluate_all(self, minute: datetime) -> None:
        self.settle(minute.timestamp())
        for monitor in self._monitors:
            if monitor.due > minute or self._monitors.get(monitor.id) is None:
                continue
            self._evaluate_one(monitor, minute)
            # Requests that came in meanwhile are answered between two monitors, not after all of them.
            await asyncio.sleep(0)

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
        began = self._lateness(at)
        monitor.due = at + evaluation_period(monitor.definition)
        step = advance(
            monitor.definition,
            monitor.statuses,
            self._ingest.store,
            at,
            slos=self._slos.as_mapping(),
            evidence=self._evidence(monitor.definition, at),
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
        self._watch(monitor, at, began)

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
