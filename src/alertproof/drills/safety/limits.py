"""What a target's limits say to the drills that are planned. Pure: nothing is asked, nothing is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from alertproof.drills.problem import Problem
from alertproof.drills.ways import way_of
from alertproof.errors import BlastRadiusExceeded, ConfigError
from alertproof.faults import Fault, FeatureFlag, kinds
from alertproof.requirements import AlertSpec, DelaySpec, DrillLimits, ErrorSpec, FaultSpec, Specification, Target

__all__ = ["Planned", "beyond_limits", "planned", "require_allowed", "require_within_limits"]

#: What environments are called that serve customers.
_PRODUCTION = frozenset({"prod", "production", "live", "prd"})
#: Which of the platform's processes does a kind of fault.
_DOORS = {str(made.kind): made.door for made in (vars(kinds)[name] for name in kinds.__all__) if hasattr(made, "door")}
#: Faults of a whole part, with nothing to choose.
_OF_PARTS = frozenset(kind for kind, door in _DOORS.items() if door in ("keeper", "agent_keeper"))
#: What the firing side does besides: it proves, for one request, that a leak would be seen.
_BESIDES = {"error": "scrubbing_off"}
#: A fault that must fire stands two evaluations longer than the alert may take, and its lease a little more.
_AFTER, _MARGIN = timedelta(minutes=2), timedelta(seconds=15)


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One side of one alert's drill, as it would be run: spans in seconds of real time."""

    alert: str
    side: Literal["fires", "quiet"]
    kind: str
    fault: str
    door: str
    share: float
    lease_s: float
    told: str
    urgency: str


def _done(fault: FaultSpec, target: Target, spec: Specification) -> tuple[str, str]:
    """Return the kind of a fault as it is done at a target, and the address that is touched."""
    way = way_of(fault, target.drills, spec.tenants)
    if way is None:
        return _kind(fault), _door(fault, target)
    return way.kind, way.change.url if isinstance(way, FeatureFlag) else target.endpoints.m3core


def _door(fault: FaultSpec, target: Target) -> str:
    """Return the address of what does a fault, or has it done to it."""
    endpoints, door = target.endpoints, _DOORS.get(_kind(fault))
    places = {"keeper": endpoints.m3core_keeper, "agent_keeper": endpoints.m3core_agent_keeper}
    return places.get(str(door), endpoints.m3core)


def _kind(fault: FaultSpec) -> str:
    return str(fault.__struct_config__.tag)


def _share(fault: FaultSpec, spec: Specification) -> float:
    """Return the share of those requests that a fault is aimed at; 0 where it is of none."""
    if isinstance(fault, ErrorSpec | DelaySpec):
        return fault.share_hit(spec.tenants)
    return 1.0 if _kind(fault) in _OF_PARTS else 0.0


def _sides(alert: AlertSpec) -> Iterator[tuple[Literal["fires", "quiet"], FaultSpec, timedelta]]:
    if alert.fires is not None:
        yield "fires", alert.fires.fault, alert.fires.after.end.delta + _AFTER
    if alert.quiet is not None:
        yield "quiet", alert.quiet.fault, alert.quiet.duration.delta


def planned(target: Target, spec: Specification, alerts: Sequence[str]) -> list[Planned]:
    """Return what the drills of these alerts would do to the target, in order."""
    limits, factor = target.drills, target.clock.factor
    rows = []
    for name in alerts:
        alert = spec.alert(name)
        own = limits is not None and limits.monitors == "own"
        told, urgency = (limits.service, "low") if limits and own else (alert.told.pagerduty, alert.told.urgency)
        rows += [
            Planned(
                alert=name,
                side=side,
                kind=_done(fault, target, spec)[0],
                fault=fault.text,
                door=_done(fault, target, spec)[1],
                share=_share(fault, spec),
                lease_s=(stands / factor + _MARGIN).total_seconds(),
                told=told if side == "fires" else "nobody",
                urgency=urgency if side == "fires" else "",
            )
            for side, fault, stands in _sides(alert)
        ]
    return rows


def beyond_limits(target: Target, name: str, plan: Sequence[Planned], *, production: bool) -> list[Problem]:
    """Return what the target does not allow; ``production`` is what the command line said.

    A target without limits is a stack, which is made to be broken.
    """
    limits = target.drills
    if limits is None:
        return []
    found = list(_production(target, name, production=production))
    if "faults" not in target.allow:
        do = f'if that is wanted, say so in alertproof.toml: allow = [.., "faults"] in [targets.{name}]'
        found.append(Problem(where=f"target {name}", what="it does not allow faults", do=do))
    for each in plan:
        found += _of_fault(each, limits, name)
    return list(dict.fromkeys(found))


def _production(target: Target, name: str, *, production: bool) -> Iterator[Problem]:
    called = target.env.get("DD_ENV", "")
    where = f"target {name}"
    if not target.production and called.lower() in _PRODUCTION:
        do = f"if drills are wanted there, say so in [targets.{name}] of alertproof.toml"
        yield Problem(where=where, what=f"its environment is {called!r}, and it does not say production = true", do=do)
    if target.production and not production:
        yield Problem(where=where, what="it is production", do="if you mean it, say --production on the command line")


def _of_fault(each: Planned, limits: DrillLimits, name: str) -> Iterator[Problem]:
    where, toml = f"{each.alert}, {each.side}", f"[targets.{name}.drills]"
    host = urlsplit(each.door).hostname or ""
    besides = _BESIDES.get(each.kind) if each.side == "fires" else None
    for kind in filter(None, (each.kind, besides)):
        if kind not in limits.faults:
            do = f"allow it in {toml}: faults = [.., {kind!r}], or leave this alert out"
            yield Problem(where=where, what=f"the fault {kind} is not allowed", do=do)
    if not host:
        key = f"{_DOORS.get(each.kind, 'keeper')}_url"
        do = f"say where it is: {key} in [targets.{name}], or leave this alert out"
        yield Problem(where=where, what=f"the platform's door for {each.kind} is not known", do=do)
    elif host not in limits.hosts:
        do = f"allow it in {toml}: hosts = [.., {host!r}]"
        yield Problem(where=where, what=f"the host {host} is not allowed to be broken", do=do)
    if each.share > limits.share:
        what = f"it breaks {each.share * 100:.3g} % of the requests, {limits.share * 100:.3g} % are allowed"
        yield Problem(where=where, what=what, do=f"raise share in {toml}, or leave this alert out")
    if each.lease_s > limits.longest.delta.total_seconds():
        longest = limits.longest.delta.total_seconds()
        what = f"its fault may stand for {each.lease_s:.0f} s, {longest:.0f} s are allowed"
        yield Problem(where=where, what=what, do=f"raise longest in {toml}, or leave this alert out")
    least = round(each.lease_s * limits.rate)
    if least > limits.of_one_drill:
        key = "requests" if limits.drill_requests is None else "drill_requests"
        what = f"its traffic alone sends {least} requests while the fault stands, {limits.of_one_drill} are allowed"
        yield Problem(where=where, what=what, do=f"raise {key} or lower rate in {toml}, or leave this alert out")


def require_allowed(fault: Fault, address: str, limits: DrillLimits | None) -> None:
    """Raise `BlastRadiusExceeded` for a fault, at the address of a door, that the target's limits do not allow.

    A fault of so many requests, or of one that is named, has no share that counts.
    """
    if limits is None:
        return
    host = urlsplit(address).hostname or ""
    share = float(getattr(fault, "share", 0.0))
    exact = getattr(fault, "times", None) is not None or "correlation_id" in getattr(fault, "match", {})
    if fault.kind not in limits.faults:
        raise BlastRadiusExceeded(f"the target does not allow the fault {fault.kind!r} (drills.faults)")
    if host not in limits.hosts:
        raise BlastRadiusExceeded(f"the target does not allow the host {host!r} to be broken (drills.hosts)")
    if share > limits.share and not exact:
        raise BlastRadiusExceeded(
            f"{fault.text!r} would hit {share * 100:.3g} % of the requests, the target allows "
            f"{limits.share * 100:.3g} % (drills.share)"
        )


def require_within_limits(target: Target, name: str, *, production: bool) -> None:
    """Raise `ConfigError` with what the target does not allow at all; each fault is looked at when it comes."""
    found = beyond_limits(target, name, (), production=production)
    if found:
        raise ConfigError("\n".join(map(str, found)))
