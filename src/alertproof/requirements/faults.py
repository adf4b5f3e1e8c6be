"""The faults that prove an alert, as ``spec.yaml`` writes them: one struct a kind, chosen by ``kind``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from alertproof.errors import nearest

__all__ = [
    "AgentStoppedSpec",
    "BacklogSpec",
    "DatabaseLoadSpec",
    "DelaySpec",
    "ErrorSpec",
    "FailingProbeSpec",
    "FaultSpec",
    "LoginAttackSpec",
    "StopSpec",
    "fault_problem",
]


class _Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """``text`` says in words what is broken, as it is shown to people."""

    text: str


class ErrorSpec(_Fault, frozen=True, kw_only=True, tag="error"):
    """A ``share`` of the requests to the API, 0..1, is answered with an error, all one ``tenant``'s if given."""

    share: float
    tenant: str | None = None

    def share_hit(self, tenants: Sequence[str]) -> float:
        """Return the share of those requests that it is aimed at: all, or its tenant's."""
        return _share_hit(self, tenants)


class DelaySpec(_Fault, frozen=True, kw_only=True, tag="delay"):
    """A ``share`` of the requests to the API, 0..1, is answered ``seconds`` later; all one ``tenant``'s if given."""

    share: float
    seconds: float
    tenant: str | None = None

    def share_hit(self, tenants: Sequence[str]) -> float:
        """Return the share of those requests that it is aimed at: all, or its tenant's."""
        return _share_hit(self, tenants)


class BacklogSpec(_Fault, frozen=True, kw_only=True, tag="backlog"):
    """The worker is stopped, and so many ``jobs`` wait in the queue."""

    jobs: int


class DatabaseLoadSpec(_Fault, frozen=True, kw_only=True, tag="database_load"):
    """A heavy query takes all of one core of the database."""


class StopSpec(_Fault, frozen=True, kw_only=True, tag="stop"):
    """The API's process is gone, and not started again before the revert."""


class FailingProbeSpec(_Fault, frozen=True, kw_only=True, tag="failing_probe"):
    """So many ``times`` the probe of the API's health is answered with an error."""

    times: int


class AgentStoppedSpec(_Fault, frozen=True, kw_only=True, tag="agent_stopped"):
    """The agent's process is gone, and not started again before the revert."""


class LoginAttackSpec(_Fault, frozen=True, kw_only=True, tag="login_attack"):
    """So many logins of a ``tenant`` fail, ``each_minute`` of the target's clock, from so many addresses."""

    tenant: str
    each_minute: float
    sources: int = 1


FaultSpec: TypeAlias = (
    AgentStoppedSpec
    | BacklogSpec
    | DatabaseLoadSpec
    | DelaySpec
    | ErrorSpec
    | FailingProbeSpec
    | LoginAttackSpec
    | StopSpec
)


def _share_hit(fault: ErrorSpec | DelaySpec, tenants: Sequence[str]) -> float:
    # The steady traffic is the tenants' in equal parts.
    return fault.share if fault.tenant is None else round(fault.share * len(tenants), 9)


def fault_problem(fault: FaultSpec, tenants: Sequence[str]) -> str:
    """Return what is wrong with a fault on a platform of some tenants, empty when nothing is."""
    if isinstance(fault, ErrorSpec | DelaySpec):
        return _requests_problem(fault, tenants)
    if isinstance(fault, BacklogSpec) and fault.jobs < 1:
        return f"a backlog has at least one job, got {fault.jobs}"
    if isinstance(fault, FailingProbeSpec) and fault.times < 1:
        return f"a failing probe fails at least once, got {fault.times}"
    if isinstance(fault, LoginAttackSpec) and fault.each_minute <= 0:
        return f"an attack tries logins: each_minute is above 0, got {fault.each_minute:g}"
    return ""


def _requests_problem(fault: ErrorSpec | DelaySpec, tenants: Sequence[str]) -> str:
    if not 0 < fault.share <= 1:
        return f"a fault's share is above 0 and at most 1, got {fault.share}"
    if isinstance(fault, DelaySpec) and fault.seconds <= 0:
        return f"a delay's seconds are above 0, got {fault.seconds:g}"
    if fault.tenant is None:
        return ""
    if fault.tenant not in tenants:
        return f"no tenant {fault.tenant!r}{nearest(fault.tenant, tenants)}"
    if fault.share_hit(tenants) > 1:
        return f"one of {len(tenants)} tenants does not have a share of {fault.share:g} of the requests"
    return ""
