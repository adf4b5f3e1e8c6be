"""Who and what the running request or job belongs to."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import final

__all__ = ["NOBODY", "NO_TENANT", "Caller", "Work", "correlation_id_from", "current_work", "enter_work"]

#: The tenant's name in metrics, logs and errors while nobody is logged in.
NO_TENANT = "none"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@final
@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, as far as the service knows."""

    tenant: str | None
    user_id: int | None = None


NOBODY = Caller(None)


@final
@dataclass(slots=True)
class Work:
    """One request or one job.

    ``tenant`` is None until it is known who calls; ``job`` is a job's name, None for a request. ``scrub`` is False
    only while a fault asks that events of this work leave unscrubbed; ``read_only`` and ``jobs_read_only`` are True
    only while one lets the database take no writes, of this work and of the jobs that it queues; ``over_limit`` only
    while one has used up the tenant's requests.
    """

    correlation_id: str
    tenant: str | None = None
    scrub: bool = True
    user_id: int | None = None
    read_only: bool = False
    jobs_read_only: bool = False
    over_limit: bool = False
    job: str | None = None

    @property
    def tenant_tag(self) -> str:
        """The tenant's name, or `NO_TENANT`."""
        return self.tenant or NO_TENANT


_NO_WORK = Work(correlation_id="")
_current: ContextVar[Work] = ContextVar("m3core_work", default=_NO_WORK)


def current_work() -> Work:
    """Return the work in hand; outside of any, one with an empty correlation id."""
    return _current.get()


def enter_work(work: Work) -> None:
    """Make ``work`` the current one for the rest of this task or thread.

    Not undone at the end of a request: each request runs in a task of its own, and the error reporter,
    which stands outside our middleware, still has to see to whom the error belongs.
    """
    _current.set(work)


def correlation_id_from(header: str | None) -> str:
    """Return the caller's correlation id when it is a plain one (it ends up in logs), else a new one."""
    if header and _ACCEPTED_ID.fullmatch(header):
        return header
    return uuid.uuid4().hex
