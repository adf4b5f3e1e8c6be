"""The fault door: breaks this application on purpose, for a while, for the requests that were asked for.

What breaks more than requests (the queue, the database, a process) is held by `m3core.breakers`.

Shut unless a token is configured, and shut in production whatever is configured. A fault is exact, not
random: its share is kept by error diffusion, so that any hundred matching requests in a row hold exactly
that many failures. Its lease ends by itself, in real time, whoever opened it may have died.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import NoReturn, final

import sentry_sdk

__all__ = ["DatabaseUnavailable", "Fault", "FaultDoor", "Kind", "Match", "Plant", "lose_database"]


class DatabaseUnavailable(Exception):
    """The database did not answer; raised by the fault ``error``, always from one place."""


class Kind(StrEnum):
    """What a fault does: the first six to a request that it hits, the others to a part of the platform."""

    ERROR = "error"
    DELAY = "delay"
    SCRUBBING_OFF = "scrubbing_off"
    READ_ONLY = "read_only"
    JOBS_READ_ONLY = "jobs_read_only"
    RATE_LIMIT = "rate_limit"
    BACKLOG = "backlog"
    DATABASE_LOAD = "database_load"
    STOP = "stop"
    HANG = "hang"
    CONNECTIONS = "connections"
    LOCK = "lock"
    CACHE_FLUSHED = "cache_flushed"
    LATENCY = "latency"
    LOSS = "loss"
    BANDWIDTH = "bandwidth"
    CUT = "cut"
    AGENT_STOPPED = "agent_stopped"
    SENTRY_UNREACHABLE = "sentry_unreachable"
    SENTRY_LIMITED = "sentry_limited"

    @property
    def of_requests(self) -> bool:
        """Whether it hits requests, one by one."""
        return self in _OF_REQUESTS


_OF_REQUESTS = frozenset(
    {Kind.ERROR, Kind.DELAY, Kind.SCRUBBING_OFF, Kind.READ_ONLY, Kind.JOBS_READ_ONLY, Kind.RATE_LIMIT}
)


@final
class Plant:
    """A marked secret to leak on purpose. Hidden from repr, or every stack frame would leak it by itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plant) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Plant(***)"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which requests a fault is for; None matches every one. ``path`` may hold ``*``."""

    path: str | None = None
    method: str | None = None
    tenant: str | None = None
    correlation_id: str | None = None

    def covers(self, *, path: str, method: str, tenant: str | None, correlation_id: str) -> bool:
        """Whether a request is one of them."""
        return (
            self._covers_path(path)
            and self.method in {None, method}
            and self.tenant in {None, tenant}
            and self.correlation_id in {None, correlation_id}
        )

    def _covers_path(self, path: str) -> bool:
        """Keep logins, pages and health checks working unless the pattern names them.

        A pattern names a path outside of the API by its own first letters, so ``*`` and ``/*`` do not.
        """
        pattern = self.path or "/api/*"
        named = pattern.partition("*")[0]
        if path.startswith("/_faults"):
            return False
        if path == "/api/login" and not named.startswith("/api/login"):
            return False
        if not path.startswith("/api/") and named in {"", "/"}:
            return False
        return fnmatchcase(path, pattern)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault as it was asked for.

    ``share`` is of the matching requests, of which it hits so many ``times`` at the most, or of what goes over a link;
    ``status`` is what an error is answered with, 0 for what the application makes of a lost database;
    ``seconds`` is a delay's length, ``jobs`` how many are to wait in the queue, ``connections`` how many are to be
    taken of the database's, ``link`` the way to a server that is broken, and ``bytes_per_second`` what it still takes.
    """

    id: str
    kind: Kind
    share: Fraction = Fraction(1)
    times: int | None = None
    status: int = 0
    seconds: float = 0.0
    jobs: int = 0
    connections: int = 0
    link: str = ""
    bytes_per_second: int = 0
    plant: Plant | None = None
    match: Match = Match()


@final
@dataclass(slots=True)
class OpenFault:
    """A fault in force; ``ends`` is an instant of the monotonic clock."""

    fault: Fault
    ends: float
    matched: int = field(default=0)
    injected: int = field(default=0)

    def take(self) -> bool:
        """Count a matching request and say whether the fault hits it.

        Hits number n when n times the share passes a whole number: exact for any share, in whole numbers.
        """
        self.matched += 1
        due = self.matched * self.fault.share // 1
        if self.fault.times is not None:
            due = min(due, self.fault.times)
        hit = due > self.injected
        self.injected = int(due)
        return hit


@final
class FaultDoor:
    """The faults in force. Belongs to the event loop: none of its methods waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, OpenFault] = {}

    def inject(self, fault: Fault, *, lease_seconds: float) -> None:
        """Put a fault in force for ``lease_seconds``. The same fault again has its lease renewed and counts on."""
        ends = self._clock() + lease_seconds
        known = self._open.get(fault.id)
        if known is not None and known.fault == fault and known.ends > self._clock():
            known.ends = ends
        else:
            self._open[fault.id] = OpenFault(fault, ends)

    def revert(self, fault_id: str) -> None:
        """End a fault; one that is not in force is no error."""
        self._open.pop(fault_id, None)

    def in_force(self) -> list[tuple[OpenFault, float]]:
        """Return the faults in force, oldest first, with the seconds left of each one's lease."""
        self._end_leases()
        return [(known, known.ends - self._clock()) for known in self._open.values()]

    def strike(self, *, path: str, method: str, tenant: str | None, correlation_id: str) -> Iterable[Fault]:
        """Return the faults that hit this request, and count it with each that it matches."""
        if not self._open:
            return ()
        self._end_leases()
        return [
            known.fault
            for known in self._open.values()
            if known.fault.match.covers(path=path, method=method, tenant=tenant, correlation_id=correlation_id)
            and known.take()
        ]

    def _end_leases(self) -> None:
        now = self._clock()
        self._open = {name: known for name, known in self._open.items() if known.ends > now}


def lose_database(plant: Plant | None) -> NoReturn:
    """Fail as a lost database does in an application that is careless with its password.

    The secret ends up where such an application leaves it: in the exception's text, in a local variable and in
    a breadcrumb. Whether it also leaves the process is up to the scrubbing.
    """
    password = plant.reveal() if plant else "not-a-secret"
    sentry_sdk.add_breadcrumb(
        category="database", message=f"connecting as m3core with password={password}", data={"password": password}
    )
    raise DatabaseUnavailable(f"no answer from postgresql://m3core:{password}@db.internal/m3core")
