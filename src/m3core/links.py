"""The ways from the API to its database and its cache, through another process: so that they can be broken.

Each link is a port on the loopback that goes on to a server. Where nothing is wrong it hands on what it gets as it gets
it. What is broken stays in order and complete, for TCP would not let it be otherwise: a lost packet is one that comes
later, when it has been sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar, final

__all__ = ["Link", "Links", "Trouble", "Upstream"]

#: A server's address: a host and a port, or the path of a Unix socket.
Upstream: TypeAlias = tuple[str, int] | str
_T = TypeVar("_T")

#: After so many seconds a lost packet is sent again, by Linux at least.
_SENT_AGAIN = 0.2
#: So much is on its way in one direction of a connection before its sender has to wait.
_WINDOW = 65_536
#: What goes over the wire at once where it is narrow.
_PIECE = 1_400
_PATIENCE = 5.0
#: Closing a socket with this set resets its connection: both sides see that it broke, not that it ended.
_RESET = struct.pack("ii", 1, 0)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong on a link.

    Everything takes ``seconds`` longer each way; of what is sent a ``share`` is lost and sent again, exactly; no more
    than ``bytes_per_second`` go through each way of a connection; a link that is ``cut`` resets each connection.
    """

    seconds: float = 0.0
    share: Fraction = Fraction(0)
    bytes_per_second: int = 0
    cut: bool = False


@final
class Link:
    """One way to a server. Belongs to its event loop, but for ``hits``, which is a number to look at."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._trouble = Trouble()
        self._mended = asyncio.Event()
        self._sent = 0
        self._lost = 0
        self.hits = 0

    async def listen(self) -> int:
        """Take connections on a free port of the loopback, and return it."""
        self._server = await asyncio.start_server(self._came, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def change(self, trouble: Trouble) -> None:
        """Have this wrong from now on, and nothing else; what waits because of what was wrong goes on at once."""
        self._mended.set()
        self._mended = asyncio.Event()
        self._trouble, self._sent, self._lost, self.hits = trouble, 0, 0, 0
        if trouble.cut:
            for writer in [*self._open]:
                self._reset(writer)

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._trouble.cut:
            self._reset(writer)
            return
        try:
            on = await self._connect()
        except OSError:
            self._reset(writer, hit=False)  # the server is away, which is nothing that was done here
            return
        await asyncio.gather(self._hand_on(reader, on[1], writer), self._hand_on(on[0], writer, on[1]))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._upstream, str):
            return await asyncio.open_unix_connection(self._upstream)
        return await asyncio.open_connection(*self._upstream)

    async def _hand_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        """Bring what one side says to the other, until it ends; where it breaks, the other side sees it break."""
        self._open.add(writer)
        try:
            while data := await reader.read(_WINDOW):
                await self._send(data, writer)
            writer.write_eof()
        except (OSError, RuntimeError):  # asyncio raises the second for a transport that is closed already
            self._reset(writer, hit=False)
            self._reset(back, hit=False)
        finally:
            self._open.discard(writer)
            if back not in self._open:  # the other direction has ended, too
                writer.close()
                back.close()

    async def _send(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        trouble = self._trouble
        late = trouble.seconds + _SENT_AGAIN * self._loses(trouble)
        if late:
            self.hits += 1
            await self._wait(late)
        for piece in _pieces(data, _PIECE if trouble.bytes_per_second else _WINDOW):
            if trouble.bytes_per_second and trouble is self._trouble:
                self.hits += 1
                await self._wait(len(piece) / trouble.bytes_per_second)
            writer.write(piece)
            await writer.drain()

    def _loses(self, trouble: Trouble) -> bool:
        """Count what is sent, and say whether it is lost: exact for any share, in whole numbers."""
        self._sent += 1
        due = int(self._sent * trouble.share)
        lost = due > self._lost
        self._lost = due
        return lost

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._mended.wait(), seconds)

    def _reset(self, writer: asyncio.StreamWriter, *, hit: bool = True) -> None:
        self.hits += hit
        found = writer.get_extra_info("socket")
        if found is not None and found.fileno() >= 0 and found.family != socket.AF_UNIX:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[first : first + size] for first in range(0, len(data), size)]


@final
class Links:
    """All links by name, in a thread of their own. Its methods wait: they are called from other threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._by_name: dict[str, Link] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._thread.start()

    def open(self, name: str, upstream: Upstream) -> int:
        """Make a link to a server and return its port on the loopback."""
        link, port = self._call(_opened(upstream))
        self._by_name[name] = link
        return port

    def find(self, name: str) -> Link | None:
        """Return the link with a name, None where there is none."""
        return self._by_name.get(name)

    def change(self, name: str, trouble: Trouble) -> None:
        """Have this wrong on a link from now on, and nothing else."""
        self._call(self._by_name[name].change(trouble))

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)


async def _opened(upstream: Upstream) -> tuple[Link, int]:
    link = Link(upstream)
    return link, await link.listen()
