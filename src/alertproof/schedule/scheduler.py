"""Runs checks when they are due, writes down what came of it, and tells whoever listens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent import futures
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol, final

import msgspec
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from alertproof.clock import Clock, SystemClock
from alertproof.schedule.record import Gap, PlannedCheck
from alertproof.schedule.store import Store
from alertproof.schedule.timetable import Timetable
from alertproof.schedule.wire import Ended

__all__ = ["CatchUp", "Listener", "RunTold", "Runs", "Scheduler", "Settings"]

#: What is done with slots that passed while nobody ran: the newest is run at once, or none is.
CatchUp = Literal["newest", "none"]
_BUSY = "the run before was still under way"
_LATE = "all workers were busy"
_AWAY = "the scheduler was not running"


class RunTold(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has ended and is written down."""

    check: PlannedCheck
    network: str
    due: datetime
    began: datetime
    ended: Ended
    quarantined: bool


class Listener(Protocol):
    """Is told what happened, when it is written down. May be called by several threads; raises nothing."""

    def ran(self, run: RunTold) -> None: ...

    def missed(self, gap: Gap) -> None: ...

    def alive(self, *, healthy: bool) -> None: ...


class Runs(Protocol):
    """Runs a check to its end, whatever that is."""

    def run(self, run: str, check: str, *, within: timedelta) -> Ended: ...


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How checks are run. ``longest`` bounds a run, ``beat`` is how often the scheduler says that it is alive."""

    location: str
    network: str
    catch_up: CatchUp = "newest"
    longest: timedelta = timedelta(minutes=2)
    beat: timedelta = timedelta(minutes=1)
    keep: timedelta = timedelta(days=90)


class _Slots(BaseTrigger):  # type: ignore[misc]
    """APScheduler's view of a timetable: after each slot the next one that has not begun."""

    def __init__(self, timetable: Timetable, first: datetime) -> None:
        self._timetable = timetable
        self._first = first

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        if previous_fire_time is None:
            return self._first
        latest = max(previous_fire_time, now).astimezone(UTC)
        return self._timetable.due(self._timetable.at(latest) + 1)


@final
class Scheduler:
    """Runs ``checks``, each by its own timetable and never twice at once; ``pools`` run them, by their kinds."""

    def __init__(
        self,
        checks: Sequence[PlannedCheck],
        *,
        store: Store,
        pools: dict[str, tuple[Runs, int]],
        settings: Settings,
        listeners: Sequence[Listener] = (),
        clock: Clock | None = None,
    ) -> None:
        self._checks = {one.name: one for one in checks}
        self._store = store
        self._pools = pools
        self._settings = settings
        self._listeners = tuple(listeners)
        self._clock = clock or SystemClock()
        self._ending = threading.Event()
        self._overlapped: set[str] = set()
        self._seen: set[str] = set()
        self._broken = threading.Event()
        self.interrupted: list[str] = []
        self.ran = 0
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what it has to say it says by its events
        self._jobs = BackgroundScheduler(
            timezone=UTC,
            executors={
                **{kind: ThreadPoolExecutor(size) for kind, (_, size) in pools.items()},
                "beat": ThreadPoolExecutor(1),
            },
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self._jobs.add_listener(self._overlap, EVENT_JOB_MAX_INSTANCES)
        self._jobs.add_listener(self._error, EVENT_JOB_ERROR)
        self.trouble: BaseException | None = None

    def start(self) -> None:
        """Settle what a kill left open, and begin."""
        now, location = self._clock.now(), self._settings.location
        self.interrupted = self._store.settle(location=location, at=now)
        self._store.plan(self._checks.values(), location=location, at=now)
        for check in self._checks.values():
            self._jobs.add_job(
                self._run_due,
                trigger=_Slots(check.timetable, self._first(check, now)),
                args=[check.name],
                id=check.name,
                executor=check.kind,
            )
        self._jobs.add_job(self._beat, "interval", seconds=self._settings.beat.total_seconds(), executor="beat")
        self._jobs.start()

    def once(self) -> None:
        """Run each check whose slot has begun and was not run, and return when all have ended."""
        now, location = self._clock.now(), self._settings.location
        self.interrupted = self._store.settle(location=location, at=now)
        self._store.plan(self._checks.values(), location=location, at=now)
        with ExitStack() as stack:
            threads = {
                kind: stack.enter_context(futures.ThreadPoolExecutor(size)) for kind, (_, size) in self._pools.items()
            }
            runs = [threads[check.kind].submit(self._run_due, check.name) for check in self._checks.values()]
            for run in runs:
                run.result()
        self._beat()

    def _first(self, check: PlannedCheck, now: datetime) -> datetime:
        """Return when a check runs first: now, when a slot is open that it has not run and it shall catch up."""
        last, slot = self._store.last_slot(check.name, check.location), check.timetable.at(now)
        if self._settings.catch_up == "newest" and (last is None or last < slot):
            return now
        if last is not None and last < slot:
            self._tell_gap(self._store.skip(check, at=now, why=_AWAY))
        return check.timetable.due(max(slot, slot if last is None else last) + 1)

    def drain(self) -> None:
        """Begin nothing more, and return when what is under way has ended and is written down."""
        self._ending.set()
        self._jobs.shutdown(wait=True)

    def _run_due(self, name: str) -> None:
        if self._ending.is_set():
            return
        check, began = self._checks[name], self._clock.now()
        why = _BUSY if name in self._overlapped else _LATE if name in self._seen else _AWAY
        self._overlapped.discard(name)
        self._seen.add(name)
        claim = self._store.claim(check, network=self._settings.network, at=began, why_missed=why)
        if claim is None:
            return
        self._tell_gap(claim.gap)
        pool, _ = self._pools[check.kind]
        ended = pool.run(claim.run, name, within=self._settings.longest)
        at = self._clock.now()
        quarantined = check.quarantined(at)
        if self._store.finish(ended, at=at, quarantined=quarantined):
            self.ran += 1
            told = RunTold(
                check=check,
                network=self._settings.network,
                due=claim.due,
                began=began,
                ended=ended,
                quarantined=quarantined,
            )
            self._tell(lambda listener: listener.ran(told))

    def _beat(self) -> None:
        """Say that the scheduler is alive; it is well while no run failed by its own fault since the last beat."""
        now = self._clock.now()
        self._store.forget(before=now - self._settings.keep)
        healthy = not self._broken.is_set()
        self._broken.clear()
        self._tell(lambda listener: listener.alive(healthy=healthy))

    def _tell_gap(self, gap: Gap | None) -> None:
        if gap is not None:
            self._tell(lambda listener: listener.missed(gap))

    def _tell(self, tell: Callable[[Listener], None]) -> None:
        for listener in self._listeners:
            tell(listener)

    def _overlap(self, event: JobEvent) -> None:
        self._overlapped.add(event.job_id)

    def _error(self, event: JobEvent) -> None:
        """Remember what ended a job by an error of our own, such as a store that cannot be written any more."""
        self.trouble = event.exception
        self._broken.set()
