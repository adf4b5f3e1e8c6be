"""When bytes came, as the kernel noted it: a probe that is woken late does not count that as the platform's time.

Linux stamps what a socket receives (``SO_TIMESTAMPNS``, socket(7)). Before each read the socket is peeked at: the stamp
is that of the newest segment in its queue, so it is never before the first byte of what is read next, and never after
the read itself. Elsewhere there is no stamp, and what is measured is when the probe read.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

__all__ = ["Arrived", "receive", "stamped", "stamping"]

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python has no name for it
_STAMP = struct.Struct("qq")
_MOST = 65_536


class Arrived(NamedTuple):
    """What was read, and when the last of it had come; ``at`` is None where nobody knows."""

    data: bytes
    at: datetime | None


def stamped(connection: socket.socket) -> None:
    """Ask for stamps on what a connection receives, where the system has them."""
    if stamping():
        connection.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


@cache
def stamping() -> bool:
    """Let the kernel stamp from now on, and return whether it does.

    It begins with the first socket that asks and ends with the last one that is closed, either of which changes its
    own code on all processors: up to a millisecond for each probe. So one socket asks that nobody ever closes. What
    comes in the first moments has no stamp yet.
    """
    if sys.platform != "linux" or _STAMP.size != 16:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        except OSError:
            return False  # a kernel without them
        asking.detach()
    return True


def receive(connection: socket.socket, most: int, seconds: float, now: Callable[[], timedelta]) -> Arrived:
    """Read what comes next, at most so many bytes; no bytes are the end. ``now`` is a monotonic clock.

    Raises `TimeoutError` when nothing comes within ``seconds``, and other `OSError`.
    """
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return Arrived(connection.recv(most), None)  # it came with what was read before
    until = now() + timedelta(seconds=seconds)
    while True:
        left = (until - now()).total_seconds()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        # Peeked at below TLS: a record that is not whole, or one that is none of the answer's, is no byte of it yet.
        _, notes, _, _ = socket.socket.recvmsg(connection, _MOST, 64, socket.MSG_PEEK)
        connection.settimeout(0)
        try:
            return Arrived(connection.recv(most), _stamp(notes))
        except (ssl.SSLWantReadError, BlockingIOError):
            continue


def _stamp(notes: Iterable[tuple[int, int, bytes]]) -> datetime | None:
    for level, kind, data in notes:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) == _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack(data)
            return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)
    return None
