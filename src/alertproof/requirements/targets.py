"""The targets that a run may be pointed at, and the line by which a stack says where it is."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from alertproof.clock import Anchor, ScaledClock
from alertproof.errors import ConfigError, nearest
from alertproof.requirements.reading import read_struct

__all__ = [
    "ClockWire",
    "Endpoints",
    "Target",
    "TargetEntry",
    "TargetsFile",
    "choose",
    "load_targets",
    "read_stack_line",
]


class ClockWire(msgspec.Struct, frozen=True, kw_only=True):
    """The clock's anchor: epoch seconds (real and stack) and the factor."""

    real: float
    stack: float
    factor: float


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of a target answer; an empty one does not exist there."""

    datadog: str
    sentry_api: str
    pagerduty: str
    m3core: str
    datadog_agent: str = ""
    dogstatsd: str = ""
    sentry_dsn: str = ""
    control: str = ""
    otlp: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A running platform and its vendors: what ``alertproof up --json`` prints in one line.

    ``env`` holds settings and secrets of an embedded stack (they are made for it and worthless elsewhere).
    """

    clock: ClockWire
    endpoints: Endpoints
    ca_file: str = ""
    env: dict[str, str] = msgspec.field(default_factory=dict)

    def stack_clock(self) -> ScaledClock:
        """Return the clock that the target's vendors keep."""
        wire = self.clock
        return ScaledClock(Anchor.decode({"real": wire.real, "stack": wire.stack, "factor": wire.factor}))

    def __repr__(self) -> str:
        """Leave ``env`` out: a failing test that prints its target must not print secrets."""
        return f"Target({self.endpoints.m3core!r}, factor={self.clock.factor:g})"


class TargetEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named target: an embedded stack with its clock's factor, or the file that holds a stack's line."""

    embedded: bool = False
    factor: float = 60.0
    stack: Path | None = None


class TargetsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``alertproof.toml``."""

    targets: dict[str, TargetEntry] = msgspec.field(default_factory=dict)


def load_targets(path: Path) -> dict[str, TargetEntry]:
    """Read ``alertproof.toml``; without the file there is the target ``local``, an embedded stack."""
    targets = read_struct(path, TargetsFile).targets if path.is_file() else {}
    for name, entry in targets.items():
        if entry.embedded == (entry.stack is not None):
            raise ConfigError(f'{path}: targets.{name}: say either embedded = true or stack = "FILE"')
    return {"local": TargetEntry(embedded=True)} | targets


def read_stack_line(text: str, *, source: str) -> Target:
    """Read the line of ``alertproof up --json``; raises `ConfigError` naming ``source``."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return msgspec.convert(json.loads(line), Target)
    except (json.JSONDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(
            f"{source}: not the line that 'alertproof up --json' prints ({error}); "
            "start a stack with: alertproof up --json --factor 60 > stack.json"
        ) from error


def choose(targets: dict[str, TargetEntry], name: str) -> TargetEntry:
    """Return the target called ``name``; a name that ends in ``.json`` is a stack's line in that file."""
    if name.endswith(".json"):
        return TargetEntry(stack=Path(name))
    if name not in targets:
        raise ConfigError(f"no target {name!r}{nearest(name, targets)}; targets stand in alertproof.toml")
    return targets[name]
