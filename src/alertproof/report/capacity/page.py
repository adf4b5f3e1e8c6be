"""Writes the page of a capacity search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alertproof.loadgen import CapacityRun
from alertproof.loadgen.behaviour import said
from alertproof.report.capacity.drawing import Part, draw_course, draw_knee, parts
from alertproof.report.html.drawing import Drawing
from alertproof.report.html.page import templates
from alertproof.report.html.tiles import Tile
from alertproof.report.words import counted, duration, number, percent
from alertproof.report.writers import replace_file

__all__ = ["render_capacity_page", "write_capacity_page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    run: CapacityRun
    sentence: str
    tiles: tuple[Tile, ...]
    words: tuple[str, ...]
    knee: Drawing | None
    course: Drawing | None
    parts: Sequence[Part]


def write_capacity_page(run: CapacityRun, output: Path) -> None:
    """Write the page whole or not at all; raises `ConfigError` when the file cannot be written."""
    replace_file(output, render_capacity_page(run).encode())


def render_capacity_page(run: CapacityRun) -> str:
    """Return the page. It asks no other server for anything, and holds no script."""
    limit_ms = run.limit.total_seconds() * 1000
    view = _View(
        run=run,
        sentence=f"{run.outcome or 'Broken'}: {run.reason}",
        tiles=_tiles(run),
        words=said(run.behaviour, limit_ms=limit_ms) if run.behaviour else (),
        knee=draw_knee(run) if run.ticks else None,
        course=draw_course(run) if run.ticks else None,
        parts=parts(run),
    )
    return templates().get_template("capacity.html.j2").render(view=view)


def _tiles(run: CapacityRun) -> tuple[Tile, ...]:
    if run.rate is not None:
        capacity = f"{number(run.rate)}/s"
    elif run.low:
        capacity = f"at least {number(run.low)}/s"
    else:
        capacity = "not found" if run.high is None else f"below {number(run.high)}/s"
    interval = (
        f"95 % interval {number(run.low)} to {number(run.high)}/s"
        if run.rate is not None and run.low is not None and run.high is not None
        else "no interval"
    )
    spare = "" if run.rate is None else f"{number(run.rate / run.required)} times what is required"
    of = f"{number(run.required)}/s, {number(run.headroom)} times over"
    requests = sum(one.n for one in run.ticks)
    each = f"an arrival is {requests / run.sent:.2f} requests" if run.sent else "nothing was sent"
    return (
        Tile(name="Capacity", value=capacity, lines=(interval, each)),
        Tile(name="Needed", value=f"{number(run.required * run.headroom)}/s", lines=tuple(filter(None, (of, spare)))),
        Tile(
            name="Allowed to be slow",
            value=percent(run.share),
            lines=(f"slower than {duration(run.limit)}, or failed", f"{percent(run.base)} without any load"),
        ),
        Tile(
            name="Sent",
            value=counted(run.sent, "arrival"),
            lines=(
                f"in {duration(run.tick * len(run.ticks))}",
                f"the generator was {duration(run.lag_p99)} late (p99)",
            ),
        ),
    )
