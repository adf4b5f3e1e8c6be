"""A monitor that the server refuses for a reason that has no rule of its own."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog import DefinitionError
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

#: What other rules say better, and where.
_SAID_ELSEWHERE = ("Alert threshold (", "alert and alert recovery", "warning and warning recovery")
_PLACES = {
    "Alert status is required.": ("options", "thresholds"),
    "Non-numeric threshold value.": ("options", "thresholds"),
    "Invalid threshold": ("options", "thresholds"),
    "Invalid on_missing_data": ("options", "on_missing_data"),
    "on_missing_data": ("options", "on_missing_data"),
    "The new_group_delay": ("options", "new_group_delay"),
    "evaluation_delay": ("options", "evaluation_delay"),
    "timeout_h": ("options", "timeout_h"),
    "Invalid renotify_statuses": ("options", "renotify_statuses"),
    "The value provided for parameter 'type'": ("type",),
}


def _check(subject: Subject) -> Iterator[Complaint]:
    loaded = subject.loaded
    if subject.query_error is not None or subject.fills_in or not isinstance(loaded, DefinitionError):
        return
    for error in loaded.errors:
        if not error.startswith(_SAID_ELSEWHERE):
            path = next((path for begins, path in _PLACES.items() if error.startswith(begins)), ("query",))
            yield Complaint(path=path, text=f"Datadog refuses this monitor: {error}")


RULE = Rule(
    id="refused",
    level=Level.ERROR,
    title="Datadog refuses the monitor when it is saved.",
    why="""
The text behind the colon is the server's own where it is known. Finding it here costs a second; finding it in an
apply costs a deployment that stops half way.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", new_group_delay=60),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod} by {host} > 4", new_group_delay=60),
    check=_check,
)
