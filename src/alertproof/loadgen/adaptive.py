"""What profiles have in common whose rate is decided while they run: the search's, and that of a held share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import msgspec

from alertproof.errors import ConfigError
from alertproof.loadgen.profile import checked_capacity, checked_workers, find_scenario
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.wire import Crew, LoadPlan, crew_of
from alertproof.requirements import Span, parse_span, read_struct

__all__ = ["Adaptive", "AdaptiveFile", "read_adaptive"]


class AdaptiveFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of such a profile, as its file has them."""

    scenario: str
    start: float
    ceiling: float
    limit: Span = msgspec.field(default_factory=lambda: Span(parse_span("800ms")))
    timeout: Span = msgspec.field(default_factory=lambda: Span(parse_span("10s")))
    tick: Span = msgspec.field(default_factory=lambda: Span(parse_span("1s")))
    arrivals: Literal["even", "poisson"] = "poisson"
    seed: int = 1
    users: int = 1
    max_in_flight: int | None = None
    max_lag: Span = msgspec.field(default_factory=lambda: Span(parse_span("50ms")))
    writes: bool = False
    platform_capacity: float | None = None
    workers: int = 1


_File = TypeVar("_File", bound=AdaptiveFile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """A profile that was read and checked. Rates are arrivals per second; a ``tick`` is what is counted together.

    ``start`` is the first rate, none is above ``ceiling``. ``platform_capacity`` and ``workers`` are those of
    `Profile`.
    """

    name: str
    path: Path
    scenario: Path
    start: float
    ceiling: float
    arrivals: Literal["even", "poisson"]
    seed: int
    tick: timedelta
    limit: timedelta
    timeout: timedelta
    users: int
    max_in_flight: int
    max_lag: timedelta
    writes: bool
    platform_capacity: float | None
    workers: int

    @classmethod
    def of(cls, path: Path, file: AdaptiveFile, **own: Any) -> Self:
        """Return the profile of a file that was checked, with what is its ``own``; raises `ConfigError`."""
        most = math.ceil(file.ceiling * file.timeout.delta.total_seconds()) + file.users
        return cls(
            name=path.stem,
            path=path,
            scenario=find_scenario(path, file.scenario),
            start=file.start,
            ceiling=file.ceiling,
            arrivals=file.arrivals,
            seed=file.seed,
            tick=file.tick.delta,
            limit=file.limit.delta,
            timeout=file.timeout.delta,
            users=file.users,
            max_in_flight=file.max_in_flight or most,
            max_lag=file.max_lag.delta,
            writes=file.writes,
            platform_capacity=checked_capacity(path, file.platform_capacity),
            workers=checked_workers(path, file.workers),
            **own,
        )

    def schedule(self, *, until: timedelta) -> Schedule:
        """Return the first rate, held until the last instant of the run; what runs orders the others."""
        leg = Leg(seconds=until.total_seconds(), start=self.start, end=self.start)
        return Schedule(legs=(leg,), arrivals=self.arrivals, seed=self.seed)

    def load_plan(self, url: str, *, until: timedelta, crew: Crew | None = None) -> LoadPlan:
        """Return what the child is told: to send to ``url``, until the last instant."""
        return LoadPlan(
            base_url=url.rstrip("/"),
            scenario=str(self.scenario),
            schedule=self.schedule(until=until),
            users=self.users,
            max_in_flight=self.max_in_flight,
            timeout=self.timeout.total_seconds(),
            writes=self.writes,
            ceiling=self.ceiling,
            tick=self.tick.total_seconds(),
            crew=crew or crew_of(self.workers),
        )


def read_adaptive(path: Path, kind: type[_File]) -> _File:
    """Read a file of such a profile; raises `ConfigError` for what is not its kind's, or could not be measured."""
    file = read_struct(path, kind)
    if not timedelta(milliseconds=50) <= file.tick.delta <= timedelta(seconds=10):
        raise ConfigError(f"{path}: tick is between 50ms and 10s: what is counted together, and called a second")
    if file.limit.delta <= timedelta(0):
        raise ConfigError(f"{path}: limit is above 0")
    if file.timeout.delta <= file.limit.delta:
        raise ConfigError(f"{path}: timeout is longer than limit: a request that is given up must have been slow")
    if file.users < 1 or (file.max_in_flight is not None and file.max_in_flight < 1):
        raise ConfigError(f"{path}: users and max_in_flight are at least 1")
    if not math.isfinite(file.ceiling):
        raise ConfigError(f"{path}: ceiling is a number of arrivals per second, got {file.ceiling:g}")
    return file
