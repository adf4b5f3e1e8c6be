"""The API as the pages call it: one pool of connections, and one way to fail."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

import httpx
from opentelemetry.trace import SpanKind

from m3core.context import current_work
from m3core.middleware import CORRELATION_HEADER
from m3core.telemetry import sentry
from m3core.telemetry.spans import span
from m3core.telemetry.tracing import hand_on

__all__ = ["Answer", "Api", "ApiTrouble", "NotLoggedIn"]

_log = logging.getLogger(__name__)
#: Real seconds: nobody waits longer for a page.
_TIMEOUT = httpx.Timeout(8.0, connect=2.0)
#: Idle connections are closed here before the API closes them: a request must not meet a closing one.
_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=2.0)
#: What a page says, by the API's status, when it did not expect it.
_TITLES = {
    403: "This is not yours to see or do.",
    404: "There is nothing at this address.",
    413: "What was sent is too large.",
    422: "What was sent does not fit this page.",
    429: "Your company has sent too many requests. Please wait a moment.",
}


class NotLoggedIn(Exception):
    """The page needs a login: nobody is logged in, or the session is over."""


@final
class ApiTrouble(Exception):
    """The API did not give what the page needs; ``status`` and ``title`` are what the page answers instead."""

    def __init__(self, status: int, title: str, *, retry_after: str = "") -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.retry_after = retry_after


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered: its status and the body, read as JSON."""

    status: int
    body: Any

    def in_words(self) -> str:
        """Return what the API says to a request that it refused."""
        detail = self.body.get("detail") if isinstance(self.body, dict) else None
        return detail if isinstance(detail, str) else "This file does not fit."

    def wrong_fields(self) -> set[str]:
        """Return the names of the fields that a 422 says do not fit."""
        return {str(problem["loc"][-1]) for problem in self.body["detail"]}


@final
class Api:
    """Calls the API as the person who looks at the page."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, limits=_LIMITS, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        expected: Collection[int] = (),
        json: object = None,
        query: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
        content_type: str = "",
        route: str = "",
        missing: str = _TITLES[404],
    ) -> Answer:
        """Return the API's answer.

        ``route`` names the call in traces where the path holds a number; ``missing`` is what a page says to a 404. A
        status of 400 or more is returned when it is ``expected``. Any other raises `NotLoggedIn` (401), else
        `ApiTrouble`, and so does an API that does not answer.
        """
        with span(f"{method} {route or path}", kind=SpanKind.CLIENT) as calling:
            calling.set_attribute("http.request.method", method)
            calling.set_attribute("http.route", route or path)
            headers = _headers(token, content_type)
            answer = await self._send(method, path, headers=headers, params=query, json=json, content=content)
            calling.set_attribute("http.response.status_code", answer.status_code)
        if answer.is_success or answer.status_code in expected:
            return Answer(answer.status_code, answer.json() if answer.content else None)
        if answer.status_code == 401:
            raise NotLoggedIn
        titles = {**_TITLES, 404: missing}
        if answer.status_code in titles:
            retry_after = answer.headers.get("Retry-After", "")
            raise ApiTrouble(answer.status_code, titles[answer.status_code], retry_after=retry_after)
        raise ApiTrouble(502, "Something went wrong")

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, **request)
        except httpx.TimeoutException as error:
            _log.error("the API took too long", extra={"method": method, "error": repr(error)})
            raise ApiTrouble(504, "This took too long") from None
        except httpx.TransportError as error:
            _log.error("the API does not answer", extra={"method": method, "error": repr(error)})
            raise ApiTrouble(503, "We cannot reach your data at the moment") from None


def _headers(token: str | None, content_type: str) -> dict[str, str]:
    headers = {CORRELATION_HEADER: current_work().correlation_id, "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if content_type:
        headers["Content-Type"] = content_type
    hand_on(headers)
    sentry.hand_on(headers)
    return headers
