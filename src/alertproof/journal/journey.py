"""What a journey through a browser saw. Every instant and span is real time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from alertproof.verdict import Expectation, Verdict

__all__ = [
    "Artifact",
    "InteractionParts",
    "JourneyJournal",
    "PageSeen",
    "PaintParts",
    "ResourcesSeen",
    "Sampled",
    "StepSeen",
]


class StepSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One named step. ``began`` counts from the journey's beginning; ``trouble`` says why the step did not end well."""

    name: str
    began: timedelta
    duration: timedelta
    budget: timedelta | None = None
    trouble: str = ""


class PaintParts(msgspec.Struct, frozen=True, kw_only=True):
    """What LCP is made of after the first byte: until its resource is asked for, is there, is shown."""

    load_delay: timedelta
    load_time: timedelta
    render_delay: timedelta


class InteractionParts(msgspec.Struct, frozen=True, kw_only=True):
    """What INP is made of: until the handlers begin, until they end, until the next paint."""

    input_delay: timedelta
    processing_duration: timedelta
    presentation_delay: timedelta


class ResourcesSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The resources of a page of one type, as Datadog RUM calls it, and of one party: ``first`` is the page's host.

    ``bytes`` came over the wire (0 from a cache, or of another site that does not tell); ``duration`` is their sum.
    """

    type: str
    party: str
    count: int
    bytes: int
    duration: timedelta


class PageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One page load and what a user felt of it (the names are those of Datadog RUM and of web-vitals).

    ``soft``: a route change inside of a document, which has vitals of its own and no first byte; those of the document
    are of all of it.
    ``began`` counts from the journey's beginning to the start of the navigation, all other spans from that start;
    None: the browser reported none. ``inp`` is None when nobody interacted, and ``inp_below`` is then None too;
    an interaction that was too quick to be reported (under 16 ms) sets only ``inp_below``. ``unmeasured`` counts the
    interactions that left the page before it painted again: what they would have done to ``inp`` nobody knows.
    ``unreported``: what the browser's engine never tells, as RUM calls it; its field is then None, or 0.
    """

    path: str
    step: str
    began: timedelta
    soft: bool = False
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
    unreported: tuple[str, ...] = ()
    lcp_parts: PaintParts | None = None
    inp_parts: InteractionParts | None = None
    resources: tuple[ResourcesSeen, ...] = ()


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a repeated journey measured in each of its runs, in their order.

    ``name`` is ``duration`` (of a step) or a vital of a page; all numbers are seconds, those of CLS have no unit.
    ``low`` and ``high`` are the 95 % interval of p75; with too few values for one, it and ``p75`` are None.
    """

    name: str
    step: str
    path: str = ""
    limit: float | None = None
    values: tuple[float, ...] = ()
    p75: float | None = None
    low: float | None = None
    high: float | None = None


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a failed journey left, relative to the folder of reports; secrets are struck out of it."""

    kind: Literal["trace", "screenshot", "video", "console", "har", "server"]
    path: str


class JourneyJournal(msgspec.Struct, frozen=True, kw_only=True):
    """One journey; ``browser`` names the program, its version, and the conditions.

    Of a repeated one, ``steps``, ``pages`` and ``artifacts`` are those of its last run, and the ``began`` of a step
    or page counts from that run's beginning; ``samples`` are of all ``runs``. ``unjudged``: which budgets were not
    judged, and why, a sentence each.
    """

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
    runs: int = 1
    samples: tuple[Sampled, ...] = ()
    unjudged: tuple[str, ...] = ()
