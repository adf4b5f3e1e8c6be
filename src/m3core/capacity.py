"""A platform of known capacity: it takes so many requests a second, by waiting and not by computing."""

from __future__ import annotations

import asyncio
import random
from typing import final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Bounded"]

_USUAL = 1 / 15  # seconds that a request holds its place for, where the capacity allows whole places of that length


@final
class Bounded:
    """Lets a few requests in at a time and has each hold its place for a while, so that ``capacity`` a second pass.

    For load: a platform that is bounded by its processor takes it from the generator on the same machine, which then
    proves nothing. The others wait in line, first come first served, however long the line: so p95 has a knee a
    little below the capacity, as that of any platform has. A place is held until the answer may go: for a time drawn
    anew each time, exponential with a mean of about 67 ms, or for as long as the work takes, whatever is longer. So
    it is a queue M/M/c as the formulas know it, but for the work. The draws are the same in each process. What does
    not begin with ``/api/`` (health, the fault door) does not wait.
    """

    def __init__(self, app: ASGIApp, *, capacity: float) -> None:
        self._app = app
        places = max(1, round(capacity * _USUAL))
        self._mean = places / capacity
        self._places = asyncio.Semaphore(places)
        self._chance = random.Random(1)  # noqa: S311 - waiting, not a secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        async with self._places:
            clock = asyncio.get_running_loop()
            until = clock.time() + self._chance.expovariate(1 / self._mean)

            async def send_when_over(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await asyncio.sleep(max(0.0, until - clock.time()))
                await send(message)

            await self._app(scope, receive, send_when_over)
