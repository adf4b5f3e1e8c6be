"""Our own spans, written with OpenTelemetry's API. Whoever imports this has started the tracing before."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode

__all__ = ["span"]

_tracer = trace.get_tracer("m3core")


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
