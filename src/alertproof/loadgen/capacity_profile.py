"""Profiles of a capacity search (``load/profiles/find-capacity.toml``): of which scenario, between which rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from alertproof.errors import ConfigError
from alertproof.loadgen.adaptive import Adaptive, AdaptiveFile, read_adaptive
from alertproof.loadgen.capacity import SearchPlan
from alertproof.loadgen.kinds import require_kind
from alertproof.requirements import Span, parse_span

__all__ = ["CapacityProfile", "read_capacity_profile"]


class _File(AdaptiveFile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slow_allowed: float = 0.05
    warm_up: Span = msgspec.field(default_factory=lambda: Span(parse_span("15s")))
    duration: Span = msgspec.field(default_factory=lambda: Span(parse_span("7m")))
    longest: Span = msgspec.field(default_factory=lambda: Span(parse_span("14m")))


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityProfile(Adaptive):
    """A profile of a search that was read and checked. ``plan`` counts in ``tick``: what the search calls a second."""

    plan: SearchPlan

    @property
    def longest(self) -> timedelta:
        """How long the search may take by its plan."""
        plan = self.plan
        return self.tick * (plan.seconds if plan.precision is None else max(plan.seconds, plan.most_seconds))

    def describe(self) -> str:
        """Return the search in a few words: ``10 to 500 arrivals per second of leads``."""
        return f"{self.plan.start:g} to {self.plan.ceiling:g} arrivals per second of {self.scenario.stem}"


def read_capacity_profile(path: Path, *, precision: float | None = None) -> CapacityProfile:
    """Read a profile; ``precision`` is `SearchPlan`'s. Raises `ConfigError` naming the place and what is allowed."""
    require_kind(path, "ceiling")
    file = read_adaptive(path, _File)
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
    return CapacityProfile.of(path, file, plan=plan)
