"""What a master and its workers say to each other, and what a worker lets a master ask of it.

Locust's protocol has no password, so a worker believes nothing: it sends to its own target alone, runs a scenario of
its own disk alone, and has limits of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from alertproof.loadgen.wire import Batch, Ended, LoadPlan, Trouble

__all__ = [
    "CHANNEL",
    "POST",
    "Begin",
    "Exchange",
    "FromMaster",
    "FromWorker",
    "Hello",
    "LoggedIn",
    "NoPlace",
    "Order",
    "Part",
    "Ping",
    "Pong",
    "Post",
    "Refused",
    "accepted",
    "fingerprint",
    "from_master",
    "from_worker",
    "offset_of",
    "share_of",
]

#: The type of our messages among Locust's own.
CHANNEL = "alertproof"
#: The environment variable in which a worker finds its post.
POST = "ALERTPROOF_LOAD_WORKER"


class Refused(Exception):
    """A worker does not do what the master asks; the text says why."""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Where a worker's master is, and what it may ask: only ``base_url``, and scenarios of the folder ``scenarios``.

    Rates are of the whole load, in arrivals per second. ``name`` tells this worker from the others.
    """

    name: str
    host: str
    port: int
    patience: float
    base_url: str
    scenarios: str
    most_rate: float
    most_seconds: float
    writes: bool


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """A worker is there."""

    name: str


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Asks for the master's time; ``sent`` is the worker's, in microseconds of its monotonic clock."""

    sent: int


class LoggedIn(msgspec.Struct, frozen=True, tag="logged-in"):
    """A worker's users are logged in, and it knows the master's clock to ``within`` microseconds."""

    within: int


class Part(msgspec.Struct, frozen=True, kw_only=True, tag="part"):
    """Which part of the plan a worker sends; ``fingerprint`` is the scenario's on the master's disk."""

    part: int
    of: int
    plan: LoadPlan
    fingerprint: str


class NoPlace(msgspec.Struct, frozen=True, tag="no-place"):
    """All of the crew are there already."""


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """Answers a ping, with the master's time."""

    sent: int
    at: int


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """The run begins ``at``, by the master's clock."""

    at: int


class Order(msgspec.Struct, frozen=True, tag="order"):
    """A line of the run's own, passed on: drain, or another rate."""

    line: str


FromWorker: TypeAlias = Hello | Ping | LoggedIn | Batch | Trouble | Ended
FromMaster: TypeAlias = Part | NoPlace | Pong | Begin | Order
_FROM_WORKER = msgspec.json.Decoder(FromWorker)
_FROM_MASTER = msgspec.json.Decoder(FromMaster)


def from_worker(data: bytes) -> FromWorker:
    """Read what a worker says; raises `msgspec.DecodeError`."""
    message: FromWorker = _FROM_WORKER.decode(data)
    return message


def from_master(data: bytes) -> FromMaster:
    """Read what the master says; raises `msgspec.DecodeError`."""
    message: FromMaster = _FROM_MASTER.decode(data)
    return message


@dataclass(frozen=True, slots=True)
class Exchange:
    """A ping and its answer: when it was sent and came back by our clock, and what the other's said; microseconds."""

    sent: int
    theirs: int
    back: int


def offset_of(exchanges: Sequence[Exchange]) -> tuple[int, int]:
    """Return how far the other's clock is ahead of ours, and within how many microseconds that is known.

    The answer was given at some instant between sending and return: the quickest exchange leaves least room.
    """
    best = min(exchanges, key=lambda one: one.back - one.sent)
    return best.theirs - (best.sent + best.back) // 2, -(-(best.back - best.sent) // 2)


def share_of(whole: int, *, part: int, of: int) -> int:
    """Return a part's share of a whole number; all shares add up to it, and none is above another by more than 1."""
    return whole // of + (part < whole % of)


def fingerprint(scenario: Path) -> str:
    """Return what tells one text of a scenario from another."""
    return hashlib.sha256(scenario.read_bytes()).hexdigest()


def accepted(post: Post, part: Part) -> LoadPlan:
    """Return the plan with this worker's own scenario file; raises `Refused` where it is beyond the post."""
    plan = part.plan
    if plan.base_url != post.base_url:
        raise Refused(f"its target is {post.base_url}, and the master's load goes to {plan.base_url}")
    if plan.writes and not post.writes:
        raise Refused("the load writes, and this worker's target does not allow that")
    rate = plan.schedule.peak if plan.ceiling is None else plan.ceiling
    if rate > post.most_rate:
        raise Refused(f"{rate:g} arrivals per second are more than its --max-rate of {post.most_rate:g}")
    if plan.schedule.seconds > post.most_seconds:
        raise Refused(f"{plan.schedule.seconds:g} s are longer than its --max-duration of {post.most_seconds:g} s")
    scenario = Path(post.scenarios) / Path(plan.scenario).name
    if not scenario.is_file():
        raise Refused(f"it has no scenario {scenario}")
    if fingerprint(scenario) != part.fingerprint:
        raise Refused(f"its scenario {scenario.name} is another than the master's: bring both to one version")
    return replace(plan, scenario=str(scenario), crew=None)
