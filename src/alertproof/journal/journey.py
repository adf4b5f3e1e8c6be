"""What a journey through a browser saw. Every instant and span is real time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from alertproof.verdict import Expectation, Verdict

__all__ = ["Artifact", "JourneyJournal", "PageSeen", "StepSeen"]


class StepSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One named step. ``began`` counts from the journey's beginning; ``trouble`` says why the step did not end well."""

    name: str
    began: timedelta
    duration: timedelta
    budget: timedelta | None = None
    trouble: str = ""


class PageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One page load and what a user felt of it (the names are those of Datadog RUM and of web-vitals).

    ``began`` counts from the journey's beginning to the start of the navigation, all other spans from that start;
    None: the browser reported none. ``inp`` is None when nobody interacted, and ``inp_below`` is then None too;
    an interaction that was too quick to be reported (under 16 ms) sets only ``inp_below``. ``unmeasured`` counts the
    interactions that left the page before it painted again: what they would have done to ``inp`` nobody knows.
    """

    path: str
    step: str
    began: timedelta
    ttfb: timedelta | None = None
    fcp: timedelta | None = None
    lcp: timedelta | None = None
    lcp_element: str = ""
    cls: float | None = None
    inp: timedelta | None = None
    inp_below: timedelta | None = None
    load_event: timedelta | None = None
    long_tasks: int = 0
    blocking: timedelta = timedelta(0)  # the sum of what long tasks took beyond 50 ms each
    unmeasured: int = 0


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a failed journey left, relative to the folder of reports; secrets are struck out of it."""

    kind: Literal["trace", "screenshot", "video", "console"]
    path: str


class JourneyJournal(msgspec.Struct, frozen=True, kw_only=True):
    """One journey; ``browser`` names the program and its version."""

    check: str
    target: str
    tenant: str = ""
    browser: str
    verdict: Verdict
    reason: str = ""
    began: datetime
    wall: timedelta
    steps: tuple[StepSeen, ...] = ()
    pages: tuple[PageSeen, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    expectations: tuple[Expectation, ...] = ()
