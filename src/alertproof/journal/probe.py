"""What a probe measured. Every instant and span is real time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from alertproof.verdict import Expectation, Verdict

__all__ = ["Hop", "Phases", "ProbeJournal", "ProbeRun"]


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of one request went; None for a phase that did not happen.

    A kept connection has no dns, connect and tls; a request that ended early lacks the phases after its end.
    ``first_byte`` runs from the request's first byte out to the answer's first byte in, ``transfer`` from there
    to the last.
    """

    dns: timedelta | None = None
    connect: timedelta | None = None
    tls: timedelta | None = None
    first_byte: timedelta | None = None
    transfer: timedelta | None = None


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """A redirect that was followed on the way to the answer."""

    url: str
    status: int
    total: timedelta
    phases: Phases


class ProbeRun(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``status`` is 0 when there was no answer; ``trouble`` then names why (``refused``, ``timeout``).

    ``path`` is what was asked for, without host; ``connection`` is cold when it was opened for this request.
    ``budget`` is the longest total that was expected of this one, None where nobody expected a time. ``version`` is
    how it was spoken to. ``hops`` are redirects that were followed: ``total`` is the time of all. ``answer`` is what
    came where that is no status: below HTTP, where ``method`` is TCP, TLS or DNS and ``path`` what was asked.
    """

    at: datetime
    name: str
    tenant: str
    method: str
    path: str
    connection: Literal["cold", "warm"]
    status: int
    total: timedelta
    phases: Phases
    size: int = 0  # bytes of the body, as they came over the wire
    trouble: str = ""
    correlation_id: str = ""
    budget: timedelta | None = None
    version: str = ""
    hops: tuple[Hop, ...] = ()
    answer: str = ""


class ProbeJournal(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of one probe. ``budget`` is the longest total that one of them is allowed, None without any.

    ``degraded`` says what was nearly wrong with a probe that passed.
    """

    check: str
    target: str
    verdict: Verdict
    reason: str = ""
    began: datetime
    wall: timedelta
    budget: timedelta | None = None
    runs: tuple[ProbeRun, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    degraded: tuple[str, ...] = ()
