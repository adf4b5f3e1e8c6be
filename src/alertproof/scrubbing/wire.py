"""Every byte that a stack's vendors received by HTTP, from the journals of their control doors."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, final

import httpx
import msgspec

from alertproof.canaries import Left
from alertproof.errors import Broken
from alertproof.requirements import Target
from alertproof.scrubbing.taking_apart import left_by_request

__all__ = ["Wire"]


@final
class Wire:
    """The journals of a target's vendors, from the moment this was made; a target without control doors has none."""

    def __init__(self, target: Target) -> None:
        ends = target.endpoints
        doors = {"Datadog": ends.control, "Sentry": ends.sentry_control, "PagerDuty": ends.pagerduty_control}
        self._doors = {vendor: door for vendor, door in doors.items() if door}
        self._client = httpx.Client(headers=target.control_headers(), timeout=30.0, trust_env=False)
        self._after = {vendor: self._asked(vendor, "requests", limit=0)["count"] for vendor in self._doors}

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def received(self) -> int:
        """Return how many requests came since."""
        return sum(self._asked(vendor, "requests", limit=0)["count"] - after for vendor, after in self._after.items())

    def sentry_scrubs(self) -> bool:
        """Return whether Sentry scrubs what it stores: itself always does, a stand-in where it has Relay's library."""
        return bool(self._asked("Sentry", "scrubbing")["on"]) if "Sentry" in self._doors else True

    def left(self) -> Iterator[Left]:
        """Yield all that was received since; raises `Broken` where some of it is not kept any more."""
        for vendor, after in self._after.items():
            expected = after + 1
            for line in self._get(vendor, "requests.jsonl", after=after).iter_lines():
                row = msgspec.json.decode(line)
                if row["number"] != expected or row["truncated"]:
                    raise Broken(
                        f"the journal of the stack's {vendor} does not hold all of its requests from number "
                        f"{after + 1}; start a stack for this proof alone"
                    )
                expected += 1
                body = base64.b64decode(row["body_base64"])
                yield from left_by_request(vendor, row["path"], row["query"], row["headers"], body)

    def _asked(self, vendor: str, page: str, **query: int) -> Any:
        return msgspec.json.decode(self._get(vendor, page, **query).content)

    def _get(self, vendor: str, page: str, **query: int) -> httpx.Response:
        try:
            return self._client.get(f"{self._doors[vendor]}/{page}", params=query).raise_for_status()
        except httpx.HTTPError as error:
            raise Broken(f"the control door of the stack's {vendor} did not answer {page}: {error}") from error
