"""The p95 that the load saw is the p95 that the server itself logged for the same requests."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alertproof.clock import SystemClock
from alertproof.loadgen.samples import P95, Samples, microseconds
from alertproof.verdict import Verdict

from .conftest import SCENARIO, Send

pytestmark = [pytest.mark.prove, pytest.mark.timeout(120)]

CLOCK = SystemClock()
RATE, SECONDS = 100, 15


class Logging(asyncio.Protocol):
    """Answers after a time drawn anew for each request, and logs how long that took, from bytes in to bytes out."""

    def __init__(self, chance: random.Random, log: list[int]) -> None:
        self._chance = chance
        self._log = log

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert data.endswith(b"\r\n\r\n")
        came = CLOCK.monotonic()
        asyncio.get_running_loop().call_later(min(2.0, self._chance.expovariate(1 / 0.2)), self._answer, came)

    def _answer(self, came: timedelta) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        self._log.append(microseconds(CLOCK.monotonic() - came))


@pytest.fixture
def logging_server() -> Iterator[tuple[str, list[int]]]:
    """Yields the address and the log, in microseconds."""
    log, loop = list[int](), asyncio.new_event_loop()
    chance = random.Random(11)
    server = loop.run_until_complete(loop.create_server(lambda: Logging(chance, log), "127.0.0.1", 0, backlog=1000))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", log
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    server.close()
    loop.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_p95_is_within_a_hundredth_of_what_the_server_logged(
    logging_server: tuple[str, list[int]], send: Send, workers: int
) -> None:
    url, log = logging_server

    journal = send(url, SCENARIO, rate=RATE, duration=f"{SECONDS}s", arrivals="poisson", users=4, workers=workers)

    assert journal.verdict is not Verdict.BROKEN, journal.reason
    assert journal.n == len(log) > 0.8 * RATE * SECONDS
    logged = Samples(log).percentile(P95)
    assert journal.p95 is not None
    assert logged is not None
    assert journal.p95 == pytest.approx(logged, abs=logged / 100)
