"""Datagrams from the socket to the hand of who drains: none is lost without being counted."""

from __future__ import annotations

import asyncio
import ctypes
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from alertproof.clock import Anchor, ScaledClock, SystemClock
from alertproof.standins.datadog.agent import receiver as module
from alertproof.standins.datadog.agent.receiver import Receiver


@asynccontextmanager
async def sending(receiver: Receiver) -> AsyncIterator[socket.socket]:
    async with asyncio.timeout(20), receiver.serving() as endpoints:
        address = urlsplit(endpoints["dogstatsd"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((address.hostname, address.port))
            yield sender


async def until_accounted(receiver: Receiver, sent: int) -> None:
    while receiver.received + receiver.dropped < sent:  # noqa: ASYNC110 - a thread tells nobody
        await asyncio.sleep(0.001)


def told_by_the_kernel(port: int) -> int:
    """Return the drops of the socket on a port as /proc shows them."""
    rows = [line.split() for line in Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]]
    (drops,) = [int(row[-1]) for row in rows if row[1].endswith(f":{port:04X}")]
    return drops


def new_receiver() -> Receiver:
    return Receiver(ScaledClock(Anchor.at_now(1.0)))


def lines_of(receiver: Receiver) -> list[bytes]:
    return [line for _, data in receiver.drain() for line in data.split(b"\n")]


@pytest.mark.parametrize("with_recvmmsg", [True, False])
def test_what_is_sent_is_drained_in_its_order_with_the_instant_of_receipt(
    monkeypatch: pytest.MonkeyPatch, *, with_recvmmsg: bool
) -> None:
    receiver, clock = new_receiver(), SystemClock()
    if not with_recvmmsg:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())

    async def send() -> None:
        async with sending(receiver) as sender:
            for number in range(1000):
                sender.send(b"m:%d|c" % number)
            sender.send(b"x" * 65_507)  # the largest that UDP carries
            await until_accounted(receiver, 1001)

    before = clock.now().timestamp()
    asyncio.run(send())
    drained = receiver.drain()
    assert receiver.dropped == 0
    lines = [line for _, data in drained for line in data.split(b"\n")]
    assert lines == [*(b"m:%d|c" % number for number in range(1000)), b"x" * 65_507]
    stamps = [stamp for stamp, _ in drained]
    assert stamps == sorted(stamps)
    assert before - 0.01 <= stamps[0] <= stamps[-1] <= clock.now().timestamp() + 0.01


def test_what_the_kernel_has_no_room_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUFFER", 4096)
    receiver, sent = new_receiver(), 5000

    async def flood() -> None:
        async with sending(receiver) as sender:
            with receiver._keeping:
                # Nobody takes them out of the socket now but for one handful.
                for number in range(sent):
                    sender.send(b"m:%d|c" % number)
            await until_accounted(receiver, sent)
            assert 0 < receiver.dropped < sent
            assert receiver.dropped == told_by_the_kernel(sender.getpeername()[1])

    asyncio.run(flood())
    assert receiver.received + receiver.dropped == sent  # what was lost is known after the socket is closed too
    assert len(lines_of(receiver)) == receiver.received


@pytest.mark.parametrize(("limit", "size"), [(10, 1_000_000), (1_000_000, 50)])
def test_when_nobody_drains_memory_is_bounded_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch, limit: int, size: int
) -> None:
    monkeypatch.setattr(Receiver, "LIMIT", limit)
    monkeypatch.setattr(Receiver, "SIZE", size)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    receiver = new_receiver()

    async def send() -> None:
        async with sending(receiver) as sender:
            for _ in range(30):
                sender.send(b"m:1|c")
            await until_accounted(receiver, 30)
            assert receiver.dropped == 20
            assert len(lines_of(receiver)) == receiver.received == 10
            sender.send(b"m:1|c")
            await until_accounted(receiver, 31)

    asyncio.run(send())
    assert len(lines_of(receiver)) == 1
    assert receiver.dropped == 20
