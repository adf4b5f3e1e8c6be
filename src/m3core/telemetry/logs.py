"""Logs, as one JSON object per line on standard error."""

from __future__ import annotations

import logging
import sys
from typing import Any, final

from pythonjsonlogger.json import JsonFormatter

from m3core.context import current_work
from m3core.scrubbing import scrub
from m3core.settings import Settings

__all__ = ["start"]

#: What ddtrace writes into each record; it is there, as "0", when tracing is off.
_TRACE_FIELDS = ("dd.trace_id", "dd.span_id")


def start(settings: Settings) -> None:
    """Send the logs of every library to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(settings.service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


@final
class _Formatter(JsonFormatter):
    def __init__(self, service: str) -> None:
        super().__init__(["message"], timestamp=True)
        self._service = service

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        work = current_work()
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data["service"] = self._service
        log_data["tenant"] = work.tenant_tag
        log_data["correlation_id"] = work.correlation_id
        for field in _TRACE_FIELDS:
            log_data.setdefault(field, "0")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        # A trace's ids are long numbers that a rule for card numbers must not touch.
        ids = {key: log_data[key] for key in _TRACE_FIELDS}
        return {**scrub(log_data), **ids}
