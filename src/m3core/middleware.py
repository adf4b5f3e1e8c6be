"""What happens around every request: who calls, and what is reported about the answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol, final

from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from m3core.context import Caller, Work, correlation_id_from, enter_work
from m3core.telemetry.sentry import tag_errors
from m3core.telemetry.spans import parent_of, span

__all__ = ["CORRELATION_HEADER", "UNMATCHED", "Observe", "Record", "bearer"]

CORRELATION_HEADER = "X-Correlation-Id"
#: The endpoint of a request that no route takes.
UNMATCHED = "unmatched"
_log = logging.getLogger("m3core.requests")


class Record(Protocol):
    """Takes down an answered request."""

    def __call__(self, *, endpoint: str, method: str, status: int, tenant: str, seconds: float) -> None: ...


@final
class Observe:
    """Names the request's tenant and correlation id to all instruments, and measures the answer.

    ``caller_of`` says of a request's headers whose it is; a service that learns it later enters it into the work in
    hand. ``record`` takes down the answers to paths that are ``counted``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        caller_of: Callable[[Headers], Caller],
        record: Record,
        counted: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._caller_of = caller_of
        self._record = record
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # A span of our own: the ones that ddtrace writes for the framework cost a third of a request's time here.
        with span(f"{scope['method']} {UNMATCHED}", kind=SpanKind.SERVER, parent=parent_of(headers)) as request:
            await self._answer(scope, receive, send, self._begin(headers, request), request)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, work: Work, request: Span) -> None:
        started = time.perf_counter()
        status = 500

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[CORRELATION_HEADER] = work.correlation_id
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                # Before the last byte leaves: whoever has an answer finds its request counted.
                self._report(scope, work, request, status, time.perf_counter() - started)
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:
            # No answer was sent from below; the one to the caller is made outside of this middleware.
            _log.exception("request failed", extra={"method": scope["method"], "endpoint": _endpoint(scope)})
            self._report(scope, work, request, 500, time.perf_counter() - started)
            raise

    def _begin(self, headers: Headers, request: Span) -> Work:
        work = Work(correlation_id=correlation_id_from(headers.get(CORRELATION_HEADER)))
        enter_work(work)  # before it is known who calls: what is logged of a token belongs to its request
        caller = self._caller_of(headers)
        work.tenant, work.user_id = caller.tenant, caller.user_id
        tag_errors(work)
        request.set_attribute("correlation_id", work.correlation_id)
        return work

    def _report(self, scope: Scope, work: Work, request: Span, status: int, seconds: float) -> None:
        endpoint, method = _endpoint(scope), scope["method"]
        if self._counted(scope["path"]):
            self._record(endpoint=endpoint, method=method, status=status, tenant=work.tenant_tag, seconds=seconds)
        request.set_attribute("tenant", work.tenant_tag)
        request.update_name(f"{method} {endpoint}")
        request.set_attribute("http.request.method", method)
        request.set_attribute("http.route", endpoint)
        request.set_attribute("http.response.status_code", status)
        answer = {"method": method, "endpoint": endpoint, "status": status, "duration_ms": round(seconds * 1e3, 2)}
        _log.info("request answered", extra=answer)


def _endpoint(scope: Scope) -> str:
    """Return the route's template with ``:name`` for ``{name}``: braces are no part of a Datadog tag."""
    route = scope.get("route")
    template = getattr(route, "path", None)
    return template.replace("{", ":").replace("}", "") if isinstance(template, str) else UNMATCHED


def bearer(headers: Headers) -> str | None:
    """Return the token that a request brings, if any."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
