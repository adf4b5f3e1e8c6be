"""What the run and its child process say to each other: plan and orders in, lines of JSON out. Times: microseconds."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from alertproof.loadgen.schedule import Schedule

__all__ = [
    "DRAIN",
    "PLAN",
    "Answers",
    "Batch",
    "Crew",
    "Ended",
    "Failures",
    "LoadPlan",
    "Message",
    "Ready",
    "Trouble",
    "Waiting",
    "crew_of",
    "decode",
    "rate_order",
    "rate_ordered",
]

#: The environment variable in which the child finds its plan.
PLAN = "ALERTPROOF_LOAD"
#: What the run writes to the child when no further arrival is to start: what is under way is waited for.
DRAIN = b"drain"
_RATE = b"rate "


def rate_order(rate: float) -> bytes:
    """Return the line that tells the child of an adaptive plan another rate: ``rate 87.5``, read back exactly."""
    return _RATE + repr(rate).encode()


def rate_ordered(line: bytes) -> float | None:
    """Return the rate that a line tells, None for another line; raises `ValueError` for a rate that is no number."""
    return float(line.removeprefix(_RATE)) if line.startswith(_RATE) else None


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """Several processes that send one load: a master of Locust's at ``host`` and ``port``, and so many ``workers``.

    The master starts them itself, unless they come from ``elsewhere``. All of them have to be there within ``patience``
    seconds. Port 0 takes a free one.
    """

    workers: int
    host: str = "127.0.0.1"
    port: int = 0
    elsewhere: bool = False
    patience: float = 30.0


def crew_of(workers: int) -> Crew | None:
    """Return a crew of so many processes of this machine; None for one, which needs no master."""
    return Crew(workers=workers) if workers > 1 else None


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, and where: only ever to ``base_url``. Secrets of the scenario are in the environment, not here.

    With a ``ceiling`` the plan is adaptive: the schedule gives the first rate and the last instant, and the rates in
    between, none above the ceiling, are ordered by the run. Requests are counted by ``tick`` seconds. Without a
    ``crew`` the process that reads the plan sends all of it.
    """

    base_url: str
    scenario: str
    schedule: Schedule
    users: int
    max_in_flight: int
    timeout: float
    writes: bool
    ceiling: float | None = None
    tick: float = 1.0
    crew: Crew | None = None


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

    ``dropped`` holds, for each second, the arrivals that were not sent because too many were under way. Every arrival
    that was due before ``started`` has started or was dropped. ``pending`` holds, for each second, the requests that
    were to start in it and are not done. ``rate`` is the one ordered last; 0 where the plan is not adaptive.

    A second is one tick of the plan.
    """

    at: int
    in_flight: int
    lags: tuple[tuple[int, int], ...] = ()
    dropped: dict[int, int] = {}
    answers: tuple[Answers, ...] = ()
    failures: tuple[Failures, ...] = ()
    started: int = 0
    pending: dict[int, int] = {}
    rate: float = 0.0


class Waiting(msgspec.Struct, frozen=True, tag="waiting"):
    """So many of the crew's workers have come; the others are waited for."""

    came: int


class Trouble(msgspec.Struct, frozen=True, tag="trouble"):
    """Why nothing can be judged: what the scenario did, or what became of the ``generator`` itself."""

    text: str
    of: Literal["scenario", "generator"] = "scenario"

    def told(self, scenario: str) -> str:
        """Return it with whose trouble it is; ``scenario`` is the scenario's name."""
        return f"the scenario {scenario}: {self.text}" if self.of == "scenario" else self.text


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Every arrival was sent or dropped, and every answer is reported. Without this line the child has died."""


Message: TypeAlias = Waiting | Ready | Batch | Trouble | Ended
_DECODER = msgspec.json.Decoder(Message)


def decode(line: bytes) -> Message:
    """Read a line of the child; raises `msgspec.DecodeError` for anything else."""
    message: Message = _DECODER.decode(line)
    return message
