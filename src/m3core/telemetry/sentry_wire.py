"""The way of errors to Sentry, which a fault may break: the SDK's own transport, that says what Sentry would say.

It is broken in this process, so that it works alike over TLS, and for a Sentry that is not ours to stop.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, final

import urllib3
from sentry_sdk.transport import HttpTransport

__all__ = ["WIRE", "BreakableTransport", "Wire", "WireTrouble"]

#: What Sentry says when it wants no more, in seconds. Short, for the SDK keeps to it after the revert, too.
_RETRY_AFTER = "2"


class WireTrouble(StrEnum):
    """What is wrong."""

    UNREACHABLE = "unreachable"
    LIMITED = "limited"


@final
class Wire:
    """What is wrong in this process, None for nothing, and how many requests it has hit."""

    def __init__(self) -> None:
        self.trouble: WireTrouble | None = None
        self.hits = 0


WIRE = Wire()


@final
class BreakableTransport(HttpTransport):
    """Sends as the SDK does, unless the wire is broken.

    The SDK has no public place to break: what answers its requests is overridden, and all that it makes of an answer or
    of none is its own.
    """

    def _request(self, method: str, endpoint_type: Any, body: Any, headers: Mapping[str, str]) -> Any:
        trouble = WIRE.trouble
        if trouble is None:
            return super()._request(method, endpoint_type, body, headers)
        WIRE.hits += 1
        if trouble is WireTrouble.LIMITED:
            return urllib3.HTTPResponse(status=429, headers={"Retry-After": _RETRY_AFTER}, body=b"")
        raise ConnectionRefusedError("Sentry is not reached: a fault stands")
