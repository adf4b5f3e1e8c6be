"""What must be done to its end is not interrupted: a signal waits for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["ended_by_signals", "shielded"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], Any], *numbers: signal.Signals) -> Iterator[dict[int, Any]]:
    """Handle signals while the block runs; Python hands them to the main thread alone. Yields who did before."""
    if threading.current_thread() is not threading.main_thread():
        yield {}
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield {int(number): old for number, old in before.items()}
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)


@contextmanager
def shielded() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block has ended; each is then delivered once."""
    came: list[int] = []
    with _handled(lambda number, _frame: came.append(number), *_SIGNALS):
        yield
    for number in dict.fromkeys(came):
        signal.raise_signal(signal.Signals(number))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, by an exception: what is open is closed on the way out."""
    with _handled(_interrupt, signal.SIGTERM):
        yield
