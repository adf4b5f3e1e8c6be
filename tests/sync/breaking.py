"""A vendor whose connections break: it counts what comes and answers only after so many."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Breaking(ThreadingHTTPServer):
    """The first ``breaks`` requests lose their connection before an answer; the others are answered with ``body``."""

    def __init__(self, breaks: int, body: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.left = breaks
        self.body = body
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"{'https' if isinstance(self.socket, ssl.SSLSocket) else 'http'}://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Breaking

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(self.command)
        self.close_connection = True
        if self.server.left > 0:
            self.server.left -= 1
            return
        data = json.dumps(self.server.body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer  # noqa: N815 - names of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def breaking(breaks: int, body: Any, *, certified: Path | None = None) -> Iterator[Breaking]:
    """Run such a vendor; with the folder of an authority, behind TLS."""
    with Breaking(breaks, body) as server:
        if certified is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certified / "chain.pem", certified / "key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
