"""The drawings of the status page: a bar for each part of the period, and the latency over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertproof.ranks import nearest
from alertproof.report.html.drawing.shapes import Box, Drawing, Label, Rule, Stroke
from alertproof.report.html.scale import TimeScale, ValueScale, value_ticks
from alertproof.report.words import counted, duration, percent
from alertproof.schedule.availability import availability
from alertproof.schedule.record import ScheduledRun
from alertproof.verdict import Verdict

__all__ = ["Slot", "draw_latency", "draw_uptime", "slots"]

WIDTH = 1040.0
_BAR_HEIGHT = 34.0
_LEFT, _TOP, _PANEL = 62.0, 14.0, 96.0


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the period and the runs that began in it."""

    begins: datetime
    ends: datetime
    runs: tuple[ScheduledRun, ...]

    @property
    def when(self) -> str:
        """``2026-11-27 08:00 to 16:00 UTC``."""
        same = self.begins.date() == self.ends.date()
        return f"{self.begins:%Y-%m-%d %H:%M} to {self.ends:{'%H:%M' if same else '%Y-%m-%d %H:%M'}} UTC"


def slots(runs: Sequence[ScheduledRun], since: datetime, until: datetime, *, many: int = 90) -> tuple[Slot, ...]:
    """Return the period in equal parts, so many."""
    length = (until - since) / many
    gathered: list[list[ScheduledRun]] = [[] for _ in range(many)]
    for run in runs:
        if since <= run.began <= until:
            gathered[min(many - 1, (run.began - since) // length)].append(run)
    return tuple(
        Slot(since + place * length, since + (place + 1) * length, tuple(some)) for place, some in enumerate(gathered)
    )


def draw_uptime(parts: Sequence[Slot], *, width: float = WIDTH) -> Drawing:
    """Return a bar for each part: whole and green where all passed, red from below by the share that failed.

    What could not tell is amber, what passed degraded pale amber, what is in quarantine half as high; a part without a
    run is a line on the floor.
    """
    drawing = Drawing(width, _BAR_HEIGHT)
    step = width / len(parts)
    for place, part in enumerate(parts):
        x, wide = round(place * step, 2), round(step - 2, 2)
        seen = availability(part.runs)
        told = seen.n + seen.unknown
        if not told and seen.quarantined:
            drawing.boxes.append(
                Box(x, _BAR_HEIGHT / 2, wide, _BAR_HEIGHT / 2, "u-set-aside", f"{part.when}: {_said(part.runs)}")
            )
            continue
        if not told:
            drawing.boxes.append(Box(x, _BAR_HEIGHT - 3, wide, 3, "u-none", f"{part.when}: no run"))
            continue
        title = f"{part.when}: {_said(part.runs)}"
        bad, unknown, degraded = seen.bad / told, seen.unknown / told, seen.degraded / told
        # A single failure among thousands is to be seen, too.
        low = _BAR_HEIGHT * (max(bad, 0.16) if bad else 0.0)
        middle = min(_BAR_HEIGHT - low, _BAR_HEIGHT * (max(unknown, 0.16) if unknown else 0.0))
        slow = min(_BAR_HEIGHT - low - middle, _BAR_HEIGHT * (max(degraded, 0.16) if degraded else 0.0))
        good, y = _BAR_HEIGHT - low - middle - slow, 0.0
        for height, css in ((good, "u-good"), (slow, "u-degraded"), (middle, "u-unknown"), (low, "u-bad")):
            if height > 0:
                drawing.boxes.append(Box(x, round(y, 2), wide, round(height, 2), css, title))
            y += height
    return drawing


def _said(runs: Sequence[ScheduledRun]) -> str:
    seen = availability(runs)
    parts = [counted(len(runs), "run")]
    if seen.share is not None:
        parts.append(f"{percent(seen.share)} passed")
    parts += [
        f"{many} {word}"
        for many, word in (
            (seen.bad, "failed"),
            (seen.unknown, "could not tell"),
            (seen.degraded, "degraded"),
            (seen.flaky, "flaky"),
            (seen.quarantined, "in quarantine"),
        )
        if many
    ]
    return ", ".join(parts)


def draw_latency(parts: Sequence[Slot], since: datetime, until: datetime) -> Drawing | None:
    """Return p50 and p95 of what passed in each part over the period; None where nothing was measured."""
    points = [(part, _took(part.runs)) for part in parts]
    known = [(part, took) for part, took in points if took]
    if not known:
        return None
    drawing = Drawing(WIDTH, _TOP + _PANEL + 24)
    time = TimeScale(since, until, _LEFT, WIDTH - 2)
    highs = [nearest(took, 0.95) for _, took in known]
    value = ValueScale.around(highs, top=_TOP, bottom=_TOP + _PANEL)
    for tick in value_ticks(value.low, value.high, most=3):
        y = value.y(tick)
        drawing.grid.append(Rule(_LEFT, y, WIDTH - 2, y, "grid zero" if tick == 0 else "grid"))
        drawing.labels.append(Label(_LEFT - 8, y + 4, duration(timedelta(seconds=tick)), "tick", "end"))
    for at, anchor in ((since, "start"), (since + (until - since) / 2, "middle"), (until, "end")):
        drawing.labels.append(Label(time.x(at), _TOP + _PANEL + 18, f"{at:%d %b %H:%M}", "tick", anchor))
    for share, css in ((0.95, "l-p95"), (0.5, "l-p50")):
        drawing.strokes += [Stroke(path, css) for path in _paths(points, share, time, value)]
    return drawing


def _paths(points: Sequence[tuple[Slot, list[float]]], share: float, time: TimeScale, value: ValueScale) -> list[str]:
    """Return a line for each stretch without a hole: what was not measured is not drawn."""
    paths: list[str] = []
    line: list[str] = []
    for part, took in [*points, (points[-1][0], [])]:
        if took:
            line.append(f"{time.x(part.begins + (part.ends - part.begins) / 2):g} {value.y(nearest(took, share)):g}")
        elif line:
            # A single point would be a line of no length: it gets a short one.
            paths.append("M" + " L".join(line) if len(line) > 1 else f"M{line[0]} h3")
            line = []
    return paths


def _took(runs: Sequence[ScheduledRun]) -> list[float]:
    return sorted(run.took.total_seconds() for run in runs if run.took is not None and run.verdict is Verdict.PASSED)
