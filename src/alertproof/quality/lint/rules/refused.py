"""A monitor that the server refuses for a reason that has no rule of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alertproof.datadog import DefinitionError
from alertproof.datadog.loading import Path
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

#: What other rules say better, and where.
_SAID_ELSEWHERE = ("Alert threshold (", "alert and alert recovery", "warning and warning recovery")
#: What is said of thresholds without naming one.
_ABOUT_THRESHOLDS = ("Alert status is required.", "Non-numeric threshold value.")
#: ``options.thresholds.warning``; below are the queries of a formula.
_DEEPEST = 3


def _check(subject: Subject) -> Iterator[Complaint]:
    loaded = subject.loaded
    if subject.query_error is not None or subject.fills_in or not isinstance(loaded, DefinitionError):
        return
    for error in loaded.errors:
        if not error.startswith(_SAID_ELSEWHERE):
            yield Complaint(path=_place(subject, error), text=f"Datadog refuses this monitor: {error}")


def _place(subject: Subject, error: str) -> Path:
    """Return the value that a message is about: the option that it names first, or else the field."""
    words = re.findall(r"\w+", error)
    named = [path for path in subject.declared.extents if path[-1:] and path[-1] in words and len(path) <= _DEEPEST]
    if named:
        return min(named, key=lambda path: (path[0] != "options", words.index(str(path[-1])), len(path)))
    return ("options", "thresholds") if error in _ABOUT_THRESHOLDS else ("query",)


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
