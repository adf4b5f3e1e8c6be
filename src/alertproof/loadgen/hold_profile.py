"""Profiles of a held share (``load/profiles/alert-above.toml``): how many of the requests are to be slow, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alertproof.errors import ConfigError
from alertproof.loadgen.adaptive import Adaptive, AdaptiveFile, read_adaptive
from alertproof.loadgen.capacity import Hold
from alertproof.loadgen.kinds import require_kind

__all__ = ["HoldProfile", "read_hold_profile"]


class _File(AdaptiveFile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slow_held: float
    arrivals: Literal["even", "poisson"] = "even"  # chance in the arrivals would be chance in what is held


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldProfile(Adaptive):
    """A profile that was read and checked: ``share`` of the requests is to be slow; ``start`` is the low rate."""

    share: float

    def hold(self, *, extra: float | None = None) -> Hold:
        """Return what decides the rate; ``extra`` is what another hold has learned."""
        return Hold(low=self.start, share=self.share, ceiling=self.ceiling, extra=extra)

    def describe(self) -> str:
        """Return the load in a few words: ``10 % of leads slower than 800 ms, held``."""
        limit = self.limit.total_seconds() * 1000
        return f"{self.share * 100:g} % of {self.scenario.stem} slower than {limit:g} ms, held"


def read_hold_profile(path: Path) -> HoldProfile:
    """Read a profile; raises `ConfigError` naming the place and what is allowed there."""
    require_kind(path, "slow_held")
    file = read_adaptive(path, _File)
    profile = HoldProfile.of(path, file, share=file.slow_held)
    try:
        profile.hold()
    except ValueError as error:
        told = str(error).replace("the low rate", "start").replace("share is", "slow_held is")
        raise ConfigError(f"{path}: {told}") from error
    return profile
