"""Alerts that are Sentry's own: what a course needs to know of them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from alertproof.requirements import AlertSpec, Indicator, Span, Specification, parse_span

__all__ = ["is_of_sentry", "with_sentry"]


def is_of_sentry(alert: AlertSpec) -> bool:
    """Return whether an alert is a rule of Sentry's, which no monitor at Datadog knows of."""
    return alert.monitor.parts[:1] == ("sentry",)


def with_sentry(spec: Specification) -> Specification:
    """Return a specification whose alerts are Sentry's rules, too, so that a course can be about one."""
    rules = {
        name: AlertSpec(
            **{field: getattr(alert, field) for field in alert.__struct_fields__},
            indicator=_events(spec.folder / alert.monitor),
        )
        for name, alert in spec.supporting.items()
        if alert.monitor.parts[:1] == ("sentry",)
    }
    return msgspec.structs.replace(spec, alerts={**spec.alerts, **rules})


def _events(rule: Path) -> Indicator:
    """Return what a rule counts, as far as it counts anything; no query of Datadog's reads it."""
    conditions = json.loads(rule.read_text(encoding="utf-8")).get("conditions") or [{}]
    threshold, window = conditions[0].get("value", 0), conditions[0].get("interval", "1h")
    return Indicator(
        name="events of an issue", unit="events", threshold=threshold, window=Span(parse_span(window)), numerator=""
    )
