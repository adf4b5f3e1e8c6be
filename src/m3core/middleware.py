"""What happens around every request: who calls, and what is reported about the answer."""

from __future__ import annotations

import logging
import time
from http.cookies import CookieError, SimpleCookie
from typing import final

from opentelemetry.propagate import extract
from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from m3core.context import Work, correlation_id_from, enter_work
from m3core.telemetry.metrics import Metrics
from m3core.telemetry.sentry import tag_errors
from m3core.telemetry.spans import span
from m3core.tenants import Sessions

__all__ = ["CORRELATION_HEADER", "SESSION_COOKIE", "UNMATCHED", "Observe"]

CORRELATION_HEADER = "X-Correlation-Id"
SESSION_COOKIE = "m3core_session"
#: The endpoint of a request that no route takes.
UNMATCHED = "unmatched"
_log = logging.getLogger("m3core.requests")


@final
class Observe:
    """Names the request's tenant and correlation id to all instruments, and measures the answer."""

    def __init__(self, app: ASGIApp, *, sessions: Sessions, metrics: Metrics) -> None:
        self._app = app
        self._sessions = sessions
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # A span of our own: the ones that ddtrace writes for the framework cost a third of a request's time here.
        with span(f"{scope['method']} {UNMATCHED}", kind=SpanKind.SERVER, parent=extract(headers)) as request:
            await self._answer(scope, receive, send, self._begin(scope["path"], headers, request), request)

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

    def _begin(self, path: str, headers: Headers, request: Span) -> Work:
        # The API takes a token and the pages take a cookie, never the other way round: a cookie that the browser
        # adds by itself must not be able to call the API.
        token = _bearer(headers) if path.startswith("/api/") else _cookie(headers)
        principal = self._sessions.read(token) if token else None
        correlation_id = correlation_id_from(headers.get(CORRELATION_HEADER))
        work = Work(correlation_id=correlation_id, tenant=principal.tenant if principal else None)
        enter_work(work)
        tag_errors(work)
        request.set_attribute("tenant", work.tenant_tag)
        request.set_attribute("correlation_id", work.correlation_id)
        return work

    def _report(self, scope: Scope, work: Work, request: Span, status: int, seconds: float) -> None:
        endpoint, method = _endpoint(scope), scope["method"]
        if scope["path"].startswith("/api/"):
            self._metrics.request(
                endpoint=endpoint, method=method, status=status, tenant=work.tenant_tag, seconds=seconds
            )
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


def _bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _cookie(headers: Headers) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("Cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None
