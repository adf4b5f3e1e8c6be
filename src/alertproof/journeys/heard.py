"""What the browser said while a journey ran: its console, uncaught errors, requests that failed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

from alertproof.journeys.redaction import secrets_of_headers

__all__ = ["Heard", "Line", "Reply"]

#: Chromium's own words for an answer of 4xx or 5xx, or none: what counts of those is decided by the request.
_OF_A_REQUEST = "Failed to load resource:"
#: By this header a platform says under which id its log and its errors know a request. In small letters, as here.
_CORRELATION = "x-correlation-id"
_REPLIES, _TELLING = 50, 3
#: Not a failure: a navigation, or the page itself, left the request.
_LEFT = "net::ERR_ABORTED"
#: A request that has waited for so long has something to do with what went wrong.
_LATE = timedelta(milliseconds=300)
#: The first place in the stack of a JavaScript error.
_AT = re.compile(r"^\s*at .*?(?P<url>\w+://[^\s()]+):(?P<line>\d+):\d+", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that was said: ``at`` counts from the journey's beginning, ``step`` is empty outside of one."""

    at: timedelta
    step: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.at.total_seconds():8.3f} s  {self.step or '-'}  {self.kind}  {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of the site that says under which id its telemetry knows the request; ``step`` as in `Line`."""

    step: str
    said: str
    status: int
    correlation_id: str


@final
@dataclass  # without slots: Playwright notes on the object which of its methods listen
class Heard:
    """Listens to all pages of a context. ``errors``, ``uncaught`` and ``failed`` are what a user would suffer from."""

    base_url: str
    now: Callable[[], tuple[timedelta, str]]
    lines: list[Line] = field(default_factory=list, init=False)
    errors: list[Line] = field(default_factory=list)
    uncaught: list[Line] = field(default_factory=list)
    failed: list[Line] = field(default_factory=list)
    crashed: bool = field(default=False, init=False)
    #: The last of the site's answers.
    replies: deque[Reply] = field(default_factory=lambda: deque(maxlen=_REPLIES), init=False)
    #: What the requests authorised themselves by.
    secrets: set[str] = field(default_factory=set, init=False)
    _ignored: list[str] = field(default_factory=list, init=False)
    _awaited: dict[int, tuple[timedelta, Request]] = field(default_factory=dict, init=False)

    def listen_to(self, context: BrowserContext) -> None:
        """Register for what the context's pages will say; of one before it nothing is awaited any more."""
        self._awaited.clear()
        context.on("console", self._console)
        context.on("weberror", self._weberror)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._requestfailed)
        context.on("page", lambda page: page.on("crash", self._crash))

    def ignore(self, text: str) -> None:
        """Do not count what holds this text; it is still written down."""
        self._ignored.append(text)

    def awaited(self) -> str:
        """Return which request has had no answer yet, and for how long; empty when all have.

        A navigation comes before all others, of which only the site's own count that should have been answered by now.
        """
        now, _ = self.now()
        going = [one for one in self._awaited.values() if one[1].is_navigation_request()]
        others = [one for one in self._awaited.values() if now - one[0] >= _LATE and self._is_ours(one[1].url)]
        for began, request in (going or others)[:1]:
            waited = (now - began).total_seconds()
            return f"{request.method} {self._short(request.url)} has had no answer for {waited:.1f} s"
        return ""

    def telling(self, step: str) -> tuple[Reply, ...]:
        """Return the answers of which the site's telemetry may say why a step failed: 5xx, else the step's last one."""
        failed = [one for one in self.replies if one.status >= 500][-_TELLING:]
        return tuple(failed or [one for one in self.replies if one.step == step][-1:])

    def _note(self, kind: str, text: str, into: list[Line] | None = None) -> None:
        at, step = self.now()
        line = Line(at=at, step=step, kind=kind, text=text)
        self.lines.append(line)
        if into is not None and not any(part in text for part in self._ignored):
            into.append(line)

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location
        text = (
            f"{message.text} ({self._short(where['url'])}:{where['lineNumber'] + 1})" if where["url"] else message.text
        )
        counts = message.type == "error" and not message.text.startswith(_OF_A_REQUEST)
        self._note(f"console.{message.type}", text, self.errors if counts else None)

    def _weberror(self, error: WebError) -> None:
        page = f"{self._short(error.page.url)}: " if error.page else ""
        thrown = error.error
        place = _AT.search(thrown.stack or "")
        at = f" ({self._short(place['url'])}:{place['line']})" if place else ""
        told = ": ".join(filter(None, (thrown.name, thrown.message)))  # what is no Error has no name
        self._note("uncaught", f"{page}{told}{at}", self.uncaught)

    def _request(self, request: Request) -> None:
        self.secrets |= secrets_of_headers(request.headers)
        self._awaited[id(request)] = (self.now()[0], request)

    def _response(self, response: Response) -> None:
        self._awaited.pop(id(response.request), None)
        text = f"{response.request.method} {self._short(response.url)} was answered {response.status}"
        known = response.headers.get(_CORRELATION, "")
        if known and self._is_ours(response.url):
            step = self.now()[1]
            self.replies.append(Reply(step=step, said=text, status=response.status, correlation_id=known))
        if response.status >= 400:
            counts = response.status >= 500 and self._is_ours(response.url)
            self._note("request", text, self.failed if counts else None)

    def _requestfailed(self, request: Request) -> None:
        self._awaited.pop(id(request), None)
        trouble = request.failure or "no reason given"
        counts = trouble != _LEFT and self._is_ours(request.url)
        text = f"{request.method} {self._short(request.url)} was not answered: {trouble.removeprefix('net::')}"
        self._note("request", text, self.failed if counts else None)

    def _crash(self, page: Page) -> None:
        self.crashed = True
        self._note("crash", self._short(page.url))

    def _is_ours(self, url: str) -> bool:
        return _site(url) == _site(self.base_url)

    def _short(self, url: str) -> str:
        """Return a URL without its query, which may hold what nobody should read, and without the target's own host."""
        parts = urlsplit(url)
        return (parts.path or "/") if self._is_ours(url) else f"{parts.scheme}://{parts.netloc}{parts.path}"


def _site(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port: a browser writes neither capitals nor the usual port, a person may."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
