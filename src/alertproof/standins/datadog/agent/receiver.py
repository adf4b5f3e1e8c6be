"""The UDP side of DogStatsD: a thread that only stamps and keeps.

A thread of its own, because a datagram must be stamped when it comes in and not when the event loop has time:
at factor 60 a loop that is busy for 20 ms would move it by more than a second. It takes all that wait in the socket
with one call, for each call may have to wait for the loop to let go of the interpreter.

What the kernel had no room for never comes: it counts such datagrams, and `Receiver.dropped` says how many.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import threading
from collections.abc import AsyncIterator, Mapping

from alertproof.clock import Clock
from alertproof.standins.control.loss import Loss
from alertproof.standins.process import LOOPBACK, listening

__all__ = ["Receiver"]

_BUFFER = 16 * 1024 * 1024
_LARGEST = 65_536
#: Datagrams taken with one call.
_AT_ONCE = 512
#: Names of Linux that Python does not have: SO_RCVBUFFORCE, MSG_WAITFORONE, and SO_MEMINFO, whose ninth number counts
#: what was dropped (as the last column of /proc/net/udp).
_FORCE = 33
_WAIT_FOR_ONE = 0x10000
_MEMORY_INFO = 55
_COUNTERS = struct.Struct("9I")


class Receiver:
    """Receives datagrams on a loopback port; each is kept with the stack instant of its receipt."""

    #: Bounds memory when nobody drains; beyond it datagrams are dropped and counted, as a full socket would.
    LIMIT = 200_000
    SIZE = 64 * 1024 * 1024

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: list[tuple[float, bytes]] = []
        self._waiting = self._weight = self._lost_before = 0
        self._listener: socket.socket | None = None
        # Stamping and keeping are one step: who drains after an instant finds every datagram stamped before it.
        self._keeping = threading.Lock()
        self._ending = False
        #: Throws some away, if it is turned.
        self.loss = Loss()
        #: On which port to listen, 0 for a free one.
        self.port = 0
        self.host = LOOPBACK
        self.received = 0
        self.overflowed = 0

    @property
    def dropped(self) -> int:
        """How many datagrams were lost: those that the kernel had no room for, and those beyond `LIMIT`."""
        return self.overflowed + self._lost_before + (_drops(self._listener) if self._listener else 0)

    def drain(self) -> list[tuple[float, bytes]]:
        """Take everything received so far, oldest first.

        Datagrams that were received at once stand together with line feeds between them, and with the instant of their
        receipt (epoch seconds, stack).
        """
        with self._keeping:
            kept, self._kept = self._kept, []
            self._waiting = self._weight = 0
        return kept

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Mapping[str, str]]:
        """Receive until the context is left; yields ``{"dogstatsd": "udp://host:port"}``."""
        with listening(self.port, host=self.host, kind=socket.SOCK_DGRAM) as listener:
            _widen(listener)
            self._listener = listener
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
                self._lost_before += _drops(listener)
                self._listener = None

    def _receive(self, listener: socket.socket) -> None:
        inbox = _Inbox(listener)
        while True:
            datagrams = inbox.take()
            if self._ending:
                return
            came = len(datagrams)
            if self.loss.every:
                datagrams = self.loss.left(datagrams)
            data = b"\n".join(datagrams)
            with self._keeping:
                if datagrams and (self._waiting >= self.LIMIT or self._weight >= self.SIZE):
                    self.overflowed += len(datagrams)
                    came -= len(datagrams)
                elif datagrams:
                    self._waiting += len(datagrams)
                    self._weight += len(data)
                    self._kept.append((self._clock.now().timestamp(), data))
                self.received += came


class _Inbox:
    """Takes the datagrams that wait in a socket, at least one, with one call of recvmmsg; elsewhere one by one."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        libc = ctypes.CDLL(None, use_errno=True)
        self._call = getattr(libc, "recvmmsg", None)
        self._buffer = bytearray(_AT_ONCE * _LARGEST)
        whole = (ctypes.c_char * len(self._buffer)).from_buffer(self._buffer)
        self._parts = (_Part * _AT_ONCE)()
        self._messages = (_Message * _AT_ONCE)()
        for number in range(_AT_ONCE):
            self._parts[number].base = ctypes.addressof(whole) + number * _LARGEST
            self._parts[number].length = _LARGEST
            self._messages[number].header.parts = ctypes.pointer(self._parts[number])
            self._messages[number].header.count = 1

    def take(self) -> list[bytes]:
        """Return what waits; waits itself for the first."""
        if self._call is None:
            return [self._listener.recv(_LARGEST)]
        number = self._call(self._listener.fileno(), self._messages, _AT_ONCE, _WAIT_FOR_ONE, None)
        if number < 0:
            # Interrupted, or something that a plain call says in words.
            return [self._listener.recv(_LARGEST)]
        buffer = memoryview(self._buffer)
        starts = range(0, number * _LARGEST, _LARGEST)
        lengths = [self._messages[each].received for each in range(number)]
        return [bytes(buffer[start : start + length]) for start, length in zip(starts, lengths, strict=True)]


class _Part(ctypes.Structure):
    """``struct iovec``."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """``struct msghdr``."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("parts", ctypes.POINTER(_Part)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """``struct mmsghdr``."""

    _fields_ = (("header", _Header), ("received", ctypes.c_uint))


def _widen(listener: socket.socket) -> None:
    """Give the socket a large buffer: beyond the system's bound (net.core.rmem_max) where that is allowed."""
    try:
        listener.setsockopt(socket.SOL_SOCKET, _FORCE, _BUFFER)
    except OSError:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)


def _drops(listener: socket.socket) -> int:
    """Return how many datagrams the kernel had no room for; 0 where it does not say."""
    try:
        counters = listener.getsockopt(socket.SOL_SOCKET, _MEMORY_INFO, _COUNTERS.size)
    except OSError:
        return 0
    drops: int = _COUNTERS.unpack(counters)[-1]
    return drops
