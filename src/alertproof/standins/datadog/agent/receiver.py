"""The UDP side of DogStatsD: a thread that only stamps and keeps.

A thread of its own, because a datagram must be stamped when it comes in and not when the event loop has time:
at factor 60 a loop that is busy for 20 ms would move it by more than a second. A plain blocking thread with a
large receive buffer takes a hundred times what a drill sends.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping

from alertproof.clock import Clock
from alertproof.standins.control.loss import Loss
from alertproof.standins.process import listening

__all__ = ["Receiver"]

_BUFFER = 16 * 1024 * 1024
_LARGEST = 65_535


class Receiver:
    """Receives datagrams on a loopback port; each is kept with the stack instant of its receipt."""

    #: Bounds memory when nobody drains; beyond it datagrams are dropped and counted, as a full socket would.
    LIMIT = 200_000

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[tuple[float, bytes]] = deque()
        # Stamping and keeping are one step: who drains after an instant finds every datagram stamped before it.
        self._keeping = threading.Lock()
        self._ending = False
        #: Throws some away, if it is turned.
        self.loss = Loss()
        #: On which port to listen, 0 for a free one.
        self.port = 0
        self.received = 0
        self.dropped = 0

    def drain(self) -> list[tuple[float, bytes]]:
        """Take everything received so far as (epoch seconds in stack time, datagram), oldest first."""
        with self._keeping:
            kept, self._kept = self._kept, deque()
        return list(kept)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Mapping[str, str]]:
        """Receive until the context is left; yields ``{"dogstatsd": "udp://127.0.0.1:port"}``."""
        with listening(self.port, kind=socket.SOCK_DGRAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            host, port = listener.getsockname()
            thread = threading.Thread(target=self._receive, args=(listener,), name="dogstatsd", daemon=True)
            thread.start()
            try:
                yield {"dogstatsd": f"udp://{host}:{port}"}
            finally:
                # Closing a socket does not wake a thread that blocks in it: an empty datagram does.
                self._ending = True
                listener.sendto(b"", (host, port))
                thread.join()

    def _receive(self, listener: socket.socket) -> None:
        while True:
            data = listener.recv(_LARGEST)
            if self._ending:
                return
            thrown_away = self.loss.every and not self.loss.left([data])
            with self._keeping:
                self.received += 1
                if thrown_away:
                    continue
                if len(self._kept) >= self.LIMIT:
                    self.dropped += 1
                else:
                    self._kept.append((self._clock.now().timestamp(), data))
