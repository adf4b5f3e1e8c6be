"""uvicorn's protocol for httptools, with what it leaves out: a bound of heads, and requests that offer to upgrade.

Clients may offer another protocol with any request (Java's own offers HTTP/2 with the first of each connection), and a
server may go on as if they had not. httptools gives up such a request's body: here h11 takes over the connection.
"""

from __future__ import annotations

import httptools
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

__all__ = ["LARGEST_HEAD", "HttpProtocol"]

#: Bytes of a request's head, its line and its headers, at most (and what came with the last packet of it); as h11's.
LARGEST_HEAD = 64 * 1024
_INVALID = "Invalid HTTP request received."
_TOO_LARGE = b"%bcontent-length: 0\r\nconnection: close\r\n\r\n" % STATUS_LINE[431]


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    #: Bytes that came of a head, or of what stands behind a chunk, that is not whole; None while a body comes.
    _head: int | None = 0

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            if self._head > LARGEST_HEAD:
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
            self._head += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.logger.warning(_INVALID)
            self.send_400_response(_INVALID)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._go_on_without(data[upgrade.args[0] :])

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_chunk_header(self) -> None:
        # The last chunk is empty, and headers may follow it.
        self._head = 0

    def on_body(self, body: bytes) -> None:
        self._head = None
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._head = None
        # Of a request that offers to upgrade this is all that the parser reads.
        if not self.parser.should_upgrade() or self._should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _go_on_without(self, rest: bytes) -> None:
        """Let h11 read this request and all that come after it on the connection."""
        before: RequestResponseCycle | None = self.cycle
        if before is not None and not before.response_complete:
            # Its answer would have to wait for another protocol's.
            self.send_400_response(_INVALID)
            return
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        head = b"".join([b"%b: %b\r\n" % header for header in self.headers])
        self.connections.discard(self)
        other = H11Protocol(self.config, self.server_state, self.app_state)
        other.connection_made(self.transport)
        self.transport.set_protocol(other)
        other.data_received(b"%b%b\r\n%b" % (line, head, rest))
