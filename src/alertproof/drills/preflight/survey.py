"""What a preflight looks at: a target, the alerts that are to be drilled, and the clients that could be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from alertproof.clock import Clock, SystemClock
from alertproof.drills.connections import VENDORS, datadog_of, pagerduty_of, sentry_of
from alertproof.drills.problem import Problem
from alertproof.errors import AlertproofError, VendorError, VendorRejected
from alertproof.requirements import AlertSpec, DrillLimits, Specification, Target
from alertproof.vendors import Datadog, PagerDuty, Sentry

__all__ = ["Survey", "surveyed"]

_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Survey:
    """``None`` stands for an account whose settings are missing, or whose keys were refused.

    ``limits`` are the target's; without any a drill brings its own monitors and whom they page along.
    """

    name: str
    target: Target
    spec: Specification
    alerts: tuple[str, ...]
    datadog: Datadog | None
    sentry: Sentry | None
    pagerduty: PagerDuty | None
    system: Clock = field(default_factory=SystemClock)

    @property
    def limits(self) -> DrillLimits | None:
        return self.target.drills

    @property
    def pushed(self) -> bool:
        """Whether the monitors that are drilled are those that are there."""
        return self.limits is not None and self.limits.monitors == "pushed"

    @property
    def environment(self) -> str:
        return self.target.env.get("DD_ENV", "")

    def chosen(self) -> dict[str, AlertSpec]:
        """Return the alerts that are to be drilled, by their names."""
        return {name: self.spec.alert(name) for name in self.alerts}

    def services(self) -> list[str]:
        """Return the PagerDuty services that the drills will page, each once."""
        if self.limits is None:
            return []
        if not self.pushed:
            return [self.limits.service]
        return sorted({alert.told.pagerduty for alert in self.chosen().values()})

    def monitor_ids(self) -> dict[str, int]:
        """Return the pushed monitors of the alerts, by the alert's name; those that are missing are left out.

        Raises `VendorError`.
        """
        assert self.datadog is not None  # noqa: S101 - the caller has looked
        found = {}
        for name, alert in self.chosen().items():
            marks = ("managed_by:alertproof", f"alertproof_env:{self.environment}")
            ids = self.datadog.monitors_tagged(*marks, f"alertproof_key:{alert.monitor.stem}")
            if len(ids) == 1:
                found[name] = ids[0]
        return found

    @staticmethod
    def asked(where: str, ask: Callable[[], _T], *, scope: str, found: list[Problem]) -> _T | None:
        """Ask a vendor; what it refuses or does not answer is a problem more, and None is returned."""
        try:
            return ask()
        except VendorRejected as error:
            found.append(Problem(where=where, what=str(error), do=f"the key needs {scope}"))
        except VendorError as error:
            found.append(Problem(where=where, what=str(error), do="try again, and look at its status page"))
        except AlertproofError as error:
            found.append(Problem(where=where, what=str(error), do="mend that first"))
        return None


@contextmanager
def surveyed(target: Target, *, name: str, spec: Specification, alerts: Sequence[str] = ()) -> Iterator[Survey]:
    """Yield what a preflight of these alerts, or of all, looks at; raises `ConfigError` for one that is not there."""
    chosen = tuple(alerts) or tuple(spec.alerts)
    for each in chosen:
        spec.alert(each)

    def said(part: str) -> bool:
        return bool(getattr(target.endpoints, part)) and all(target.env.get(key) for key in VENDORS[part])

    with ExitStack() as stack:
        datadog = datadog_of(target) if said("datadog") else None
        sentry = sentry_of(target) if said("sentry_api") else None
        pagerduty = pagerduty_of(target) if said("pagerduty") else None
        for client in (datadog, sentry, pagerduty):
            if client is not None:
                stack.callback(client.close)
        yield Survey(
            name=name, target=target, spec=spec, alerts=chosen, datadog=datadog, sentry=sentry, pagerduty=pagerduty
        )
