"""Sessions as they are kept: of a single one the newest state, of those an SDK counted the counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alertproof.sentry.sessions import SessionCount

__all__ = ["Sessions"]


class Sessions:
    """The sessions of all projects. Beyond ``KEPT`` entries the oldest are forgotten."""

    KEPT = 50_000

    def __init__(self, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._number = 0
        self._known: OrderedDict[tuple[str, str], SessionCount] = OrderedDict()

    def add(self, project_id: str, counts: Iterable[SessionCount]) -> None:
        """Keep what came. News of a session that is known replace its state; that it was begun stays."""
        for count in counts:
            self._number += 1
            # A number is no session's id: an SDK's counts never replace each other.
            key = (project_id, count.session or f"{self._number}")
            before = self._known.get(key)
            self._known[key] = replace(count, total=1, started=before.started) if before and before.total else count
            if len(self._known) > self._kept:
                self._known.popitem(last=False)

    def between(self, start: datetime, end: datetime) -> list[tuple[str, SessionCount]]:
        """Return what began in the range, each with the id of its project."""
        return [(key[0], count) for key, count in self._known.items() if start <= count.started < end]
