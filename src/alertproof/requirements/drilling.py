"""How far drills may go on a platform that runs elsewhere: ``[targets.NAME.drills]`` in ``alertproof.toml``."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from alertproof.requirements.durations import Span, parse_span
from alertproof.requirements.faults import FaultSpec
from alertproof.requirements.ways import Way, way_problem

__all__ = ["DrillLimits", "limits_problem"]

#: Those of the specification, what a drill injects to prove that it would see a leak, and what a course sends.
_KINDS = frozenset(
    {"flag", "header", "scrubbing_off", "signal", *(str(kind.__struct_config__.tag) for kind in get_args(FaultSpec))}
)


def _span(text: str) -> Span:
    return Span(parse_span(text))


class DrillLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What drills may touch, and how much. Without a line a drill breaks nothing: ``faults`` and ``hosts`` are lists.

    Attributes:
        faults: the kinds of faults that may be injected.
        hosts: the hosts whose fault doors may be used.
        longest: the longest that one fault may stand, its lease included.
        share: the largest share of requests, 0..1, that a fault may break or delay; of a tenant's where it is aimed
            at one, for how much of all that is in a platform's real traffic is not known.
        rate: requests a second of the steady traffic.
        requests: the most that a run may send, all of its drills together.
        drill_requests: the most that one drill may send; without the line as many as the run.
        monitors: ``own`` are copies that a drill creates and deletes again, marked ``[DRILL]``, which page ``service``;
            ``pushed`` are those that are there, which page whom they always page.
        others: what must stay still beside the drilled alert: ``all`` that the accounts have, or what ``monitoring``
            has, its monitors and the services that they page.
        service: the PagerDuty service of low urgency that the drill's own monitors page.
        guard: an address that must answer with a status below 500, else a drill ends.
        visible: how long a vendor may take to show what it was sent.
        ways: how requests are made to fail or late where the platform has no fault door: by a header, or by a flag.
        budget: the least share of an SLO's error budget, in percent, that must be left.
    """

    faults: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    longest: Span = msgspec.field(default_factory=lambda: _span("10m"))
    share: float = 0.1
    rate: float = 50.0
    requests: int = 100_000
    drill_requests: int | None = None
    monitors: Literal["own", "pushed"] = "own"
    others: Literal["all", "monitoring"] = "all"
    service: str = "alertproof-drill"
    guard: str = ""
    visible: Span = msgspec.field(default_factory=lambda: _span("60s"))
    budget: float = 10.0
    ways: tuple[Way, ...] = ()

    @property
    def of_one_drill(self) -> int:
        """The most requests that one drill may send."""
        return self.requests if self.drill_requests is None else self.drill_requests


def limits_problem(limits: DrillLimits) -> str:
    """Return what is wrong with the lines, empty when nothing is."""
    unknown = sorted(set(limits.faults) - _KINDS)
    wrong = (
        (unknown, f"faults: no kind {''.join(unknown[:1])!r} (known: {', '.join(sorted(_KINDS))})"),
        (not 0 < limits.share <= 1, f"share is above 0 and at most 1, got {limits.share:g}"),
        (limits.rate <= 0 or limits.requests < 1, "rate and requests are above 0"),
        (
            not 1 <= limits.of_one_drill <= limits.requests,
            f"drill_requests is above 0 and at most requests, {limits.requests}, got {limits.of_one_drill}",
        ),
        (not 0 <= limits.budget <= 100, f"budget is a percentage, 0 to 100, got {limits.budget:g}"),
        (
            limits.guard and not limits.guard.startswith(("http://", "https://")),
            f"guard = {limits.guard!r} does not begin with https:// or http://",
        ),
        (
            any("/" in host or ":" in host for host in limits.hosts),
            "hosts are names or addresses alone, such as api.staging.crm.example",
        ),
    )
    ways = (f"ways: {problem}" for problem in map(way_problem, limits.ways) if problem)
    return next((text for found, text in wrong if found), next(ways, ""))
