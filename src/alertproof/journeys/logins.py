"""Who is logged in: a login is done once, and the journeys after it begin where it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, final

from playwright.sync_api import StorageState

from alertproof.clock import Clock, SystemClock
from alertproof.errors import ConfigError

__all__ = ["Logins", "secrets_of"]

_OLDEST = timedelta(minutes=30)
_SHORTEST = 8  # letters: what is shorter in a page's storage is a setting


@final
class Logins:
    """The states of browsers after a login, by who it is; in memory alone. One older than ``oldest`` is made anew."""

    def __init__(self, *, oldest: timedelta = _OLDEST, clock: Clock | None = None) -> None:
        self._oldest = oldest
        self._clock = clock or SystemClock()
        self._states: dict[str, tuple[timedelta, StorageState]] = {}

    def state(self, who: str, log_in: Callable[[], StorageState]) -> StorageState:
        """Return the state of somebody, by ``log_in`` where there is none; raises `ConfigError` for an empty one."""
        now = self._clock.monotonic()
        made, state = self._states.get(who, (None, None))
        if made is None or state is None or now - made > self._oldest:
            state = log_in()
            if not any(_kept(state)):
                raise ConfigError(
                    f"the login of {who!r} left neither a cookie nor anything in the page's storage: it is none"
                )
            self._states[who] = (now, state)
        return state


def secrets_of(state: StorageState) -> set[str]:
    """Return what opens the platform: the cookies that scripts cannot read, and what is long in the pages' storage."""
    return {text for text, is_open in _kept(state) if text and (not is_open or len(text) >= _SHORTEST)}


def _kept(state: Any) -> Iterator[tuple[str, bool]]:
    """Yield what a state holds, and whether scripts may read it."""
    for cookie in state.get("cookies") or ():
        yield str(cookie.get("value", "")), not cookie.get("httpOnly")
    for origin in state.get("origins") or ():
        for item in origin.get("localStorage") or ():
            yield str(item.get("value", "")), True
