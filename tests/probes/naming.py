"""A name server on loopback that says what a test tells it to, by UDP and by TCP."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

#: Answers by name and record: lines of a zone, a code (``SERVFAIL``), ``silent`` or bytes that are no answer.
Zone = Mapping[tuple[str, str], "list[str] | str | bytes"]
_MOST = 512  # bytes by UDP


@contextmanager
def name_server(zone: Zone) -> Iterator[str]:
    """Serve a zone, and yield the server's address."""
    with (
        socket.create_server(("127.0.0.1", 0)) as streams,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets,
    ):
        port = streams.getsockname()[1]
        packets.bind(("127.0.0.1", port))
        threads = [threading.Thread(target=one) for one in (lambda: _udp(packets, zone), lambda: _tcp(streams, zone))]
        for thread in threads:
            thread.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            streams.shutdown(socket.SHUT_RDWR)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", port))
            for thread in threads:
                thread.join(10)


def _udp(packets: socket.socket, zone: Zone) -> None:
    while True:
        data, asker = packets.recvfrom(4096)
        if not data:
            return
        said = _said(data, zone)
        if len(said) > _MOST:
            short = dns.message.make_response(dns.message.from_wire(data))
            short.flags |= dns.flags.TC
            said = short.to_wire()
        if said:
            packets.sendto(said, asker)


def _tcp(streams: socket.socket, zone: Zone) -> None:
    while True:
        try:
            connection, _ = streams.accept()
        except OSError:
            return
        with connection:
            (length,) = struct.unpack("!H", connection.recv(2))
            said = _said(connection.recv(length), zone)
            if said:
                connection.sendall(struct.pack("!H", len(said)) + said)


def _said(data: bytes, zone: Zone) -> bytes:
    asked = dns.message.from_wire(data)
    (question,) = asked.question
    found = zone.get((question.name.to_text(omit_final_dot=True), question.rdtype.name), "NXDOMAIN")
    answer = dns.message.make_response(asked)
    if isinstance(found, bytes):
        return found
    if found == "silent":
        return b""
    if isinstance(found, str):
        answer.set_rcode(dns.rcode.from_text(found))
        return answer.to_wire()
    for line in found:
        name, kind, text = line.split(" ", 2)
        answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, text))
    return answer.to_wire(max_size=65535)
