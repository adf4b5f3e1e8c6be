"""Logs, as one JSON object per line on standard error; how much is written is a metric, for it is what logs cost."""

from __future__ import annotations

import atexit
import logging
import sys
import time
from collections import Counter
from typing import Any, TextIO, final

from pythonjsonlogger.json import JsonFormatter

from m3core.context import current_work
from m3core.scrubbing import scrub
from m3core.settings import Settings
from m3core.telemetry.statsd import connect

__all__ = ["start"]

#: What ddtrace writes into each record; it is there, as "0", when tracing is off.
_TRACE_FIELDS = ("dd.trace_id", "dd.span_id")
#: What this process says of itself with each line: nobody can put anything into it, so it is not searched each time.
_OWN = frozenset(
    [*_TRACE_FIELDS, "dd.service", "dd.version", "dd.env", "service", "env", "version", "level", "logger", "timestamp"]
)


def start(settings: Settings) -> None:
    """Send the logs of every library to standard error."""
    handler = _Measured(sys.stderr, settings)
    handler.setFormatter(_Formatter(settings))
    atexit.register(handler.report)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


@final
class _Measured(logging.StreamHandler[TextIO]):
    """Writes lines and counts them: ``telemetry.log_bytes``, and ``telemetry.log_lines`` by level.

    Reported with the first line after each sampling period and at the end, so that no thread is needed.
    """

    def __init__(self, stream: TextIO, settings: Settings) -> None:
        super().__init__(stream)
        self._client = connect(settings)
        self._period = settings.sample_seconds
        self._reported = time.monotonic()
        self._bytes = 0
        self._lines: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. The lock of the handler is held meanwhile."""
        try:
            line = self.format(record) + self.terminator
            self.stream.write(line)
            self.flush()
        except Exception:  # noqa: BLE001 - as the library's handlers: a log that fails must not fail what logs
            self.handleError(record)
            return
        self._bytes += len(line.encode("utf-8", "surrogatepass"))
        self._lines[record.levelname.lower()] += 1
        if time.monotonic() - self._reported >= self._period:
            self.report()

    def report(self) -> None:
        """Send what was written since the last time."""
        written, lines = self._bytes, self._lines
        self._bytes, self._lines, self._reported = 0, Counter(), time.monotonic()
        if written:
            self._client.increment("telemetry.log_bytes", written)
        for level, number in lines.items():
            self._client.increment("telemetry.log_lines", number, tags=[f"level:{level}"])


@final
class _Formatter(JsonFormatter):
    def __init__(self, settings: Settings) -> None:
        super().__init__(["message"], timestamp=True)
        self._scrubbed = settings.scrubbing
        self._constant = {
            "service": settings.service,
            "env": settings.datadog_env,
            "version": settings.datadog_version,
        }

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        work = current_work()
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data.update(self._constant)
        log_data["tenant"] = work.tenant_tag
        log_data["correlation_id"] = work.correlation_id
        if work.job:
            log_data["job"] = work.job
        for field in _TRACE_FIELDS:
            log_data.setdefault(field, "0")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        if not self._scrubbed:
            return log_data
        # Among it a trace's ids, which are long numbers that a rule for card numbers must not touch.
        own = {key: value for key, value in log_data.items() if key in _OWN}
        return {**scrub({key: value for key, value in log_data.items() if key not in _OWN}), **own}
