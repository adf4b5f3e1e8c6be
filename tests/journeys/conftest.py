"""A small site of our own over a real socket, and journeys through it in a real browser."""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from alertproof.journeys import BrowserHost, Evidence, Journey, find_browser
from alertproof.journeys.evidence import TraceMode
from alertproof.requirements import JourneyBudget, Span, VitalsBudget

#: Where a journey is to pass and nothing of it is timed: a machine that runs all tests at once may be slow.
_LONG = Span(timedelta(seconds=15))
PATIENT = JourneyBudget(step=_LONG, vitals=VitalsBudget(ttfb=_LONG, fcp=_LONG, lcp=_LONG, inp=_LONG))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the site says at a path; ``delay`` in seconds.

    Status 0: the connection is closed without a word; ``cut``: it is closed in the middle of the body.
    """

    body: bytes | str = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    cut: bool = False


@dataclass(slots=True)
class Site:
    """Answers GET and POST by path; what is not known is 404."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)

    def serve(self, path: str, body: str | bytes, **more: Any) -> None:
        self.answers[path] = Answer(body=body, **more)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


class _Server(ThreadingHTTPServer):
    """Says nothing of browsers that leave while they are answered."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Yield a site on a port of its own, over TLS where its side of it is given."""
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = served.answers.get(self.path.partition("?")[0], Answer(status=404, body="<h1>Not here</h1>"))
            time.sleep(answer.delay)
            if answer.status == 0:
                self.close_connection = True
                return
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.cut else body)
            self.close_connection = self.close_connection or answer.cut

        do_POST = do_GET  # noqa: N815 - the name that http.server asks for

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    served.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def host() -> Iterator[BrowserHost]:
    opened = BrowserHost(find_browser())
    yield opened
    opened.close()


JourneyTo = Callable[..., Journey]


@pytest.fixture
def journey_to(host: BrowserHost, site: Site, tmp_path: Path) -> Iterator[JourneyTo]:
    """Return a function that begins a journey on the site; it has no trace, no evidence and much patience."""
    made: list[Journey] = []

    with host.browser() as browser:

        def begin(*, trace: TraceMode = "off", evidence: bool = False, **more: Any) -> Journey:
            kept = Evidence(tmp_path, "tests/test_it.py::test_it", trace=trace, video=False) if evidence else None
            arguments: dict[str, Any] = {
                "check": "tests/test_it.py::test_it",
                "target": "local",
                "base_url": site.url,
                "browser_name": "chromium",
                "budget": PATIENT,
                "context_args": {},
                "evidence": kept,
            }
            journey = Journey(browser, **(arguments | more))
            made.append(journey)
            return journey

        yield begin
        for journey in made:
            journey.close()
