"""Our own spans, written with OpenTelemetry's API. Whoever imports this has started the tracing before."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode

from m3core.scrubbing import scrub_text

__all__ = ["span"]

_tracer = trace.get_tracer("m3core")


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, parent: Context | None = None) -> Iterator[Span]:
    """Do something inside a span. An error that passes through marks it, in scrubbed words.

    The API would record the error by itself, as an event of the span with the text as it is.
    """
    with _tracer.start_as_current_span(name, context=parent, kind=kind, record_exception=False) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(StatusCode.ERROR)
            current.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
            current.set_attribute("error.message", scrub_text(str(error)))
            current.set_attribute("error.stack", scrub_text("".join(traceback.format_exception(error))))
            raise
