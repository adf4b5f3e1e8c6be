"""Who is logged in: a login is done once, and the journeys after it begin where it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, final
from urllib.parse import unquote

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

    def forget(self, who: str) -> None:
        """Forget somebody's login, who may never have been there: the next one logs in anew."""
        self._states.pop(who, None)


def secrets_of(state: StorageState) -> set[str]:
    """Return what opens the platform: the cookies that scripts cannot read, and what is long in the pages' storage.

    Of a value that is JSON, what is long in it; of one that is percent-encoded, both forms.
    """
    found = {text for text, is_open in _kept(state) if text and (not is_open or len(text) >= _SHORTEST)}
    return {form for text in found for form in (text, unquote(text))}


def _kept(state: Any) -> Iterator[tuple[str, bool]]:
    """Yield what a state holds, and whether scripts may read it."""
    for cookie in state.get("cookies") or ():
        yield str(cookie.get("value", "")), not cookie.get("httpOnly")
    for origin in state.get("origins") or ():
        for text in _texts({name: value for name, value in origin.items() if name != "origin"}):
            yield text, True


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a storage's values, and those in values that are JSON; not what they are called."""
    if isinstance(value, str):
        inner = None
        if value[:1] in ("{", "["):
            with suppress(ValueError, RecursionError):
                inner = json.loads(value)
        yield from (value,) if inner is None else _texts(inner)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key != "name":
                yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
