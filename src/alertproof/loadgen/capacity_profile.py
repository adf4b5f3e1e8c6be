"""Profiles of a capacity search (``load/profiles/find-capacity.toml``): of which scenario, between which rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec

from alertproof.errors import ConfigError
from alertproof.loadgen.capacity import SearchPlan
from alertproof.loadgen.profile import checked_capacity, checked_workers, find_scenario
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.requirements import Span, parse_span, read_struct

__all__ = ["CapacityProfile", "read_capacity_profile"]


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    scenario: str
    start: float
    ceiling: float
    slow_allowed: float = 0.05
    warm_up: Span = msgspec.field(default_factory=lambda: Span(parse_span("15s")))
    duration: Span = msgspec.field(default_factory=lambda: Span(parse_span("7m")))
    longest: Span = msgspec.field(default_factory=lambda: Span(parse_span("14m")))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityProfile:
    """A profile of a search that was read and checked. ``plan`` counts in ``tick``: what the search calls a second.

    ``platform_capacity`` and ``workers`` are those of `Profile`.
    """

    name: str
    path: Path
    scenario: Path
    plan: SearchPlan
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

    @property
    def longest(self) -> timedelta:
        """How long the search may take by its plan."""
        plan = self.plan
        return self.tick * (plan.seconds if plan.precision is None else max(plan.seconds, plan.most_seconds))

    def schedule(self, *, until: timedelta) -> Schedule:
        """Return the first rate, held until the last instant of the run; the search orders the others."""
        leg = Leg(seconds=until.total_seconds(), start=self.plan.start, end=self.plan.start)
        return Schedule(legs=(leg,), arrivals=self.arrivals, seed=self.seed)

    def describe(self) -> str:
        """Return the search in a few words: ``10 to 500 arrivals per second of leads``."""
        return f"{self.plan.start:g} to {self.plan.ceiling:g} arrivals per second of {self.scenario.stem}"


def read_capacity_profile(path: Path, *, precision: float | None = None) -> CapacityProfile:
    """Read a profile; ``precision`` is `SearchPlan`'s. Raises `ConfigError` naming the place and what is allowed."""
    file = read_struct(path, _File)
    _check(path, file)
    tick = file.tick.delta
    try:
        plan = SearchPlan(
            start=file.start,
            ceiling=file.ceiling,
            share=file.slow_allowed,
            warm_up=file.warm_up.delta // tick,
            seconds=file.duration.delta // tick,
            precision=precision,
            most_seconds=file.longest.delta // tick,
        )
    except ValueError as error:
        counted = "" if tick == timedelta(seconds=1) else f" (a second is one tick, {tick.total_seconds():g} s)"
        raise ConfigError(f"{path}: {error}{counted}") from error
    in_flight = file.max_in_flight or math.ceil(file.ceiling * file.timeout.delta.total_seconds()) + file.users
    return CapacityProfile(
        name=path.stem,
        path=path,
        scenario=find_scenario(path, file.scenario),
        plan=plan,
        arrivals=file.arrivals,
        seed=file.seed,
        tick=tick,
        limit=file.limit.delta,
        timeout=file.timeout.delta,
        users=file.users,
        max_in_flight=in_flight,
        max_lag=file.max_lag.delta,
        writes=file.writes,
        platform_capacity=checked_capacity(path, file.platform_capacity),
        workers=checked_workers(path, file.workers),
    )


def _check(path: Path, file: _File) -> None:
    """Refuse what could not be measured."""
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
