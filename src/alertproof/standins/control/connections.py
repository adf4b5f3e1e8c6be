"""The connection below a request: what ASGI hides, and a fault of the network needs."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Any

from starlette.types import Receive, Scope

__all__ = ["close", "gone", "reachable", "reset"]

_KEY = "alertproof.transport"
#: Linger on, for no time: the kernel throws away what is unsent and says RST.
_NO_LINGER = struct.pack("ii", 1, 0)


def reachable(protocol: type[asyncio.Protocol]) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, h11's or httptools', whose requests know their connection."""

    class Reachable(protocol):  # type: ignore[misc,valid-type]  # a base that is known when it runs
        def connection_made(self, transport: asyncio.Transport) -> None:
            self.app_state: dict[str, Any] = {**self.app_state, _KEY: transport}
            super().connection_made(transport)

    return Reachable


def reset(scope: Scope) -> None:
    """End the request's connection with RST."""
    transport = _transport(scope)
    # Of TLS too this is the socket below. By another descriptor of it, for uvloop shows no more than its number.
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as below:
        below.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def close(scope: Scope) -> None:
    """End the request's connection after what was sent."""
    _transport(scope).close()


async def gone(receive: Receive) -> None:
    """Wait until the client's connection is no more; before that the server would answer in our place."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(scope: Scope) -> asyncio.Transport:
    found: asyncio.Transport = scope["state"][_KEY]
    return found
