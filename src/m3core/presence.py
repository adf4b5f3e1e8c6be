"""Who is here: users with a request, noted in the background and not while they wait."""

from __future__ import annotations

import logging
import threading
from typing import final

from sqlalchemy import bindparam, func, update
from sqlalchemy.exc import SQLAlchemyError

from m3core.database import Database, users

__all__ = ["Presence"]

#: Real seconds between two writes: the time until an active user is counted.
_PERIOD = 5.0
_SEEN = update(users).where(users.c.id.in_(bindparam("seen", expanding=True))).values(last_seen_at=func.now())
_log = logging.getLogger(__name__)


@final
class Presence(threading.Thread):
    """Collects the users that are seen, each once, and writes them down together."""

    def __init__(self, database: Database) -> None:
        super().__init__(name="presence", daemon=True)
        self._database = database
        self._seen: set[int] = set()
        self._lock = threading.Lock()
        self._ending = threading.Event()

    def seen(self, user_id: int) -> None:
        """Note a user. There is nothing to wait for."""
        with self._lock:
            self._seen.add(user_id)

    def run(self) -> None:
        while not self._ending.wait(_PERIOD):
            self.write()

    def stop(self) -> None:
        """End after what is noted has been written."""
        self._ending.set()
        if self.is_alive():
            self.join(timeout=2)
        self.write()

    def write(self) -> None:
        """Write down who was seen since the last time. While the database is away they are forgotten."""
        with self._lock:
            seen, self._seen = self._seen, set()
        if not seen:
            return
        try:
            with self._database.writing() as connection:
                connection.execute(_SEEN, {"seen": sorted(seen)})
        except SQLAlchemyError as error:
            _log.warning("users not noted as active: %s", type(error).__name__)
