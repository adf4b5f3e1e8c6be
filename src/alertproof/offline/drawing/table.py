"""Lists the minutes that matter: the value against each threshold, what was expected and what was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alertproof.offline.drawing.ink import Drawing, Line, Part, Style, line
from alertproof.offline.drawing.tracks import STYLES
from alertproof.offline.words import after_start, distance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alertproof.offline.drawing.chart import Level
    from alertproof.offline.timeline import Run
    from alertproof.tags import Group

__all__ = ["Notes", "draw_table"]

_MOST = 14
#: Where notes begin when no column of thresholds comes before.
_NOTES = 30


@dataclass(frozen=True)
class Notes:
    """What there is to say at which evaluations; the lower the rank, the sooner it is shown."""

    said: dict[int, list[Part]] = field(default_factory=dict)
    ranks: dict[int, int] = field(default_factory=dict)

    def add(self, evaluation: int, text: str, style: Style = "") -> None:
        """Say something at an evaluation."""
        said = self.said.setdefault(evaluation, [])
        if Part(text, style) not in said:
            said.append(Part(text, style))

    def want(self, evaluations: Iterable[int], rank: int) -> None:
        """Ask for evaluations to be shown."""
        for each in evaluations:
            self.ranks[each] = min(rank, self.ranks.get(each, rank))


def draw_table(run: Run, group: Group, levels: Sequence[Level], notes: Notes, *, most: int = _MOST) -> Drawing:
    """Return a row for each evaluation that the notes ask for, at most ``most`` of them."""
    ranked = sorted((rank, each) for each, rank in notes.ranks.items() if 0 <= each < len(run.instants))
    chosen = sorted(each for _, each in ranked[:most])
    if not chosen:
        return ()
    # A way back says little that its threshold does not, and two columns are what the width allows.
    shown = [level for level in levels if level.name in {"critical", "warning"}]
    lines: list[Line] = []
    titles, rows = _distances(run, group, shown, chosen)
    lines.append(line(Part(f"{'at':>8}  {'state':<7} {'value':>9}{titles}", "bold")))
    for number, at in enumerate(chosen):
        if number and at > chosen[number - 1] + 1:
            lines.append(line(Part(f"{'⋮':>8}", "dim")))
        lines += _row(run, group, at, rows[number], notes.said.get(at, ()))
    if len(ranked) > most:
        lines.append(line(Part(f"{'':>8}  {len(ranked) - most} more instants are not shown", "dim")))
    return tuple(lines)


def _distances(run: Run, group: Group, levels: Sequence[Level], chosen: Sequence[int]) -> tuple[str, list[str]]:
    """Return the heads and rows of the columns of thresholds, each as one text."""
    values = [run.timeline.value(group, at) for at in chosen]
    heads, rows = "", [""] * len(chosen)
    for level in levels:
        head = f"{level.name} {level.text}"
        cells = ["" if value is None else distance(value, level.value) for value in values]
        width = max(map(len, (head, *cells)))
        heads += f"   {head:<{width}}"
        rows = [f"{row}   {cell:<{width}}" for row, cell in zip(rows, cells, strict=True)]
    return heads, rows


def _row(run: Run, group: Group, at: int, distances: str, notes: Sequence[Part]) -> Iterator[Line]:
    """Yield the line of an evaluation, and one more for each note but the first."""
    status, value = run.timeline.status(group, at), run.timeline.value(group, at)
    state = status.state if status else None
    first, *others = notes or [Part("")]
    yield line(
        f"{after_start(run.instants[at], run.start):>8}  ",
        Part(f"{state or 'none':<7} ", STYLES[state] if state else "dim"),
        f"{'none' if value is None else f'{value:.6g}':>9}{distances}   ",
        first,
    )
    for each in others:
        yield line(" " * (_NOTES + len(distances)), each)
