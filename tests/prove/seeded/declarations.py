"""Defects of what monitors and services are declared to be: who is told, how bad it is, who comes next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertproof.requirements import SupportingSpec, load_specification

__all__ = ["DeclaredDefect", "declared_defects", "put", "write"]

_SERVICES = "monitoring/pagerduty/services.json"
_TOLD = "test_an_alert_is_told_to_a_service_that_exists_with_its_urgency_and_its_escalation[{}]"


@dataclass(frozen=True, kw_only=True)
class DeclaredDefect:
    """One value at ``place`` of a file, and the test that must fail."""

    operator: str
    subject: str
    change: str
    file: str
    place: tuple[str | int, ...]
    new: Any
    says: tuple[str, ...]  # any of them

    @property
    def name(self) -> str:
        """Return what it is called: the same in every run."""
        return f"{self.subject}: {self.operator}: {self.change}"


def declared_defects(root: Path) -> Iterator[DeclaredDefect]:
    """Yield each defect of each monitor, service and escalation policy below ``root``."""
    for path in sorted((root / "monitoring" / "datadog" / "monitors").glob("*.json")):
        yield from _of_monitor(str(path.relative_to(root)), path.stem, json.loads(path.read_text(encoding="utf-8")))
    spec = load_specification(root / "monitoring")
    alerts: dict[str, SupportingSpec] = {**spec.alerts, **spec.supporting}
    people = json.loads((root / _SERVICES).read_text(encoding="utf-8"))
    policies = [each["name"] for each in people["escalation_policies"]]
    for number, service in enumerate(people["services"]):
        told = tuple(_TOLD.format(name) for name, alert in alerts.items() if alert.told.pagerduty == service["name"])
        urgency = {"high": "low", "low": "high"}[service["urgency"]]
        policy = next(each for each in policies if each != service["escalation_policy"])
        for operator, key, new in (
            ("urgency", "urgency", urgency),
            ("escalation policy", "escalation_policy", policy),
            ("route renamed", "name", f"{service['name']}-x"),
        ):
            yield DeclaredDefect(
                operator=operator,
                subject=service["name"],
                change=f"{key} becomes {new}",
                file=_SERVICES,
                place=("services", number, key),
                new=new,
                says=told,
            )
    for number, policy in enumerate(people["escalation_policies"]):
        yield DeclaredDefect(
            operator="escalation level dropped",
            subject=policy["name"],
            change="one level",
            file=_SERVICES,
            place=("escalation_policies", number, "escalation_rules"),
            new=policy["escalation_rules"][:1],
            says=tuple(_TOLD.format(name) for name, alert in alerts.items() if alert.escalation == policy["name"]),
        )


def _of_monitor(file: str, stem: str, monitor: dict[str, Any]) -> Iterator[DeclaredDefect]:
    for number, tag in enumerate(monitor["tags"]):
        if tag.startswith("severity:"):
            other = "severity:page" if tag == "severity:warn" else "severity:warn"
            yield DeclaredDefect(
                operator="severity",
                subject=stem,
                change=f"{tag} becomes {other}",
                file=file,
                place=("tags", number),
                new=other,
                says=(f"test_a_monitor_says_whose_it_is_and_how_bad[{stem}]",),
            )
    priority = 3 if monitor["priority"] == 1 else 1
    yield DeclaredDefect(
        operator="priority",
        subject=stem,
        change=f"becomes {priority}",
        file=file,
        place=("priority",),
        new=priority,
        says=(f"test_what_wakes_somebody_has_the_first_priority_and_nothing_else[{stem}]",),
    )


def write(defect: DeclaredDefect, folder: Path) -> None:
    """Write the defect into the copy of the monitoring in ``folder``."""
    put(folder / defect.file, defect.place, defect.new)


def put(path: Path, place: Sequence[str | int], new: Any) -> None:
    """Put a value at a place of a file of JSON."""
    content = json.loads(path.read_text(encoding="utf-8"))
    at = content
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = new
    path.write_text(json.dumps(content), encoding="utf-8")
