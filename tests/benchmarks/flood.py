"""Sends prepared datagrams as fast as the kernel takes them, in a process of its own, and tells how many that were.

One call hands over many (sendmmsg), so that not this program is what is measured. Usage: flood.py HOST PORT PER_SECOND
SECONDS LINES, where LINES metrics stand in each datagram and PER_SECOND 0 is as fast as it goes.
"""

from __future__ import annotations

import ctypes
import socket
import sys
import time

_AT_ONCE = 100


class _Part(ctypes.Structure):
    _fields_ = (("base", ctypes.c_char_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
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
    _fields_ = (("header", _Header), ("sent", ctypes.c_uint))


def datagram(number: int, lines: int) -> bytes:
    """Return one datagram of metrics of four types, with a hundred sets of tags and changing values."""
    kinds = ("c", "g", "d", "ms")
    return b"\n".join(
        f"api.requests.{kinds[line % 4]}:{(number * 7 + line) % 1000}|{kinds[line % 4]}"
        f"|#endpoint:/leads,method:POST,tenant:t{(number + line) % 100}".encode()
        for line in range(lines)
    )


def main(host: str, port: str, per_second: str, seconds: str, lines: str) -> None:
    payloads = [datagram(number, int(lines)) for number in range(_AT_ONCE)]
    parts = (_Part * _AT_ONCE)(*(_Part(payload, len(payload)) for payload in payloads))
    messages = (_Message * _AT_ONCE)()
    for number in range(_AT_ONCE):
        messages[number].header.parts = ctypes.pointer(parts[number])
        messages[number].header.count = 1
    libc = ctypes.CDLL(None, use_errno=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((host, int(port)))
        sent, rate, began = 0, int(per_second), time.monotonic()
        while (passed := time.monotonic() - began) < float(seconds):
            if rate and sent > passed * rate:
                time.sleep(0.0005)
                continue
            sent += max(0, libc.sendmmsg(sender.fileno(), messages, _AT_ONCE, 0))
        passed = time.monotonic() - began
    sys.stdout.write(f"{sent} {passed}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
