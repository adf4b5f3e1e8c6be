"""Reset: a stand-in is built anew in its process, as at its start, on the ports that it has.

Nothing is emptied piece by piece: what was built is left and built once more, so that nothing can be forgotten. The
listening sockets stay open: who connects meanwhile waits, and meets the new one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import final
from urllib.parse import urlsplit

__all__ = ["Reset", "until_ended"]


@final
class Reset:
    """What outlives a reset, and how one is asked for. Events belong to one generation's event loop."""

    def __init__(self) -> None:
        #: How often this process was reset.
        self.count = 0
        self.pending = False
        self._asked = self._closed = asyncio.Event()
        self._listeners: dict[str, socket.socket] = {}
        self._ports: dict[str, int] = {}
        self._end: Callable[[], None] | None = None
        self._ended = False

    def begin(self) -> asyncio.Event:
        """Begin a generation; returns the event that says that it is to end for another."""
        self.count += self.pending
        self.pending = False
        self._asked, self._closed = asyncio.Event(), asyncio.Event()
        return self._asked

    async def ask(self) -> None:
        """Ask for a reset; returns when nothing that comes from now on meets what is there now."""
        self.pending = True
        self._asked.set()
        await self._closed.wait()

    def closed(self) -> None:
        """Say that nobody is let in any more."""
        self._closed.set()

    def on_end(self, end: Callable[[], None]) -> bool:
        """Say how this generation is told that its parent is gone; tells whether it is the first that says so."""
        first, self._end = self._end is None, end
        if self._ended:
            end()
        return first

    def end(self) -> None:
        """Tell the generation that there is, and those to come, that their parent is gone; by any thread."""
        self._ended = True
        if self._end is not None:
            self._end()

    def listener(self, name: str, make: Callable[[], socket.socket]) -> socket.socket:
        """Return a socket of a site, the same one in every generation."""
        if name not in self._listeners:
            self._listeners[name] = make()
        return self._listeners[name].dup()

    def remember(self, addresses: Mapping[str, str]) -> bool:
        """Keep the ports of addresses; tells whether they are to be announced, as they are once."""
        first = not self._ports
        self._ports = {name: urlsplit(address).port or 0 for name, address in addresses.items()}
        return first

    def port(self, name: str) -> int:
        """Return the port that an endpoint had before, else 0."""
        return self._ports.get(name, 0)


def until_ended(generation: Callable[[Reset], int]) -> int:
    """Serve one generation after another until one is not ended by a reset; returns its exit code."""
    reset = Reset()
    while True:
        code = generation(reset)
        if not reset.pending:
            return code
