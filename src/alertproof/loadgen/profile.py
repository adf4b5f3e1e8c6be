"""Profiles (``load/profiles/*.toml``): how much load of which scenario, for how long, and what must hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec

from alertproof.errors import ConfigError, nearest
from alertproof.loadgen.kinds import require_kind
from alertproof.loadgen.samples import microseconds
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.thresholds import Metric, Threshold, parse_threshold
from alertproof.requirements import Span, parse_span, read_struct

__all__ = [
    "MOST_WORKERS",
    "Profile",
    "checked_capacity",
    "checked_workers",
    "find_profile",
    "find_scenario",
    "read_profile",
]


_MOST_CAPACITY = 100_000  # as much as the platform's own setting takes
MOST_WORKERS = 256  # what is more is a slip of the pen
_MOST_RATE = 1_000_000  # no generator sends as many: what is more is a slip of the pen


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Stage(_Strict, frozen=True, kw_only=True):
    to: float
    over: Span


class _EndpointThresholds(_Strict, frozen=True, kw_only=True):
    latency: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    minimum_samples: int | None = None


class _Thresholds(_EndpointThresholds, frozen=True, kw_only=True):
    minimum_samples: int = 100
    endpoints: dict[str, _EndpointThresholds] = {}


class _File(_Strict, frozen=True, kw_only=True):
    scenario: str
    thresholds: _Thresholds
    rate: float | None = None
    stages: tuple[_Stage, ...] = ()
    duration: Span | None = None
    warm_up: Span = msgspec.field(default_factory=lambda: Span(timedelta(0)))
    limit: Span = msgspec.field(default_factory=lambda: Span(parse_span("800ms")))
    timeout: Span = msgspec.field(default_factory=lambda: Span(parse_span("10s")))
    arrivals: Literal["even", "poisson"] = "even"
    seed: int = 1
    users: int = 1
    max_in_flight: int | None = None
    # Lateness of the generator is part of a latency, which counts from the intended start. 50 ms are a sixteenth of the
    # usual limit; what is more is the generator's own slowness. A machine that is not overloaded keeps 10 ms.
    max_lag: Span = msgspec.field(default_factory=lambda: Span(parse_span("50ms")))
    writes: bool = False
    abort_after: Span | None = None
    platform_capacity: float | None = None
    workers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile that was read and checked.

    ``schedule`` begins with the warm-up. ``limit`` is the latency that a good request keeps; one that has no answer
    after ``timeout`` has failed. ``max_lag`` is how late the generator itself may start all but the latest hundredth of
    the arrivals. ``writes``: the scenario leaves something behind at the target. From ``abort_after`` after the warm-up
    on, the run ends as soon as a threshold does not hold; None lets it go to its end. ``platform_capacity`` is for
    whoever starts the platform in the box for this profile: how many requests a second it then lets pass. More
    ``workers`` than one are processes that send a part each.
    """

    name: str
    path: Path
    scenario: Path
    schedule: Schedule
    warm_up: timedelta
    limit: timedelta
    timeout: timedelta
    users: int
    max_in_flight: int
    max_lag: timedelta
    writes: bool
    abort_after: timedelta | None
    platform_capacity: float | None
    workers: int
    thresholds: tuple[Threshold, ...]

    def describe(self) -> str:
        """Return the load in a few words: ``40 arrivals per second of leads for 6 s``."""
        judged = self.schedule.seconds - self.warm_up.total_seconds()
        rates = {rate for leg in self.schedule.legs for rate in (leg.start, leg.end)}
        up_to = "up to " if len(rates) > 1 else ""
        return f"{up_to}{max(rates):g} arrivals per second of {self.scenario.stem} for {judged:g} s"

    @property
    def slow_allowed(self) -> float:
        """The largest share of slow requests over the whole run that the thresholds allow; 5 % where none says so.

        ``slow`` says so, and so does a percentile of the latency with the limit as its bound.
        """
        limit = Fraction(microseconds(self.limit), 1000)
        run = [one for one in self.thresholds if not one.endpoint and one.operator in {"<", "<="}]
        shares = [one.bound for one in run if one.metric == "slow"]
        shares += [1 - one.percent / 100 for one in run if one.metric == "latency" and one.bound == limit]
        return float(min(shares, default=Fraction(5, 100)))


def find_profile(name: str | Path, *, folder: Path, base: Path) -> Path:
    """Return the file of a profile: ``smoke`` stands in ``folder``, ``x/smoke.toml`` is a path from ``base``.

    Raises `ConfigError` with the nearest name.
    """
    path = base / name if Path(name).suffix == ".toml" else folder / f"{name}.toml"
    if path.is_file():
        return path
    known = [one.stem for one in path.parent.glob("*.toml")]
    raise ConfigError(f"{path}: no such profile{nearest(path.stem, known)}")


def read_profile(path: Path) -> Profile:
    """Read a profile; raises `ConfigError` naming the place and what is allowed there."""
    require_kind(path, "thresholds")
    file = read_struct(path, _File)
    _check(path, file)
    schedule = _schedule(path, file)
    in_flight = file.max_in_flight or math.ceil(schedule.peak * file.timeout.delta.total_seconds()) + file.users
    return Profile(
        name=path.stem,
        path=path,
        scenario=find_scenario(path, file.scenario),
        schedule=schedule,
        warm_up=file.warm_up.delta,
        limit=file.limit.delta,
        timeout=file.timeout.delta,
        users=file.users,
        max_in_flight=in_flight,
        max_lag=file.max_lag.delta,
        writes=file.writes,
        abort_after=None if file.abort_after is None else file.abort_after.delta,
        platform_capacity=checked_capacity(path, file.platform_capacity),
        workers=checked_workers(path, file.workers),
        thresholds=_thresholds(path, file.thresholds),
    )


def checked_capacity(path: Path, rate: float | None) -> float | None:
    """Return the ``platform_capacity`` of a file; raises `ConfigError` for one that the platform would not take."""
    if rate is not None and not 1 <= rate <= _MOST_CAPACITY:
        raise ConfigError(f"{path}: platform_capacity is 1 to {_MOST_CAPACITY:,} requests per second, got {rate:g}")
    return rate


def checked_workers(path: Path, workers: int) -> int:
    """Return the ``workers`` of a file; raises `ConfigError` for none and for too many."""
    if not 1 <= workers <= MOST_WORKERS:
        raise ConfigError(f"{path}: workers is 1 to {MOST_WORKERS} processes, got {workers}")
    return workers


def _check(path: Path, file: _File) -> None:
    """Refuse what could not be measured."""

    def refuse(text: str) -> ConfigError:
        return ConfigError(f"{path}: {text}")

    if file.warm_up.delta % timedelta(seconds=1):
        raise refuse("warm_up is in whole seconds, because requests are counted by the second")
    if file.limit.delta <= timedelta(0):
        raise refuse("limit is above 0")
    if file.timeout.delta <= file.limit.delta:
        raise refuse("timeout is longer than limit: a request that is given up must have been slow")
    for name in ("users", "max_in_flight"):
        value = getattr(file, name)
        if value is not None and value < 1:
            raise refuse(f"{name} is at least 1, got {value}")


def _schedule(path: Path, file: _File) -> Schedule:
    """Return the warm-up at the first rate, and then the stages, or the rate for the duration."""
    if bool(file.stages) == (file.duration is not None):
        raise ConfigError(f'{path}: say one of duration = "10s" and stages = [{{to = 50, over = "10s"}}]')
    if file.rate is None:
        raise ConfigError(f"{path}: rate is missing: arrivals per second" + (", at first" if file.stages else ""))
    stages = file.stages or tuple(_Stage(to=file.rate, over=span) for span in filter(None, [file.duration]))
    if not any(stage.over.delta for stage in stages):
        raise ConfigError(f"{path}: the load lasts no time; say a duration above 0")
    rates = [file.rate, *(stage.to for stage in stages)]
    if not all(0 <= rate <= _MOST_RATE for rate in rates) or not any(rates):
        raise ConfigError(
            f"{path}: a rate is a number of arrivals per second, at most {_MOST_RATE:,}, and one at least is above 0"
        )
    warm_up = Leg(seconds=file.warm_up.delta.total_seconds(), start=file.rate, end=file.rate)
    legs = [
        Leg(seconds=stage.over.delta.total_seconds(), start=before, end=stage.to)
        for before, stage in zip(rates, stages, strict=False)
    ]
    return Schedule(legs=tuple(leg for leg in (warm_up, *legs) if leg.seconds), arrivals=file.arrivals, seed=file.seed)


def find_scenario(path: Path, name: str) -> Path:
    """Return the scenario's file: ``leads`` stands in ``../scenarios``, ``x.py`` is a path from the profile."""
    folder = path.parent.parent / "scenarios"
    found = path.parent / name if name.endswith(".py") else folder / f"{name}.py"
    if not found.is_file():
        known = [one.stem for one in folder.glob("*.py") if not one.stem.startswith("_")]
        raise ConfigError(f"{path}: scenario = {name!r}: no file {found}{nearest(name, known)}")
    return found.resolve()


def _thresholds(path: Path, file: _Thresholds) -> tuple[Threshold, ...]:
    """Return all thresholds, those of the run before those of an endpoint; raises `ConfigError` without any."""
    metrics: tuple[Metric, ...] = ("failed", "latency", "slow")  # a failed request is slow, too: the cause first
    found = []
    for endpoint, table in [("", file), *sorted(file.endpoints.items())]:
        place = f"thresholds.endpoints.{endpoint!r}" if endpoint else "thresholds"
        minimum = file.minimum_samples if table.minimum_samples is None else table.minimum_samples
        if minimum < 1:
            raise ConfigError(f"{path}: {place}.minimum_samples is at least 1: nothing passes by looking at nothing")
        texts = [(metric, place, text) for metric in metrics for place, text in enumerate(getattr(table, metric))]
        if not texts and endpoint:
            raise ConfigError(f"{path}: {place} holds no threshold; say latency, failed or slow")
        found += [
            parse_threshold(
                text, metric=metric, where=f"{path}: {place}.{metric}[{index}]", minimum=minimum, endpoint=endpoint
            )
            for metric, index, text in texts
        ]
    if not found:
        raise ConfigError(
            f'{path}: no thresholds: a load that nothing is asked of proves nothing; latency = ["p(95)<800"]'
        )
    return tuple(found)
