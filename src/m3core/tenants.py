"""The sessions that say who is calling: a user of a tenant."""

from __future__ import annotations

import base64
import hmac
import json
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import final

from sqlalchemy import inspect, select

from m3core.database import Database, signing_keys

__all__ = ["SESSION_SECONDS", "Principal", "Sessions", "read_signing_key"]

#: How long a login lasts.
SESSION_SECONDS = 8 * 3600


@final
@dataclass(frozen=True, slots=True)
class Principal:
    """A user of one tenant who has logged in."""

    tenant: str
    user_id: int


def read_signing_key(database: Database) -> bytes | None:
    """Return the key that signs sessions, or None before the database is seeded."""
    with database.reading() as connection:
        if not inspect(connection).has_table(signing_keys.name):
            return None
        query = select(signing_keys.c.key).where(signing_keys.c.name == "sessions")
        key: bytes | None = connection.execute(query).scalar_one_or_none()
    return bytes(key) if key is not None else None


@final
class Sessions:
    """Signed session tokens: who is calling is known without a query, also while the cache is away.

    A token is ``base64url(json) "." base64url(HMAC-SHA256)``.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, principal: Principal, *, now: float | None = None) -> str:
        """Return a token for ``principal`` that ends `SESSION_SECONDS` after ``now`` (epoch seconds)."""
        ends = int(time.time() if now is None else now) + SESSION_SECONDS
        body = _encode(json.dumps([principal.tenant, principal.user_id, ends]).encode())
        return f"{body}.{self._signature(body)}"

    def read(self, token: str, *, now: float | None = None) -> Principal | None:
        """Return whom a token stands for, or None when it is forged, malformed or over."""
        if self.forged(token):
            return None
        body = token.partition(".")[0]
        tenant, user_id, ends = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if ends <= (time.time() if now is None else now):
            return None
        return Principal(tenant, user_id)

    def forged(self, token: str) -> bool:
        """Return whether a token was not signed here, which a session that is over was."""
        body, _, signature = token.partition(".")
        return not hmac.compare_digest(signature.encode(), self._signature(body).encode())

    def _signature(self, body: str) -> str:
        return _encode(hmac.digest(self._key, body.encode(), sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
