"""An API that answers what a test wants: refusals, failures and silence that the real one gives only now and then."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, final
from urllib.parse import urlsplit

__all__ = ["ApiStandIn", "Asked", "running_api"]


@final
@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@final
@dataclass
class ApiStandIn:
    """Answers by method and path; everything else is 404. ``asked`` is what arrived."""

    url: str = ""
    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    #: Real seconds before an answer.
    slow: float = 0.0

    def will(self, request: str, status: int, body: Any = None, **headers: str) -> None:
        """Answer ``request``, such as ``GET /api/me``, from now on so."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[request] = (status, body, named)

    def of(self, request: str) -> list[Asked]:
        """Return what arrived for ``request``."""
        return [one for one in self.asked if f"{one.method} {urlsplit(one.path).path}" == request]


@contextmanager
def running_api() -> Iterator[ApiStandIn]:
    """Start one on a free port."""
    api = ApiStandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            api.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            time.sleep(api.slow)
            request = f"{self.command} {urlsplit(self.path).path}"
            status, answer, headers = api.answers.get(request, (404, {"detail": "Not Found"}, {}))
            raw = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
