"""The targets that a run may be pointed at, and the line by which a stack says where it is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import msgspec

from alertproof.clock import Anchor, ScaledClock
from alertproof.errors import ConfigError, nearest
from alertproof.requirements.reading import read_struct

__all__ = [
    "CONTROL_TOKEN",
    "PAGE_TOKEN",
    "ClockWire",
    "Endpoints",
    "Permission",
    "Target",
    "TargetEntry",
    "TargetsFile",
    "choose",
    "load_targets",
    "platform_at",
    "read_stack_line",
    "sentry_api_of",
]

#: What a run may do to a target. Logging in is reading; whatever leaves a row behind is writing.
Permission: TypeAlias = Literal["read", "write", "load", "faults", "monitors"]
_EVERYTHING: tuple[Permission, ...] = get_args(Permission)
#: The name in ``env`` of the token that a stack's control doors ask for.
CONTROL_TOKEN = "ALERTPROOF_CONTROL_TOKEN"  # noqa: S105 - its name
#: The name in a stack's environment of the token that opens its page.
PAGE_TOKEN = "ALERTPROOF_PAGE_TOKEN"  # noqa: S105 - its name
#: Settings and secrets of a platform that runs elsewhere come from the environment, by these names.
_FROM_ENVIRONMENT = (
    "DD_ENV",
    "M3CORE_RELEASE",
    "M3CORE_SEED_PASSWORD",
    "SENTRY_AUTH_TOKEN",
    "SENTRY_ORG",
    "SENTRY_PROJECT",
)
_SENTRY = "https://sentry.io"


class ClockWire(msgspec.Struct, frozen=True, kw_only=True):
    """The clock's anchor: epoch seconds (real and stack) and the factor."""

    real: float
    stack: float
    factor: float


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of a target answer; an empty one does not exist there.

    ``m3core`` is the platform's API. Its pages are at ``m3core_web``, or at the same address where that is empty;
    ``m3core_keeper`` starts the API, and has the fault door for what the API cannot do to itself.
    ``unscrubbed`` and ``unscrubbed_web`` are the same platform on the same data with its scrubbing off: the control
    without which a proof of scrubbing proves nothing.
    """

    m3core: str
    m3core_web: str = ""
    m3core_keeper: str = ""
    unscrubbed: str = ""
    unscrubbed_web: str = ""
    datadog: str = ""
    sentry_api: str = ""
    pagerduty: str = ""
    datadog_agent: str = ""
    dogstatsd: str = ""
    sentry_dsn: str = ""
    control: str = ""
    sentry_control: str = ""
    pagerduty_control: str = ""
    page: str = ""
    otlp: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A running platform and its vendors: what ``alertproof up --json`` prints in one line.

    ``env`` holds settings and secrets: an embedded stack's are made for it and worthless elsewhere, those of a
    platform that runs elsewhere come from the environment. ``allow`` is what a run may do to it.
    """

    clock: ClockWire
    endpoints: Endpoints
    ca_file: str = ""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    allow: tuple[Permission, ...] = _EVERYTHING

    @property
    def pages(self) -> str:
        """Where the platform's pages are."""
        return self.endpoints.m3core_web or self.endpoints.m3core

    def stack_clock(self) -> ScaledClock:
        """Return the clock that the target's vendors keep."""
        wire = self.clock
        return ScaledClock(Anchor.decode({"real": wire.real, "stack": wire.stack, "factor": wire.factor}))

    def control_headers(self) -> dict[str, str]:
        """Return what the stack's control doors ask for."""
        token = self.env.get(CONTROL_TOKEN, "")
        return {"Authorization": f"Bearer {token}"} if token else {}

    def __repr__(self) -> str:
        """Leave ``env`` out: a failing test that prints its target must not print secrets."""
        return f"Target({self.endpoints.m3core!r}, factor={self.clock.factor:g})"


class TargetEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named target.

    It is one of three: an embedded stack with its clock's factor, the file that holds a stack's line, or the address
    of a platform that runs elsewhere, with ``web_url`` where its pages have one of their own. There a run does only
    what ``allow`` lists: reading, unless more stands there.
    """

    embedded: bool = False
    factor: float = 60.0
    stack: Path | None = None
    url: str | None = None
    web_url: str | None = None
    allow: tuple[Permission, ...] | None = None


class TargetsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``alertproof.toml``."""

    targets: dict[str, TargetEntry] = msgspec.field(default_factory=dict)


def load_targets(path: Path) -> dict[str, TargetEntry]:
    """Read ``alertproof.toml``; without the file there is the target ``local``, an embedded stack."""
    targets = read_struct(path, TargetsFile).targets if path.is_file() else {}
    for name, entry in targets.items():
        if [entry.embedded, entry.stack is not None, entry.url is not None].count(True) != 1:
            raise ConfigError(
                f'{path}: targets.{name}: say one of embedded = true, stack = "FILE" and url = "https://..."'
            )
        for key, address in (("url", entry.url), ("web_url", entry.web_url)):
            if address is not None and not address.startswith(("http://", "https://")):
                raise ConfigError(
                    f"{path}: targets.{name}: {key} = {address!r} does not begin with https:// or http://"
                )
        if entry.url is None and entry.web_url is not None:
            raise ConfigError(f"{path}: targets.{name}: 'web_url' belongs to a url; a stack says where its pages are")
        if entry.url is None and entry.allow is not None:
            raise ConfigError(f"{path}: targets.{name}: 'allow' belongs to a url; a stack is made to be broken")
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


def platform_at(entry: TargetEntry, *, environment: Mapping[str, str] = os.environ) -> Target:
    """Return the target of an entry with a ``url``: the platform, in real time, with the Sentry of the environment."""
    assert entry.url is not None  # noqa: S101 - the caller has looked
    clock = Anchor.at_now(1.0).encode()
    return Target(
        clock=ClockWire(real=clock["real"], stack=clock["stack"], factor=clock["factor"]),
        endpoints=Endpoints(
            m3core=entry.url.rstrip("/"),
            m3core_web=(entry.web_url or "").rstrip("/"),
            sentry_api=sentry_api_of(environment),
            sentry_dsn=environment.get("SENTRY_DSN", ""),
        ),
        env={name: environment[name] for name in _FROM_ENVIRONMENT if environment.get(name)},
        allow=("read",) if entry.allow is None else entry.allow,
    )


def sentry_api_of(environment: Mapping[str, str]) -> str:
    """Return where the Sentry of an environment answers; empty where it names no organization."""
    return (environment.get("SENTRY_URL") or _SENTRY).rstrip("/") if environment.get("SENTRY_ORG") else ""


def choose(targets: dict[str, TargetEntry], name: str) -> TargetEntry:
    """Return the target called ``name``; a name that ends in ``.json`` is a stack's line in that file."""
    if name.endswith(".json"):
        return TargetEntry(stack=Path(name))
    if name not in targets:
        raise ConfigError(f"no target {name!r}{nearest(name, targets)}; targets stand in alertproof.toml")
    return targets[name]
