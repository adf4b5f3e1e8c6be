"""What the run and its child process say to each other: one plan in, lines of JSON out. Times are microseconds."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from alertproof.loadgen.schedule import Schedule

__all__ = [
    "DRAIN",
    "PLAN",
    "Answers",
    "Batch",
    "Ended",
    "Failures",
    "LoadPlan",
    "Message",
    "Ready",
    "Trouble",
    "decode",
]

#: The environment variable in which the child finds its plan.
PLAN = "ALERTPROOF_LOAD"
#: What the run writes to the child when no further arrival is to start: what is under way is waited for.
DRAIN = b"drain"


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, and where: only ever to ``base_url``. Secrets of the scenario are in the environment, not here."""

    base_url: str
    scenario: str
    schedule: Schedule
    users: int
    max_in_flight: int
    timeout: float
    writes: bool


class Answers(msgspec.Struct, frozen=True, array_like=True):
    """The requests of one endpoint that were to start in one second and are done: their latencies."""

    second: int
    name: str
    answered: tuple[int, ...]
    failed: tuple[int, ...]


class Failures(msgspec.Struct, frozen=True, array_like=True):
    """Requests of one endpoint and second that failed in the same way, with the correlation id of one of them."""

    second: int
    name: str
    trouble: str
    n: int
    correlation_id: str


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The scenario is imported and its users are logged in; the first arrival is due at the line's sending."""


class Batch(msgspec.Struct, frozen=True, kw_only=True, tag="batch"):
    """What happened since the last batch; ``at`` is the run's age, ``lags`` how late each arrival started.

    ``dropped`` holds, for each second, the arrivals that were not sent because too many were under way.
    """

    at: int
    in_flight: int
    lags: tuple[tuple[int, int], ...] = ()
    dropped: dict[int, int] = {}
    answers: tuple[Answers, ...] = ()
    failures: tuple[Failures, ...] = ()


class Trouble(msgspec.Struct, frozen=True, tag="trouble"):
    """Why the scenario cannot be judged."""

    text: str


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Every arrival was sent or dropped, and every answer is reported. Without this line the child has died."""


Message: TypeAlias = Ready | Batch | Trouble | Ended
_DECODER = msgspec.json.Decoder(Message)


def decode(line: bytes) -> Message:
    """Read a line of the child; raises `msgspec.DecodeError` for anything else."""
    message: Message = _DECODER.decode(line)
    return message
