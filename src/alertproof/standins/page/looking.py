"""Asks the stand-ins' control doors; who does not answer is said, and the others are shown all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, final

import httpx
import msgspec

from alertproof.standins.control.overview import Datadog, PagerDuty, Sentry

__all__ = ["Looking", "Part", "Seen"]

_T = TypeVar("_T", Datadog, Sentry, PagerDuty)
_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[_T]):
    """One stand-in: what its door shows, or why nothing is shown."""

    seen: _T | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All three at one time."""

    datadog: Part[Datadog]
    sentry: Part[Sentry]
    pagerduty: Part[PagerDuty]


@final
class Looking:
    """Looks at the doors of these addresses, by vendor: once at a time, however many look at the page."""

    def __init__(self, doors: Mapping[str, str], token: str) -> None:
        self._doors = doors
        # This machine: never through a proxy.
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=_TIMEOUT
        )
        self._under_way: asyncio.Task[Seen] | None = None

    async def look(self) -> Seen:
        """Return what the doors show now."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._ask())
        return await asyncio.shield(self._under_way)

    async def _ask(self) -> Seen:
        datadog, sentry, pagerduty = await asyncio.gather(
            self._part("datadog", Datadog), self._part("sentry", Sentry), self._part("pagerduty", PagerDuty)
        )
        return Seen(datadog=datadog, sentry=sentry, pagerduty=pagerduty)

    async def _part(self, vendor: str, kind: type[_T]) -> Part[_T]:
        try:
            answer = (await self._client.get(f"{self._doors[vendor]}/overview")).raise_for_status()
            return Part(seen=msgspec.json.decode(answer.content, type=kind))
        except httpx.HTTPStatusError as error:
            return Part(trouble=f"its control door answers {error.response.status_code}")
        except httpx.HTTPError as error:
            return Part(trouble=f"its control door does not answer ({type(error).__name__})")
        except msgspec.DecodeError as error:
            return Part(trouble=f"what its control door says cannot be read: {error}")
