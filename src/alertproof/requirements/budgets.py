"""The budgets of what users feel: ``synthetics`` in ``spec.yaml``. Literals, like every interval that is asserted."""

from __future__ import annotations

import msgspec

from alertproof.requirements.durations import Span, parse_span

__all__ = ["JourneyBudget", "ProbeBudget", "SyntheticsSpec", "VitalsBudget"]


def _span(text: str) -> Span:
    return Span(parse_span(text))


class ProbeBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The longest that a probe's request may take, from the look-up of the name to the last byte."""

    total: Span = msgspec.field(default_factory=lambda: _span("800ms"))


class VitalsBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of a page's vitals; the defaults are the *good* ones of web-vitals. ``cls`` has no unit."""

    ttfb: Span = msgspec.field(default_factory=lambda: _span("800ms"))
    fcp: Span = msgspec.field(default_factory=lambda: _span("1800ms"))
    lcp: Span = msgspec.field(default_factory=lambda: _span("2500ms"))
    inp: Span = msgspec.field(default_factory=lambda: _span("200ms"))
    cls: float = 0.1


class JourneyBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The longest that one step of a journey may take, and the limits of each page it opens."""

    step: Span = msgspec.field(default_factory=lambda: _span("3s"))
    vitals: VitalsBudget = VitalsBudget()


class SyntheticsSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The budgets of probes and journeys."""

    probe: ProbeBudget = ProbeBudget()
    journey: JourneyBudget = JourneyBudget()
