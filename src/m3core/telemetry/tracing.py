"""Traces, to Datadog's agent by ddtrace; our own spans are written with OpenTelemetry's API."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Protocol

from m3core.scrubbing import FILTERED, is_secret_key, scrub_text
from m3core.settings import Settings

__all__ = ["flush", "hand_on", "start"]

# Names of tags and resources (routes, statements without their values) are few and come again with every request.
_is_secret_tag = lru_cache(maxsize=512)(is_secret_key)
_scrub_resource = lru_cache(maxsize=512)(scrub_text)

#: A correlation id as `m3core.context` makes them.
_OUR_ID = re.compile(r"[0-9a-f]{32}")
#: Makes OpenTelemetry's spans ddtrace's; switches off what is not needed here and would open threads and
#: connections of its own; sends spans soon.
_OPTIONS = {
    "DD_TRACE_OTEL_ENABLED": "true",
    "DD_TRACE_OTEL_CTX_ENABLED": "false",  # tells a profiler outside of the process which span is current
    "DD_LOGS_INJECTION": "true",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_CRASHTRACKING_ENABLED": "false",
    "DD_RUNTIME_METRICS_ENABLED": "false",
    "DD_TRACE_STARTUP_LOGS": "false",
    "DD_TRACE_STATS_COMPUTATION_ENABLED": "false",
    "DD_TRACE_WRITER_INTERVAL_SECONDS": "0.2",
}


def start(settings: Settings, *, cache_calls: bool) -> None:
    """Trace queries, beside the spans of our own; does nothing without an agent's URL.

    ``cache_calls`` are traced where they are part of a request. In the worker they are the queue's housekeeping.

    Must come before anything imports OpenTelemetry, which chooses where it keeps the current span while it is
    imported. Hence the imports in here.
    """
    if settings.trace_agent_url is None:
        return
    for name, value in _OPTIONS.items():
        os.environ.setdefault(name, value)
    os.environ["DD_TRACE_AGENT_URL"] = settings.trace_agent_url
    os.environ["DD_ENV"] = settings.datadog_env
    os.environ["DD_SERVICE"] = settings.service
    os.environ["DD_VERSION"] = settings.datadog_version

    import ddtrace  # noqa: PLC0415 - reads the environment while it is imported
    from ddtrace.opentelemetry import TracerProvider  # noqa: PLC0415 - as above
    from ddtrace.trace import Span, TraceFilter, tracer  # noqa: PLC0415 - as above
    from opentelemetry import trace  # noqa: PLC0415 - only after ddtrace

    class ScrubSpans(TraceFilter):  # type: ignore[misc]  # ddtrace is not type-checked
        """Takes secrets out of the texts of every span, error messages and stacks first of all."""

        def process_trace(self, trace: list[Span]) -> list[Span] | None:
            for span in trace:
                _scrub_span(span)
            return trace

    ddtrace.patch(psycopg=True, redis=cache_calls, logging=True)
    tracer.configure(trace_processors=[ScrubSpans()] if settings.scrubbing else [])
    trace.set_tracer_provider(TracerProvider())


class _Span(Protocol):
    """What is scrubbed of ddtrace's span, whose class can be named only after the tracing has started."""

    resource: str

    def get_tags(self) -> dict[str, str]: ...

    def set_tag(self, key: str, value: str) -> None: ...


def _scrub_span(span: _Span) -> None:
    span.resource = _scrub_resource(span.resource)
    for name, value in span.get_tags().items():
        clean = _scrub_tag(name, value)
        if clean != value:
            span.set_tag(name, clean)


def _scrub_tag(name: str, value: str) -> str:
    if name == "redis.raw_command":
        value = _without_values(value)
    if name == "correlation_id" and _OUR_ID.fullmatch(value):
        # Each request has another, and a search for what looks like a secret takes longer in these 32 characters than
        # in all other tags of a trace together. One that a caller has made up is searched.
        return value
    return FILTERED if _is_secret_tag(name) else scrub_text(value)


def _without_values(commands: str) -> str:
    """Keep of each command of the cache its name and its key: the value is a customer's, and belongs in no trace."""
    return "\n".join(" ".join(command.split(" ", 2)[:2]) for command in commands.split("\n"))


def hand_on(headers: dict[str, str]) -> None:
    """Add the current trace to the headers of a request to another service: W3C's, and Datadog's own."""
    from opentelemetry.propagate import inject  # noqa: PLC0415 - only after ddtrace

    inject(headers)
    if os.environ.get("DD_TRACE_OTEL_ENABLED") != "true":
        return
    from ddtrace.propagation.http import HTTPPropagator  # noqa: PLC0415 - not loaded at all without an agent
    from ddtrace.trace import tracer  # noqa: PLC0415 - as above

    current = tracer.current_span()
    if current is not None:
        HTTPPropagator.inject(current, headers)


def flush(settings: Settings) -> None:
    """Send the finished spans."""
    if settings.trace_agent_url is None:
        return
    from ddtrace.trace import tracer  # noqa: PLC0415 - not loaded at all without an agent

    tracer.flush()
