"""The specification of a platform's alerting (``monitoring/spec.yaml``): the oracle of every drill."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec

from alertproof.errors import ConfigError, nearest
from alertproof.requirements.budgets import SyntheticsSpec
from alertproof.requirements.durations import Span
from alertproof.requirements.faults import FaultSpec, fault_problem
from alertproof.requirements.reading import read_struct
from alertproof.requirements.telemetry import CostSpec, TelemetrySpec

__all__ = [
    "AlertSpec",
    "DrillSpec",
    "FiresSpec",
    "HistorySeries",
    "HistorySpec",
    "Indicator",
    "Interval",
    "QuietSpec",
    "SentrySpec",
    "Specification",
    "SupportingSpec",
    "Told",
    "load_specification",
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Indicator(_Strict, frozen=True, kw_only=True):
    """What is measured: a Datadog query, or a ratio of two; the threshold is in the indicator's own unit."""

    name: str
    unit: str
    threshold: float
    window: Span
    numerator: str
    denominator: str | None = None

    @property
    def of_events(self) -> bool:
        """Whether it counts what should not be: none of it, and so no data, is as well as can be."""
        return self.denominator is None and ".as_count()" in self.numerator


class Told(_Strict, frozen=True, kw_only=True):
    """Who is told: a PagerDuty service, with the incident's urgency and severity and a text it must hold."""

    pagerduty: str
    urgency: Literal["high", "low"]
    severity: Literal["critical", "error", "warning", "info"]
    text: str


class Interval(_Strict, frozen=True, kw_only=True):
    """From and to, ends included."""

    start: Span = msgspec.field(name="from")
    end: Span = msgspec.field(name="to")


class FiresSpec(_Strict, frozen=True, kw_only=True):
    """The reference fault, when the alert comes after it began, and how soon after the revert it recovers.

    ``state`` is the one that the monitor goes to. ``must`` names the other alerts that the fault has to raise as well,
    ``may`` those that it may; no other comes.
    """

    fault: FaultSpec
    after: Interval
    recovers_within: Span
    state: Literal["Alert", "No Data"] = "Alert"
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


class QuietSpec(_Strict, frozen=True, kw_only=True):
    """The fault that must page nobody by this alert, and how long it stands; ``may`` names alerts that it may raise."""

    fault: FaultSpec
    duration: Span = msgspec.field(name="for")
    may: tuple[str, ...] = ()


class DrillSpec(_Strict, frozen=True, kw_only=True):
    """What an alert measures, and the faults that prove it."""

    indicator: Indicator
    fires: FiresSpec
    quiet: QuietSpec | None = None


class SupportingSpec(_Strict, frozen=True, kw_only=True):
    """An alert beside the specified ones: what it means, whose it is, who is told, and what is to be done.

    ``monitor`` is a file of Datadog's monitors, or of Sentry's alert rules. ``escalation`` is the escalation policy of
    the service that is told, ``runbook`` a path or an address as the monitor's message says it. An alert with a
    ``drill`` is proven by one, as the specified ones are.
    """

    specified: str
    reading: str
    owner: str
    severity: Literal["page", "critical", "warn"]
    monitor: Path
    told: Told
    escalation: str
    runbook: str
    slo: Path | None = None
    drill: DrillSpec | None = None


class AlertSpec(SupportingSpec, frozen=True, kw_only=True):
    """One alert that the platform must raise, with what it measures and the faults that prove it."""

    indicator: Indicator
    fires: FiresSpec | None = None
    quiet: QuietSpec | None = None


class SentrySpec(_Strict, frozen=True, kw_only=True):
    """What each Sentry event of the platform carries."""

    tags: tuple[str, ...]


class HistorySeries(_Strict, frozen=True, kw_only=True):
    """A healthy series: ``value`` per point, a point per interval, once for each tenant given."""

    metric: str
    type: Literal["count", "rate", "gauge", "distribution"]
    value: float
    tags: tuple[str, ...] = ()
    per_tenant: tuple[str, ...] = ()
    samples: int = 1


class HistorySpec(_Strict, frozen=True, kw_only=True):
    """What a healthy past looks like; an embedded stack starts with it."""

    interval: Span
    length: Span
    series: tuple[HistorySeries, ...]


class Specification(_Strict, frozen=True, kw_only=True):
    """The whole of ``spec.yaml``; monitors are paths relative to its folder."""

    platform: str
    environment: str
    tenants: tuple[str, ...]
    sentry: SentrySpec
    alerts: dict[str, AlertSpec]
    supporting: dict[str, SupportingSpec] = {}
    history: HistorySpec
    synthetics: SyntheticsSpec = SyntheticsSpec()
    telemetry: TelemetrySpec = TelemetrySpec()
    cost: CostSpec = CostSpec()
    folder: Path = Path()

    def monitor_name(self, alert: str) -> str:
        """Return the name that an alert's monitor shows to people, as its file says it."""
        payload = json.loads((self.folder / self.any_alert(alert).monitor).read_text(encoding="utf-8"))
        return str(payload.get("definition", payload)["name"])

    @property
    def services(self) -> set[str]:
        """The PagerDuty services that its alerts page."""
        return {alert.told.pagerduty for alert in (*self.alerts.values(), *self.supporting.values())}

    def alert(self, name: str) -> AlertSpec:
        """Return the alert called ``name``, which can be drilled; raises `ConfigError` with the nearest name."""
        try:
            return self.drilled[name]
        except KeyError:
            raise ConfigError(f"{self.folder / 'spec.yaml'}: no alert {name!r}{nearest(name, self.drilled)}") from None

    @property
    def drilled(self) -> dict[str, AlertSpec]:
        """The specified alerts, and the supporting ones that have a drill."""
        return self.alerts | {
            name: _drilled(alert, alert.drill) for name, alert in self.supporting.items() if alert.drill is not None
        }

    def any_alert(self, name: str) -> SupportingSpec:
        """Return an alert, specified or supporting; raises `ConfigError` with the nearest name."""
        known: dict[str, SupportingSpec] = {**self.supporting, **self.alerts}
        try:
            return known[name]
        except KeyError:
            raise ConfigError(f"{self.folder / 'spec.yaml'}: no alert {name!r}{nearest(name, known)}") from None


def _drilled(alert: SupportingSpec, drill: DrillSpec) -> AlertSpec:
    told = {name: getattr(alert, name) for name in alert.__struct_fields__ if name != "drill"}
    return AlertSpec(**told, indicator=drill.indicator, fires=drill.fires, quiet=drill.quiet)


def _check(path: Path, where: str, alert: SupportingSpec) -> None:
    for file in filter(None, (alert.monitor, alert.slo)):
        if not (path.parent / file).is_file():
            raise ConfigError(f"{path}: {where}: {file} does not exist beside it")
    urgency = "low" if alert.severity == "warn" else "high"
    if alert.told.urgency != urgency:
        raise ConfigError(f"{path}: {where}: severity {alert.severity} is told with {urgency} urgency")


def _check_faults(path: Path, where: str, alert: AlertSpec, tenants: tuple[str, ...]) -> None:
    if alert.fires and alert.fires.after.start.delta > alert.fires.after.end.delta:
        raise ConfigError(f"{path}: {where}.fires.after: 'from' is later than 'to'")
    faults = [alert.fires.fault] if alert.fires else []
    faults += [alert.quiet.fault] if alert.quiet else []
    for fault in faults:
        problem = fault_problem(fault, tenants)
        if problem:
            raise ConfigError(f"{path}: {where}: {problem}")


def load_specification(folder: Path) -> Specification:
    """Read ``folder/spec.yaml`` and check that the files it names are there; raises `ConfigError`."""
    path = folder / "spec.yaml"
    spec = msgspec.structs.replace(read_struct(path, Specification), folder=folder)
    if not spec.tenants:
        raise ConfigError(f"{path}: no tenants; steady traffic needs at least one")
    if not spec.alerts:
        raise ConfigError(f"{path}: no alerts; a specification without one proves nothing")
    for name, alert in spec.alerts.items():
        _check(path, f"alerts.{name}", alert)
        _check_faults(path, f"alerts.{name}", alert, spec.tenants)
    for name, supporting in spec.supporting.items():
        if name in spec.alerts:
            raise ConfigError(f"{path}: supporting.{name}: an alert of this name is specified; take another")
        _check(path, f"supporting.{name}", supporting)
        if supporting.drill is not None:
            drilled = _drilled(supporting, supporting.drill)
            _check_faults(path, f"supporting.{name}.drill", drilled, spec.tenants)
    for alert in spec.drilled.values():
        others = (*alert.fires.must, *alert.fires.may) if alert.fires else ()
        for other in (*others, *(alert.quiet.may if alert.quiet else ())):
            spec.any_alert(other)
    if spec.history.interval.delta < timedelta(seconds=1):
        raise ConfigError(f"{path}: history.interval is at least 1s")
    return spec
