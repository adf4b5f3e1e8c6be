"""What a drill needs of a target's vendors, bound once: their clients, what was deployed there, and the clock."""

from __future__ import annotations

import fcntl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alertproof.clock import AnchoredClock
from alertproof.datadog import Slos, load_slo
from alertproof.drills.anew import SLIPPED
from alertproof.drills.deploy import Deployment
from alertproof.drills.doors import ask_door
from alertproof.errors import ConfigError, VendorUnavailable
from alertproof.faults import AnyDoor, Fault, Ledger
from alertproof.requirements import Specification, Target
from alertproof.vendors import Datadog, PagerDuty, Sentry

__all__ = ["TargetInUse", "Watched"]

_LOSSES = ("dropped_datagrams", "malformed", "evaluation_failures", "undelivered")


class TargetInUse:
    """Holds a target for one run: two runs would take each other's faults and pages for their own."""

    def __init__(self, target: Target, ledger: Ledger) -> None:
        # Beside the stack's own files where it has some, so that every run against it meets here.
        folder = Path(target.ca_file).parent if target.ca_file else ledger.folder
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / "in-use.lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            place = target.endpoints.m3core or target.endpoints.datadog
            raise ConfigError(
                f"another run is using {place}; run drills on one stack one after another, "
                "or let each run have a stack of its own: --target local"
            ) from error

    def end(self) -> None:
        """Let the next run have the target."""
        self._file.close()


@dataclass(slots=True, kw_only=True)
class Watched:
    """A target whose vendors are at hand, with the monitoring deployed."""

    name: str
    spec: Specification
    target: Target
    clock: AnchoredClock
    datadog: Datadog
    sentry: Sentry
    pagerduty: PagerDuty
    ledger: Ledger
    deployment: Deployment
    use: TargetInUse

    def close(self) -> None:
        """Delete what was deployed, and close the clients."""
        try:
            self.deployment.remove(self.datadog)
        except VendorUnavailable:
            pass  # a stack that is gone took it along; on any other target the next run's deploy clears it
        finally:
            for client in (self.datadog, self.sentry, self.pagerduty):
                client.close()
            self.use.end()

    def door_of(self, fault: Fault) -> AnyDoor:
        """Return what takes a fault here; raises `ConfigError` where there is no such door."""
        raise ConfigError(f"target {self.name!r} has no door for {fault.kind!r}: it runs no platform")

    @property
    def environment(self) -> str:
        return self.target.env["DD_ENV"]

    def real(self, at: datetime) -> datetime:
        """Map an instant of the target's clock to real time."""
        return self.clock.anchor.to_real(at)

    def stack(self, at: datetime) -> datetime:
        """Map a real instant to the target's clock."""
        return self.clock.anchor.to_stack(at)

    def real_span(self, span: timedelta) -> timedelta:
        """Return how long a span of the target's clock takes in real time."""
        return span / self.clock.anchor.factor

    def slos(self) -> Slos:
        """Return the deployed SLOs by their ids, as Datadog has them."""
        ids = self.deployment.slos.values()
        return {slo_id: load_slo(self.datadog.slo(slo_id), source=f"SLO {slo_id}") for slo_id in ids}

    def lost(self) -> dict[str, int]:
        """Return how much the target's Datadog has lost since it started, by kind; empty without a control door."""
        health = self._ask("health")
        return {name: _count(health[name]) for name in _LOSSES} if health else {}

    def trouble(
        self,
        *,
        since: datetime,
        lost_before: Mapping[str, int],
        believed: timedelta = timedelta(0),
        during: Sequence[tuple[datetime, datetime]] | None = None,
    ) -> list[str]:
        """Return why the target's own monitoring cannot be believed since then: late clocks, lost telemetry.

        An evaluation is late by the stand-in's own measure, and where it is later than what is ``believed``;
        ``during`` are the spans whose evaluations matter, without it all do.
        A target without a control door has a clock that cannot slip, and nothing to ask.
        """
        slips = [
            (max(one["began_s"], one["ended_s"]), one["at"])
            for one in (self._ask("clock") or {"late": []})["late"]
            if one["at"] >= since.timestamp()
            and max(one["began_s"], one["ended_s"]) > believed.total_seconds()
            and (during is None or any(start.timestamp() <= one["at"] <= end.timestamp() for start, end in during))
        ]
        late = [_slipped(slips)] if slips else []
        lost = [
            f"the stack's Datadog reports {count - lost_before.get(name, 0)} {name.replace('_', ' ')}"
            for name, count in self.lost().items()
            if count > lost_before.get(name, 0)
        ]
        return late + lost

    def _ask(self, page: str) -> dict[str, Any] | None:
        door = self.target.endpoints.control
        return ask_door(self.target, door, page) if door else None


def _slipped(slips: list[tuple[float, float]]) -> str:
    """Say how late evaluations were, from the stack seconds and the instant of each."""
    seconds, at = max(slips)
    more = f", {len(slips) - 1} more were late too" if slips[1:] else ""
    return (
        f"{SLIPPED}: the evaluation of {datetime.fromtimestamp(at, UTC):%H:%M} was {seconds:.0f} stack seconds "
        f"late{more}; the machine is too busy for this clock's factor"
    )


def _count(found: int | list[object]) -> int:
    return found if isinstance(found, int) else len(found)
