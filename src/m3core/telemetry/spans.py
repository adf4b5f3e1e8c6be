"""Our own spans, written with OpenTelemetry's API. Whoever imports this has started the tracing before."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagate import extract
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags

__all__ = ["parent_of", "span"]

_tracer = trace.get_tracer("m3core")
_NUMBER = re.compile(r"[0-9]{1,20}")
#: The upper half of a trace's id of 128 bits, among Datadog's tags of a trace.
_UPPER = re.compile(r"(?:^|,)_dd\.p\.tid=([0-9a-f]{16})(?:,|$)")


def parent_of(headers: Mapping[str, str]) -> Context:
    """Return the trace that a caller has begun: W3C's, else Datadog's own, else none."""
    found = extract(headers)
    if "x-datadog-trace-id" not in headers or trace.get_current_span(found).get_span_context().is_valid:
        return found
    lower, parent = headers["x-datadog-trace-id"], headers.get("x-datadog-parent-id", "")
    if not (_NUMBER.fullmatch(lower) and _NUMBER.fullmatch(parent)) or int(lower) >> 64:
        return found
    upper = _UPPER.search(headers.get("x-datadog-tags", ""))
    context = SpanContext(
        trace_id=(int(upper[1], 16) << 64 if upper else 0) + int(lower),
        span_id=int(parent),
        is_remote=True,
        trace_flags=TraceFlags(headers.get("x-datadog-sampling-priority", "1") in ("1", "2")),
    )
    return trace.set_span_in_context(NonRecordingSpan(context), found) if context.is_valid else found


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, parent: Context | None = None) -> Iterator[Span]:
    """Do something inside a span. An error that passes through marks it, in tags, which are scrubbed as they leave.

    The API would record the error by itself, as an event of the span, which no filter of the tracer's changes.
    """
    with _tracer.start_as_current_span(name, context=parent, kind=kind, record_exception=False) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(StatusCode.ERROR)
            current.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
            current.set_attribute("error.message", str(error))
            current.set_attribute("error.stack", "".join(traceback.format_exception(error)))
            raise
