"""Servers that cannot be reached, or break off."""

from __future__ import annotations

from datetime import timedelta

from tests.probes.broken.case import Broken, well
from tests.probes.conftest import Link

from alertproof.verdict import Verdict

__all__ = ["NETWORK"]

_SOON = timedelta(milliseconds=300)


def _reset_at_once(link: Link) -> None:
    link.request()
    link.reset()


def _reset_in_head(link: Link) -> None:
    link.request()
    link.send(b"HTTP/1.1 200 OK\r\nConte")
    link.wait(0.1)  # a reset takes away what was not read yet
    link.reset()


def _reset_in_body(link: Link) -> None:
    link.request()
    link.send(well()[:-4])
    link.wait(0.1)
    link.reset()


def _close_without_a_byte(link: Link) -> None:
    link.request()


def _close_in_head(link: Link) -> None:
    link.request()
    link.send(b"HTTP/1.1 200 OK\r\nContent-Type: applic")


def _close_in_body(link: Link) -> None:
    link.request()
    link.send(well(length=200))


def _half_close_in_body(link: Link) -> None:
    link.request()
    link.send(well()[:-4])
    link.half_close()
    link.request()


def _half_close_after_all(link: Link) -> None:
    link.request()
    link.send(well())
    link.half_close()
    link.request()


def _silent(link: Link) -> None:
    while link.request():
        pass


def _stop_in_body(link: Link) -> None:
    link.request()
    link.send(well()[:-4])
    link.request()


def _slow_head(link: Link) -> None:
    link.request()
    link.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        link.send(b"X-Slow: 1\r\n")
        link.wait(0.02)


def _slow_body(link: Link) -> None:
    link.request()
    for byte in well(body=b" " * 100_000):
        link.send(bytes([byte]))
        link.wait(0.0 if byte != 32 else 0.02)


def _deaf(link: Link) -> None:
    link.wait(5)


NETWORK = {
    "refused": Broken(does="nothing listens at its port", said="refused: nothing listens at 127.0.0.1:PORT"),
    "no name": Broken(
        does="its name has no address",
        host="platform.example",
        resolve="nobody",
        said="dns: platform.example has no address: Name or service not known",
    ),
    "name server hangs": Broken(
        does="its name is looked up without end",
        host="platform.example",
        resolve="hangs",
        limits={"dns": _SOON},
        said="dns timeout: no address of platform.example within 300 ms",
    ),
    "no IPv6": Broken(
        does="it has no address of the family that is asked for",
        script=_silent,
        host="platform.example",
        resolve="here",
        request={"family": "ipv6"},
        said="dns: platform.example has no address of IPv6, only 127.0.0.1",
    ),
    "connection not taken": Broken(
        does="its queue of connections is full",
        host="127.0.0.2",
        resolve="deaf",
        limits={"connect": _SOON},
        said="connect timeout: no connection to 127.0.0.2:PORT within 300 ms",
    ),
    "reset without a byte": Broken(
        does="it reads the request and resets the connection",
        script=_reset_at_once,
        said="reset: 127.0.0.1:PORT reset the connection",
    ),
    "reset in the headers": Broken(
        does="it resets the connection in its headers",
        script=_reset_in_head,
        said="reset: 127.0.0.1:PORT reset the connection",
    ),
    "reset in the body": Broken(
        does="it resets the connection in its body",
        script=_reset_in_body,
        said="reset: 127.0.0.1:PORT reset the connection; before that came status 200 and 8 bytes",
    ),
    "closed without a byte": Broken(
        does="it reads the request and closes",
        script=_close_without_a_byte,
        said="closed: the connection was closed before the answer was whole",
    ),
    "truncated headers": Broken(
        does="it closes in its headers",
        script=_close_in_head,
        said="closed: the connection was closed before the answer was whole",
    ),
    "length too long": Broken(
        does="it announces 200 bytes, sends 12 and closes",
        script=_close_in_body,
        said="closed: the connection was closed before the answer was whole; before that came status 200 and 12 bytes",
    ),
    "half-closed in the body": Broken(
        does="it ends its side in the body, and goes on reading",
        script=_half_close_in_body,
        said="closed: the connection was closed before the answer was whole; before that came status 200 and 8 bytes",
    ),
    "half-closed after all": Broken(
        does="it ends its side after a whole answer, and goes on reading",
        script=_half_close_after_all,
        verdict=Verdict.PASSED,
        said="",
    ),
    "silent": Broken(
        does="it reads the request and says nothing",
        script=_silent,
        limits={"read": _SOON},
        said="read timeout: no first byte within 300 ms",
    ),
    "stops in the body": Broken(
        does="it stops in the body and keeps the connection",
        script=_stop_in_body,
        limits={"read": timedelta(seconds=1)},
        said="read timeout: nothing more of the answer within 1.00 s; before that came status 200 and 8 bytes",
    ),
    "slow-loris in the headers": Broken(
        does="it sends one header after the other without end",
        script=_slow_head,
        limits={"total": timedelta(seconds=1)},
        said="total timeout: the answer still trickles in, not done within 1.00 s",
    ),
    "slow-loris in the body": Broken(
        does="it sends a byte each 20 ms",
        script=_slow_body,
        limits={"total": timedelta(seconds=1)},
        said="total timeout: the answer still trickles in, not done within 1.00 s; "
        "before that came status 200 and N bytes",
    ),
    "does not read": Broken(
        does="it does not read what it is sent",
        script=_deaf,
        limits={"write": _SOON},
        request={"method": "POST", "json": "x" * 16_000_000},
        said="write timeout: the request was not taken within 300 ms",
    ),
}
