"""One task with one HTTP client, in which a stand-in delivers what waits."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

import httpx

__all__ = ["delivering"]


@contextlib.asynccontextmanager
async def delivering(
    deliver_all: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]], *, ca_file: str | None, patience: float
) -> AsyncIterator[Mapping[str, str]]:
    """Deliver until the context is left; certificates are checked against ``ca_file``, ``patience`` is in seconds."""
    verify = ssl.create_default_context(cafile=ca_file)
    async with (
        httpx.AsyncClient(verify=verify, timeout=patience, trust_env=False) as client,
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(deliver_all(client))
        yield {}
        task.cancel()
