"""Has each collector measure again and again, in a thread of its own, so that one that hangs holds up no other."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol, final

import psutil
import redis
import sentry_sdk
from sqlalchemy.exc import SQLAlchemyError

from m3core.agent.gauges import Gauges

__all__ = ["Collector", "NotHere", "Round"]

_log = logging.getLogger(__name__)


class NotHere(Exception):
    """What was to be measured cannot be, here; the text says why and what to do. It is looked for again."""


#: What goes wrong outside of us. Anything else is an error of the collector itself.
_OUTSIDE = (NotHere, redis.RedisError, SQLAlchemyError, psutil.Error, OSError)


class Collector(Protocol):
    """Measures one thing."""

    @property
    def name(self) -> str:
        """What is missing while it fails, for the log."""

    def collect(self, gauges: Gauges) -> None:
        """Measure once and send it. Any error is one failed measurement, after which comes the next."""


@final
class Round(threading.Thread):
    """Measures every ``seconds``. Its first measurement is at once.

    An outage costs one line in the log when it begins and one when it is over, however long it is.
    """

    def __init__(self, collector: Collector, gauges: Gauges, *, seconds: float, deadline: float) -> None:
        super().__init__(name=collector.name, daemon=True)
        self._collector = collector
        self._gauges = gauges
        self._seconds = seconds
        self._deadline = deadline
        self._ending = threading.Event()
        self._began: float | None = None
        self._failing = self._overdue = False

    def run(self) -> None:
        pause = 0.0
        while not self._ending.wait(pause):
            self._began = start = time.monotonic()
            self._once()
            self._began = None
            if self._overdue:
                self._overdue = False
                _log.info("measured again, after %.0f s: %s", time.monotonic() - start, self.name)
            # Not `seconds` after the end of this one: the measurements of a minute should not depend on their cost.
            pause = max(0.0, start + self._seconds - time.monotonic())

    def _once(self) -> None:
        try:
            self._collector.collect(self._gauges)
        except Exception as error:  # noqa: BLE001 - whatever failed, the next measurement may not
            if not (self._failing or self._ending.is_set()):
                self._say(error)
            self._failing = True
        else:
            if self._failing:
                _log.info("measured again: %s", self.name)
            self._failing = False

    def _say(self, error: Exception) -> None:
        ours = not isinstance(error, _OUTSIDE)
        _log.warning("not measured: %s: %s", self.name, str(error).strip(), exc_info=ours)
        if ours:
            sentry_sdk.capture_exception(error)

    def look(self) -> None:
        """Say once when the measurement in hand takes longer than its deadline. Called from another thread."""
        began = self._began
        if began is not None and not self._overdue and time.monotonic() - began > self._deadline:
            self._overdue = True
            _log.warning("not measured: %s: no answer within %g s", self.name, self._deadline)

    def stop(self) -> None:
        """Have it end after the measurement in hand."""
        self._ending.set()
