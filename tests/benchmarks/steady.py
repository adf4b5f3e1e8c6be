"""Sends prepared requests at their times, over connections that stay open.

A client library would take half as much of the machine's two cores as the platform that is measured on them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["Answered", "at_rate"]

_PATIENCE = 30.0


@dataclass
class Answered:
    """What came of the requests: latencies in seconds from the intended start, and how many were not answered well."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0


async def at_rate(url: str, requests: Sequence[bytes], *, rate: float, in_flight: int) -> Answered:
    """Send each request when it is due, whether or not the ones before are answered.

    At most ``in_flight`` are on their way; one that has to wait for another is late from its intended start on.
    """
    address, loop, told = urlsplit(url), asyncio.get_running_loop(), Answered()
    begin = loop.time() + 0.2
    numbers = iter(range(len(requests)))

    async def one_after_another() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for number in numbers:
            due = begin + number / rate
            await asyncio.sleep(due - loop.time())
            writer.write(requests[number])
            status = await asyncio.wait_for(_answer(reader), _PATIENCE)
            told.latencies.append(loop.time() - due)
            told.failed += status >= 400
        writer.close()

    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    return told


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer whole and return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"\r\ncontent-length: ")
    await reader.readexactly(int(length.partition(b"\r\n")[0]))
    return int(head.split(b" ", 2)[1])
