"""What arrived is read before a request that asks for it, in slices: nobody else waits for the whole heap.

With scrubbing an event takes two milliseconds to read, and tens of thousands may wait to be read.
"""

from __future__ import annotations

import asyncio
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from alertproof.standins.sentry.store import Store

__all__ = ["read_in_slices", "settled_before"]

#: Envelopes that are read without a pause.
_AT_ONCE = 20


async def read_in_slices(store: Store) -> None:
    """Read what is visible now and nobody has read; what comes meanwhile is left to who asks next."""
    left = store.settle_some(_AT_ONCE)
    for _ in range(0, left, _AT_ONCE):
        await asyncio.sleep(0)
        store.settle_some(_AT_ONCE)


def settled_before(app: ASGIApp, store: Store, paths: re.Pattern[str]) -> ASGIApp:
    """Return the app with the reading of what arrived before requests whose paths begin as said."""

    async def settled(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and paths.match(scope["path"]):
            await read_in_slices(store)
        await app(scope, receive, send)

    return settled
