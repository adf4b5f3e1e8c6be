"""The targets that a run may be pointed at, and the line by which a stack says where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import msgspec

from alertproof.clock import Anchor, ScaledClock
from alertproof.errors import ConfigError, nearest
from alertproof.requirements.drilling import DrillLimits, limits_problem
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
    "read_stack_line",
]

#: What a run may do to a target. Logging in is reading; whatever leaves a row behind is writing.
Permission: TypeAlias = Literal["read", "write", "load", "faults", "monitors"]
_EVERYTHING: tuple[Permission, ...] = get_args(Permission)
#: The name in ``env`` of the token that a stack's control doors ask for.
CONTROL_TOKEN = "ALERTPROOF_CONTROL_TOKEN"  # noqa: S105 - its name
#: The name in a stack's environment of the token that opens its page.
PAGE_TOKEN = "ALERTPROOF_PAGE_TOKEN"  # noqa: S105 - its name


class ClockWire(msgspec.Struct, frozen=True, kw_only=True):
    """The clock's anchor: epoch seconds (real and stack) and the factor."""

    real: float
    stack: float
    factor: float


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of a target answer; an empty one does not exist there.

    ``m3core`` is the platform's API. Its pages are at ``m3core_web``, or at the same address where that is empty;
    ``m3core_keeper`` starts the API, and has the fault door for what the API cannot do to itself;
    ``m3core_agent_keeper`` does the same for the agent.
    ``unscrubbed`` and ``unscrubbed_web`` are the same platform on the same data with its scrubbing off: the control
    without which a proof of scrubbing proves nothing.
    """

    m3core: str
    m3core_web: str = ""
    m3core_keeper: str = ""
    m3core_agent_keeper: str = ""
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
    platform that runs elsewhere come from the environment. ``allow`` is what a run may do to it, ``drills`` how far
    drills may go: None is of a stack, which is made to be broken.
    """

    clock: ClockWire
    endpoints: Endpoints
    ca_file: str = ""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    allow: tuple[Permission, ...] = _EVERYTHING
    production: bool = False
    drills: DrillLimits | None = None

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

    What else belongs to a ``url``: ``keeper_url`` is the door of what starts the API, ``agent_keeper_url`` of what
    starts the agent; ``environment`` and ``release`` are those of its telemetry; ``datadog_site``, ``sentry_url`` and
    ``pagerduty_host`` say where its accounts are, of the EU for one; ``dogstatsd`` is the Agent that probes report to,
    ``ca_file`` one more authority that the accounts' certificates may be of; ``production`` says that it serves
    customers.
    """

    embedded: bool = False
    factor: float = 60.0
    stack: Path | None = None
    url: str | None = None
    web_url: str | None = None
    allow: tuple[Permission, ...] | None = None
    keeper_url: str = ""
    agent_keeper_url: str = ""
    environment: str = ""
    release: str = ""
    datadog_site: str = ""
    sentry_url: str = ""
    pagerduty_host: str = ""
    dogstatsd: str = ""
    ca_file: Path | None = None
    production: bool = False
    drills: DrillLimits | None = None


#: What belongs to a url alone, with why it has no place elsewhere.
_OF_A_URL = {
    "web_url": "a stack says where its pages are",
    "allow": "a stack is made to be broken",
    "drills": "a stack is made to be broken",
    "production": "a stack serves nobody",
    **dict.fromkeys(
        ("keeper_url", "agent_keeper_url", "environment", "release", "dogstatsd", "ca_file"), "a stack's line says it"
    ),
    **dict.fromkeys(("datadog_site", "sentry_url", "pagerduty_host"), "a stack has its own"),
}


class TargetsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``alertproof.toml``."""

    targets: dict[str, TargetEntry] = msgspec.field(default_factory=dict)


def load_targets(path: Path) -> dict[str, TargetEntry]:
    """Read ``alertproof.toml``; without the file there is the target ``local``, an embedded stack."""
    targets = read_struct(path, TargetsFile).targets if path.is_file() else {}
    for name, entry in targets.items():
        problem = _entry_problem(entry)
        if problem:
            raise ConfigError(f"{path}: targets.{name}: {problem}")
    return {"local": TargetEntry(embedded=True)} | targets


def _entry_problem(entry: TargetEntry) -> str:
    """Return what is wrong with an entry, empty when nothing is."""
    if [entry.embedded, entry.stack is not None, entry.url is not None].count(True) != 1:
        return 'say one of embedded = true, stack = "FILE" and url = "https://..."'
    if entry.url is None:
        extra = next((key for key in _OF_A_URL if getattr(entry, key) not in (None, "", False)), None)
        return f"{extra!r} belongs to a url; {_OF_A_URL[extra]}" if extra else ""
    for key in ("url", "web_url", "keeper_url", "agent_keeper_url", "sentry_url"):
        address = getattr(entry, key)
        if address and not address.startswith(("http://", "https://")):
            return f"{key} = {address!r} does not begin with https:// or http://"
    wrong = limits_problem(entry.drills) if entry.drills is not None else ""
    return f"drills: {wrong}" if wrong else ""


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
