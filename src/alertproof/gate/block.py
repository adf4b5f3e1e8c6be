"""One block: a load run of one arm, as the numbers that are compared."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

import msgspec

from alertproof.gate.felt import Felt
from alertproof.journal import LoadJournal
from alertproof.verdict import Verdict

__all__ = ["Arm", "Block", "Pair", "block_of"]


class Arm(StrEnum):
    """Which of the two a block was sent to."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """What one run measured of one arm.

    ``p95`` is in seconds, by endpoint, and under the empty name that of all requests; a rank that falls on a failed
    request counts as the time-out. ``requests`` are numbers of requests, by the same names. ``felt`` is of the
    journeys, None where none are compared. ``broken`` says why the run proves nothing, empty where it does: what could
    not be sent as asked says nothing about the platform.
    """

    arm: Arm
    n: int
    slow: int
    failed: int
    p95: dict[str, float]
    requests: dict[str, int]
    felt: Felt | None = None
    broken: str = ""


Pair: TypeAlias = tuple[Block, Block]
"""A baseline's block and a candidate's that ran beside each other."""


def block_of(arm: Arm, journal: LoadJournal, *, timeout: timedelta) -> Block:
    """Return what a load run says of an arm; ``timeout`` is the profile's.

    Thresholds that were not met do not matter here: the arms are compared, and the shares have rules of their own.
    """
    if journal.verdict is Verdict.BROKEN and journal.reason:
        return Block(arm=arm, n=0, slow=0, failed=0, p95={}, requests={}, broken=journal.reason)
    spans = {"": journal.p95} | {one.name: one.p95 for one in journal.endpoints}
    return Block(
        arm=arm,
        n=journal.n,
        slow=journal.slow,
        failed=journal.failed,
        p95={name: (timeout if span is None else span).total_seconds() for name, span in spans.items()},
        requests={"": journal.n} | {one.name: one.n for one in journal.endpoints},
    )
