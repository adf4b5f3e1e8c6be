"""What every process of a load run does that was started by another: it obeys its input, and ends with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

from alertproof.loadgen.wire import DRAIN, rate_ordered

__all__ = ["Orders", "obey", "obey_order"]


class Orders(Protocol):
    """Who carries out what the run says."""

    def drain(self) -> None:
        """Start no further arrival."""
        ...

    def change(self, rate: float) -> None:
        """Go on at another rate; raises `ValueError` where that is not possible."""
        ...


def obey_order(orders: Orders, line: bytes) -> None:
    """Carry out one line; raises `ValueError` for one that makes no sense."""
    if line == DRAIN:
        orders.drain()
        return
    rate = rate_ordered(line)
    if rate is None:
        raise ValueError("no order for this plan")
    orders.change(rate)


def obey(take: Callable[[bytes], None]) -> None:
    """Have each line of the input carried out until it closes, or says what makes no sense: then end at once."""
    for line in iter(os.fdopen(os.dup(sys.stdin.fileno()), "rb").readline, b""):
        order = line.strip()
        try:
            take(order)
        except ValueError as error:
            os.write(sys.stderr.fileno(), f"cannot do as ordered, {order[:100]!r}: {error}\n".encode())
            break
    os._exit(1)
