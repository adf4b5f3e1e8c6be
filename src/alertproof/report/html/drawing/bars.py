"""Small bars that stand in tables and tiles: a total against its budget, its phases, a vital among its ratings."""

from __future__ import annotations

from datetime import timedelta

from alertproof.journal import Phases, ProbeRun
from alertproof.report.html.drawing.shapes import Box, Drawing, Rule, Stroke
from alertproof.report.ratings import VitalSeen
from alertproof.report.words import duration

__all__ = ["BAR_WIDTH", "LIMIT", "PHASES", "draw_budget", "draw_gauge", "draw_phases", "draw_share", "spent"]

BAR_WIDTH = 200.0
#: Where the budget stands: at one place in every bar, so that bars can be compared by eye.
LIMIT = 150.0
_GAUGE_WIDTH, _GAUGE_SPAN = 150.0, 1.5  # a gauge ends at one and a half times what is poor
#: A phase's field, its name and its class, in the order in which they happen.
PHASES = (
    ("dns", "DNS", "p-dns"),
    ("connect", "connect", "p-connect"),
    ("tls", "TLS", "p-tls"),
    ("first_byte", "first byte", "p-first"),
    ("transfer", "transfer", "p-transfer"),
)


def draw_budget(total: timedelta, budget: timedelta, *, judged: bool = True) -> Drawing:
    """Return a total as a bar against its budget, as `draw_share` draws it."""
    share = total / budget if budget > timedelta(0) else float(total > timedelta(0)) * 2
    return draw_share(share, judged=judged)


def draw_share(share: float, *, judged: bool = True) -> Drawing:
    """Return a share of a budget as a bar; the budget is marked, and what exceeds it is hatched.

    A bar that would leave the drawing ends in a torn edge. ``judged``: the check did not pass, so that what exceeds
    the budget is red; else it is only to be noticed.
    """
    drawing = Drawing(BAR_WIDTH, 16.0)
    reach = round(min(BAR_WIDTH, max(1.5, share * LIMIT)), 2)
    drawing.boxes.append(Box(0, 4, BAR_WIDTH, 8, "track"))
    drawing.boxes.append(Box(0, 4, min(reach, LIMIT), 8, "spent" if share <= 1 or not judged else "spent-late"))
    if share > 1:
        drawing.boxes.append(
            Box(LIMIT, 4, round(max(1.5, reach - LIMIT), 2), 8, "excess" if judged else "beyond", hatched=judged)
        )
    if share * LIMIT > BAR_WIDTH:
        x = BAR_WIDTH
        drawing.strokes.append(
            Stroke(f"M{x:g} 2 L{x - 6:g} 2 L{x - 3:g} 6 L{x - 6:g} 10 L{x - 3:g} 14 L{x:g} 14 Z", "torn")
        )
    drawing.rules.append(Rule(LIMIT, 0, LIMIT, 16, "limit late" if share > 1 and judged else "limit"))
    return drawing


def spent(phases: Phases) -> tuple[tuple[str, str, timedelta], ...]:
    """Return name, class and span of the phases that happened."""
    found = ((name, css, getattr(phases, field)) for field, name, css in PHASES)
    return tuple((name, css, span) for name, css, span in found if span is not None)


def draw_phases(run: ProbeRun) -> Drawing | None:
    """Return where the time of a request went, as shares of its total; None when no phase is known."""
    parts = [*spent(run.phases)]
    known = sum((span for *_, span in parts), start=timedelta(0))
    if not parts or known <= timedelta(0):
        return None
    if run.total > known:
        parts.append(("other", "p-other", run.total - known))
    whole = max(run.total, known)
    drawing = Drawing(BAR_WIDTH, 16.0)
    x = 0.0
    for name, css, span in parts:
        width = span / whole * BAR_WIDTH
        if width >= 0.5:  # thinner than half a pixel is no mark; the table has the number
            drawing.boxes.append(Box(round(x, 2), 4, round(max(0.5, width - 1), 2), 8, css, f"{name} {duration(span)}"))
        x += width
    return drawing


def draw_gauge(seen: VitalSeen) -> Drawing:
    """Return a vital's value on a scale of its three ratings; a value beyond the scale stands at its end."""
    vital, end = seen.vital, seen.vital.poor * _GAUGE_SPAN
    drawing = Drawing(_GAUGE_WIDTH, 14.0)
    edges = [round(edge / end * _GAUGE_WIDTH, 2) for edge in (0.0, vital.good, vital.poor, end)]
    for css, left, right in zip(("good", "middling", "poor"), edges[:-1], edges[1:], strict=True):
        drawing.boxes.append(Box(left, 5, round(right - left - (2 if right < _GAUGE_WIDTH else 0), 2), 5, f"z-{css}"))
    x = min(_GAUGE_WIDTH - 2, max(2.0, seen.value / end * _GAUGE_WIDTH))
    drawing.rules.append(Rule(round(x, 2), 1, round(x, 2), 14, "needle"))
    return drawing
