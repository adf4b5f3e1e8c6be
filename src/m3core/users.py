"""The users of one tenant."""

from __future__ import annotations

import logging
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, final

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from m3core.database import Database, users
from m3core.inputs import Email
from m3core.logins import hash_password
from m3core.telemetry.metrics import Metrics

__all__ = ["NewUser", "Role", "Taken", "User", "UserList", "UserStore"]

_log = logging.getLogger(__name__)


class Role(StrEnum):
    """What a user may do; an admin may create users."""

    AGENT = "agent"
    ADMIN = "admin"


class Taken(Exception):
    """There is a user with this e-mail."""


class NewUser(BaseModel):
    """What an admin sends to create a user."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Email
    password: Annotated[str, StringConstraints(min_length=12, max_length=200, pattern=r"^[^\x00]*$")]
    role: Role = Role.AGENT


class User(BaseModel):
    """A user as colleagues see them."""

    id: int
    email: str
    role: Role
    locked: bool
    last_seen_at: datetime | None


class UserList(BaseModel):
    """All users of a tenant."""

    items: list[User]


_MINE = users.c.tenant == bindparam("my_tenant")
_COLUMNS = [
    users.c.id,
    users.c.email,
    users.c.role,
    func.coalesce(users.c.locked_until > func.now(), False).label("locked"),
    users.c.last_seen_at,
]
_ALL = select(*_COLUMNS).where(_MINE).order_by(users.c.email).limit(1_000)
_ONE = select(*_COLUMNS).where(_MINE, users.c.id == bindparam("user_id"))
_INSERT = insert(users).returning(*_COLUMNS)


@final
class UserStore:
    """The users of one tenant; no method can reach another's."""

    def __init__(self, database: Database, metrics: Metrics, *, tenant: str) -> None:
        self._database = database
        self._metrics = metrics
        self.tenant = tenant

    def all(self) -> UserList:
        """Return the users by e-mail, the first thousand."""
        with self._database.reading() as connection:
            return UserList(items=[_read(row) for row in connection.execute(_ALL, {"my_tenant": self.tenant})])

    def get(self, user_id: int) -> User | None:
        """Return one user, or None."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"my_tenant": self.tenant, "user_id": user_id}).one_or_none()
        return _read(row) if row else None

    def create(self, new: NewUser) -> User:
        """Insert a user; raises `Taken`."""
        values = {
            "tenant": self.tenant,
            "email": new.email,
            "password_hash": hash_password(new.password),
            "role": new.role.value,
        }
        try:
            with self._database.writing() as connection:
                made = _read(connection.execute(_INSERT, values).one())
        except IntegrityError:
            raise Taken from None
        self._metrics.count("users.created", tenant=self.tenant)
        _log.info("user created", extra={"created_user_id": made.id})
        return made


def _read(row: Any) -> User:
    return User.model_validate(dict(row._mapping))  # noqa: SLF001 - the documented way to a row's mapping
