"""What a command that sends load may ask for, and of whom."""

from __future__ import annotations

from alertproof.errors import ConfigError
from alertproof.loadgen import CapacityProfile, Ceiling, Profile
from alertproof.requirements import Permission, Target, parse_span

__all__ = ["ceiling_of", "demand"]


def ceiling_of(rate: float, duration: str) -> Ceiling:
    """Return the ceiling that ``--max-rate`` and ``--max-duration`` say; raises `ConfigError`."""
    try:
        return Ceiling(rate=rate, duration=parse_span(duration))
    except ValueError as error:
        raise ConfigError(f"--max-duration: {error}") from error


def demand(target: Target, profile: Profile | CapacityProfile, name: str) -> None:
    """Raise `ConfigError` where a target does not allow what a profile would do."""
    wanted: list[Permission] = ["load", "write"] if profile.writes else ["load"]
    for permission in wanted:
        if permission not in target.allow:
            raise ConfigError(
                f"target {name!r} does not allow {permission!r}; "
                f"where that is wanted, say so in alertproof.toml: allow = {[*target.allow, permission]}"
            )
