"""The servers that faults break."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
import redis

from m3core.faults import Fault, Kind


@pytest.fixture
def client(infrastructure: dict[str, str]) -> Iterator[redis.Redis]:
    """The queue's server, with nothing on it before and after."""
    with redis.Redis.from_url(infrastructure["REDIS_URL"]) as found:
        found.flushdb()
        yield found
        found.flushdb()


def fault(kind: Kind, **more: Any) -> Fault:
    return Fault(id="f1", kind=kind, share=Fraction(1), **more)
