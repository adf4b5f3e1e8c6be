"""The course of an incident: what comes after the page, step by step, on signals and without a platform.

One engine runs what pytest says and what a ``*.drill.yaml`` says: both are a sequence of the same steps.
"""

from __future__ import annotations

from alertproof.drills.course.budget import Budget
from alertproof.drills.course.flapping import Flaps
from alertproof.drills.course.issues import Errors, ResolveIssue, StaysOpen
from alertproof.drills.course.joining import Joins
from alertproof.drills.course.message import Readable
from alertproof.drills.course.muting import Downtime, Maintenance, Refused
from alertproof.drills.course.reading import WrittenDrill, load_drills
from alertproof.drills.course.records import Events, Logs
from alertproof.drills.course.run import Course
from alertproof.drills.course.sentry_alerts import with_sentry
from alertproof.drills.course.signalled import Signalled
from alertproof.drills.course.steps import (
    Acknowledge,
    Alerts,
    Escalates,
    Fault,
    Pages,
    Recovers,
    Resolve,
    Resolves,
    Revert,
    Silence,
    Step,
    Unacknowledges,
    span,
)

__all__ = [
    "Acknowledge",
    "Alerts",
    "Budget",
    "Course",
    "Downtime",
    "Errors",
    "Escalates",
    "Events",
    "Fault",
    "Flaps",
    "Joins",
    "Logs",
    "Maintenance",
    "Pages",
    "Readable",
    "Recovers",
    "Refused",
    "Resolve",
    "ResolveIssue",
    "Resolves",
    "Revert",
    "Signalled",
    "Silence",
    "StaysOpen",
    "Step",
    "Unacknowledges",
    "WrittenDrill",
    "load_drills",
    "span",
    "with_sentry",
]
