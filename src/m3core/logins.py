"""Who may log in: passwords, and accounts that are locked after too many wrong ones."""

from __future__ import annotations

import logging
from functools import cache
from typing import final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Row, and_, bindparam, case, func, or_, select, update

from m3core.context import NO_TENANT
from m3core.database import Database, tenants, users
from m3core.settings import Settings
from m3core.suspicion import note_suspicion
from m3core.telemetry.metrics import Metrics
from m3core.tenants import Principal

__all__ = ["Logins", "hash_password"]

_hasher = PasswordHasher()
#: A twentieth of the work: for a stack whose clock has the logins of a minute in a second.
_light_hasher = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1)
_log = logging.getLogger(__name__)


def hash_password(password: str, *, light: bool = False) -> str:
    """Return the argon2id hash of a password; a light one is quick to check, and to guess."""
    return (_light_hasher if light else _hasher).hash(password)


@cache
def _hash_of_nobody(*, light: bool) -> str:
    return hash_password("nobody has this password", light=light)


_WINDOW = func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds"))
_SELECT = (
    select(
        tenants.c.slug,
        users.c.id,
        users.c.password_hash,
        users.c.failed_logins,
        (users.c.locked_until > func.now()).label("locked"),
    )
    .select_from(
        tenants.outerjoin(users, and_(users.c.tenant == tenants.c.slug, users.c.email == bindparam("my_email")))
    )
    .where(tenants.c.slug == bindparam("my_tenant"))
)
_FRESH = or_(users.c.failing_since.is_(None), users.c.failing_since < func.now() - _WINDOW)
_FAILURES = case((_FRESH, 1), else_=users.c.failed_logins + 1)
_LOCKS = bindparam("most") <= _FAILURES
_FAILED = (
    update(users)
    .where(users.c.id == bindparam("user"), or_(users.c.locked_until.is_(None), users.c.locked_until <= func.now()))
    .values(
        failed_logins=case((_LOCKS, 0), else_=_FAILURES),
        failing_since=case((_FRESH, func.now()), else_=users.c.failing_since),
        locked_until=case((_LOCKS, func.now() + _WINDOW), else_=None),
    )
    .returning(users.c.locked_until)
)
_SUCCEEDED = (
    update(users).where(users.c.id == bindparam("user")).values(failed_logins=0, failing_since=None, locked_until=None)
)


@final
class Logins:
    """Tells right passwords from wrong ones, counts both, and locks an account that is being guessed."""

    def __init__(self, database: Database, metrics: Metrics, settings: Settings) -> None:
        self._database = database
        self._metrics = metrics
        self._light = settings.light_passwords
        self._limits = {"most": settings.lockout_failures, "seconds": settings.lockout_seconds}

    def attempt(self, *, tenant: str, email: str, password: str) -> Principal | None:
        """Return the user with this password in this tenant, or None.

        Takes as long for an unknown user and for a locked one as for a wrong password, and says None to all three:
        neither the time nor the answer tells whether there is such an account. Who knows the password of a locked
        account has to wait as well.
        """
        with self._database.reading() as connection:
            row = connection.execute(_SELECT, {"my_tenant": tenant, "my_email": email}).one_or_none()
        known = row.slug if row else NO_TENANT  # what a caller makes up must not become a tag
        account = row if row and row.id is not None else None
        right = _matches(account.password_hash if account else _hash_of_nobody(light=self._light), password)
        if account is None:
            self._refused(known, "failure", "unknown-user")
            return None
        if account.locked:
            self._refused(known, "locked", "locked")
            note_suspicion(self._metrics, "locked-account", tenant=known)
            return None
        if not right:
            self._wrong(known, account)
            return None
        if account.failed_logins:
            with self._database.writing() as connection:
                connection.execute(_SUCCEEDED, {"user": account.id})
        self._metrics.count("auth.logins", tenant=known, result="success")
        return Principal(known, account.id)

    def _wrong(self, tenant: str, account: Row[*tuple[object, ...]]) -> None:
        with self._database.writing() as connection:
            row = connection.execute(_FAILED, {"user": account.id, **self._limits}).one_or_none()
        self._refused(tenant, "failure", "wrong-password")
        if row and row.locked_until is not None:
            _log.warning(
                "account locked",
                extra={"event": "locked", "user_id": account.id, "attempted_tenant": tenant},
            )
            self._metrics.count("auth.lockouts", tenant=tenant)

    def _refused(self, tenant: str, result: str, reason: str) -> None:
        told = {"event": "login", "result": result, "reason": reason, "attempted_tenant": tenant}
        _log.warning("login refused", extra=told)
        self._metrics.count("auth.logins", tenant=tenant, result=result)
        self._metrics.count("auth.failures", tenant=tenant, reason=reason)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False
