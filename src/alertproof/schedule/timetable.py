"""When a check is due: a fixed grid of slots, so that what is next never depends on what ran before. Pure.

The slot ``n`` of a check begins ``n * every`` after the epoch, moved by a part of ``every`` that the check's name and
its location give (so that not all of them start at once), and by a jitter that the slot's number gives besides. Two
processes that know the same names therefore come to the same instants, also after a kill.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from alertproof.errors import ConfigError

__all__ = ["Timetable"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHORTEST = timedelta(seconds=1)


class Timetable(msgspec.Struct, frozen=True, kw_only=True):
    """The slots of one check at one location; raises `ConfigError` where they would overlap.

    ``every`` is at least a second, ``jitter`` at most half of it. ``key`` tells the check at its location from others.
    """

    key: str
    every: timedelta
    jitter: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.every < _SHORTEST:
            raise ConfigError(f"{self.key}: every {self.every.total_seconds():g} s is too often; say 1s or more")
        if not timedelta(0) <= self.jitter <= self.every / 2:
            raise ConfigError(
                f"{self.key}: a jitter of {self.jitter.total_seconds():g} s is not between 0 and half of "
                f"every {self.every.total_seconds():g} s"
            )

    def due(self, slot: int) -> datetime:
        """Return the instant at which a slot begins; later slots always begin later."""
        return _EPOCH + self._offset() + slot * self.every + _part(f"{self.key}#{slot}", self.jitter)

    def at(self, instant: datetime) -> int:
        """Return the last slot that has begun at an instant."""
        slot = (instant - _EPOCH - self._offset()) // self.every
        return slot if self.due(slot) <= instant else slot - 1

    def _offset(self) -> timedelta:
        return _part(self.key, self.every)


def _part(text: str, whole: timedelta) -> timedelta:
    """Return a part of a span, from nothing to nearly all of it, that a text gives."""
    share = int.from_bytes(sha256(text.encode()).digest()[:8]) / 2**64
    return _MICROSECOND * int(share * (whole // _MICROSECOND))
