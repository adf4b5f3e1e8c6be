"""What is drawn by lot: ids and secrets. Within a record that is done again, the same as the first time."""

from __future__ import annotations

import contextlib
import random
import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from functools import cached_property
from typing import TypeVar

__all__ = ["choice", "drawing_from", "new_seed", "randbelow", "token", "uuid4"]

_T = TypeVar("_T")
_SYSTEM = random.SystemRandom()


class _Source:
    """A generator that is made when something is drawn: most requests draw nothing."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    @cached_property
    def generator(self) -> random.Random:
        return random.Random(self._seed)  # noqa: S311 - as good as its seed, which is drawn by the system


_SOURCE: ContextVar[_Source | None] = ContextVar("source", default=None)


def new_seed() -> bytes:
    """Return a seed that nobody can guess."""
    return secrets.token_bytes(16)


@contextlib.contextmanager
def drawing_from(seed: bytes) -> Iterator[None]:
    """Draw from a seed within: the same seed gives the same draws in their order."""
    before = _SOURCE.set(_Source(seed))
    try:
        yield
    finally:
        _SOURCE.reset(before)


def _generator() -> random.Random:
    source = _SOURCE.get()
    return source.generator if source else _SYSTEM


def uuid4() -> uuid.UUID:
    """Return a random UUID."""
    return uuid.UUID(int=_generator().getrandbits(128), version=4)


def token(size: int) -> str:
    """Return a secret of so many random bytes, in hexadecimal."""
    return _generator().randbytes(size).hex()


def choice(among: Sequence[_T]) -> _T:
    """Return one of a sequence."""
    return _generator().choice(among)


def randbelow(end: int) -> int:
    """Return a whole number from 0 up to, but not, ``end``."""
    return _generator().randrange(end)
