"""What the largest paint and the slowest interaction were made of. Pure.

The parts are those of web-vitals' attribution build and of Datadog's RUM; each set sums up to its vital.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["interaction_parts", "paint_parts"]

#: The browser rounds durations to 8 ms: events that end within that were painted by the same frame.
_SAME_FRAME = 8.0


def paint_parts(
    paint: float, first_byte: float, request_start: float | None, response_end: float | None
) -> tuple[float, float, float]:
    """Return how long the largest paint waited for its resource's request, for the resource, and for its rendering.

    All are milliseconds since the navigation's start; with the first byte they sum up to the paint. A text has no
    resource: all of it is rendering.
    """
    began = min(paint, max(first_byte, request_start or 0.0))
    ended = min(paint, max(began, response_end or 0.0))
    return began - first_byte, ended - began, paint - ended


def interaction_parts(events: Sequence[tuple[float, float, float, float]]) -> tuple[float, float, float]:
    """Return how long an interaction waited for its handlers, for their end, and for the paint; sums up to it.

    ``events`` are those of one interaction: (start, duration, start of processing, end of processing), milliseconds.
    """
    start, duration, *_ = max(events, key=lambda event: event[1])
    painted = start + duration
    frame = [event for event in events if abs(event[0] + event[1] - painted) <= _SAME_FRAME]
    began = min(painted, max(start, min(event[2] for event in frame)))
    ended = min(painted, max(began, *(event[3] for event in frame)))
    return began - start, ended - began, painted - ended
