"""A front of a vendor as its users meet it: HTTPS alone, keys that must be right, and connections that break.

``python -m tests.prove.live.front`` reads its settings from the environment and prints its address when it answers.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

_OWN = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})


class Front(ThreadingHTTPServer):
    """Passes on to ``behind`` what carries every header of ``keys`` with its value; the n-th connection breaks."""

    daemon_threads = True

    def __init__(
        self, *, behind: str, keys: dict[str, str], context: ssl.SSLContext, authority: str, every: int
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = urlsplit(behind)
        self.keys = keys
        self.every = every
        self.trusted = ssl.create_default_context(cafile=authority)
        self.seen = 0
        self.counting = threading.Lock()
        self._context = context

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection; the handshake is the thread's own, so that nobody keeps the others waiting."""
        plain, address = self.socket.accept()
        wrapped = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def breaks(self) -> bool:
        """Count a request that reads, and tell whether it is one whose connection breaks."""
        with self.counting:
            self.seen += 1
            return self.every > 0 and self.seen % self.every == 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""


class Handler(BaseHTTPRequestHandler):
    """Each request by a connection of its own to what is behind."""

    protocol_version = "HTTP/1.1"
    server: Front
    _methods: ClassVar = ("GET", "POST", "PUT", "PATCH", "DELETE")

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        wrong = [name for name, value in self.server.keys.items() if self.headers.get(name) != value]
        if wrong and not (self.path == "/" or self._only_needs_first(wrong)):
            self._send(403, [], json.dumps({"errors": ["Forbidden"], "detail": "Invalid token"}).encode())
        elif self.command == "GET" and self.server.breaks():
            self.close_connection = True
            self.connection.close()
        else:
            self._pass_on(body)

    def _only_needs_first(self, wrong: list[str]) -> bool:
        """Datadog's check of the API key is not sent the application key."""
        return self.path.startswith("/api/v1/validate") and next(iter(self.server.keys)) not in wrong

    def _pass_on(self, body: bytes) -> None:
        behind = self.server.behind
        assert behind.hostname is not None
        if behind.scheme == "https":
            from http.client import HTTPSConnection  # noqa: PLC0415 - for PagerDuty alone

            connection: HTTPConnection = HTTPSConnection(
                behind.hostname, behind.port, context=self.server.trusted, timeout=30
            )
        else:
            connection = HTTPConnection(behind.hostname, behind.port, timeout=30)
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _OWN | {"host", "accept-encoding"}
        }
        connection.request(self.command, self.path, body=body or None, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OWN]
        self._send(answer.status, kept, data)
        connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - names of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def main() -> None:
    """Serve until the standard input closes."""
    said = json.loads(os.environ["FRONT"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(said["chain"], said["key"])
    front = Front(
        behind=said["behind"], keys=said["keys"], context=context, authority=said["authority"], every=said["every"]
    )
    threading.Thread(target=front.serve_forever, args=(0.05,), daemon=True).start()
    sys.stdout.write(f"https://127.0.0.1:{front.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
