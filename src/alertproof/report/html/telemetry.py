"""The telemetry's section: what each look at it saw, the dashboards drawn, what was emitted, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from alertproof.journal import LineSeen, MetricSeen, TelemetryJournal, VolumeSeen, WidgetSeen
from alertproof.report.html.drawing import COLOURS, Drawing, draw_share, draw_widget, finite, ranked
from alertproof.report.html.past import PastView, Recall
from alertproof.report.model import Report
from alertproof.report.summary import TelemetryRow, sorted_telemetry, telemetry_row
from alertproof.report.summary.unmet import unmet
from alertproof.report.words import counted, duration, listing, measured, nouns, number

__all__ = ["BoardView", "LookView", "MetricView", "TelemetryView", "VolumeView", "WidgetView", "telemetry_view"]

#: So many widgets of a dashboard are shown at once; the others are folded away, but for those that are empty.
_SHOWN = 6
_TAGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """One look at the telemetry: what it expected and saw; ``missed`` are the details of what is not as expected."""

    place: str
    journal: TelemetryJournal
    row: TelemetryRow
    missed: tuple[str, ...]
    past: PastView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A line's entry below its chart; ``css`` is its colour."""

    name: str
    css: str
    last: str
    low: str
    high: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetView:
    """One widget; ``unit`` is that of its lines, ``more`` counts those that have no entry of their own."""

    place: str
    unit: str
    widget: WidgetSeen
    drawing: Drawing | None
    description: str
    lines: tuple[LineView, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """One dashboard; ``folded`` are its widgets by the group that they stand in."""

    place: str
    title: str
    file: str
    said: str
    empty: bool
    shown: tuple[WidgetView, ...]
    folded: tuple[tuple[str, tuple[WidgetView, ...]], ...]

    @property
    def hidden(self) -> int:
        return sum(len(widgets) for _, widgets in self.folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricView:
    """One metric; ``over`` says that it has more series than it may have."""

    metric: MetricSeen
    tags: str
    over: bool
    bar: Drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeView:
    """How much of something was sent; ``over`` says that it is more than may be."""

    name: str
    each: str
    budget: str
    share: str
    over: bool
    bar: Drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryView:
    """All that was seen. ``unused`` are the metrics that no file looks at."""

    looks: tuple[LookView, ...]
    span: str
    boards: tuple[BoardView, ...]
    metrics: tuple[MetricView, ...]
    unused: tuple[MetricView, ...]
    requests: int
    volumes: tuple[VolumeView, ...]


def telemetry_view(report: Report, *, recall: Recall) -> TelemetryView:
    """Return what was seen of the telemetry as its section shows it."""
    looks = sorted_telemetry(report)
    metrics = tuple(_metric(metric) for look in looks for metric in look.metrics)
    by_cost = sorted(metrics, key=lambda view: (-view.metric.series, view.metric.name))
    return TelemetryView(
        looks=tuple(_look(look, f"telemetry-{n}", recall) for n, look in enumerate(looks, start=1)),
        span=listing(sorted({duration(look.ended - look.began) for look in looks})),
        boards=tuple(_boards(looks)),
        metrics=tuple(by_cost),
        unused=tuple(view for view in by_cost if not view.metric.files),
        requests=sum(look.requests for look in looks),
        volumes=tuple(_volume(volume) for look in looks for volume in look.volumes),
    )


def _look(journal: TelemetryJournal, place: str, recall: Recall) -> LookView:
    details = (one.last_seen.partition("\n")[2] for one in unmet(journal.expectations))
    return LookView(
        place=place,
        journal=journal,
        row=telemetry_row(journal),
        missed=tuple(filter(None, details)),
        past=recall.of(journal.check),
    )


def _boards(looks: Sequence[TelemetryJournal]) -> list[BoardView]:
    boards: dict[tuple[str, str], list[tuple[TelemetryJournal, WidgetSeen]]] = {}
    for look in looks:
        for widget in look.widgets:
            boards.setdefault((widget.file, widget.board), []).append((look, widget))
    return [_board(f"board-{n}", *key, widgets) for n, (key, widgets) in enumerate(boards.items(), start=1)]


def _board(place: str, file: str, title: str, widgets: Sequence[tuple[TelemetryJournal, WidgetSeen]]) -> BoardView:
    views = [_widget(f"{place}-{n}", look, widget) for n, (look, widget) in enumerate(widgets, start=1)]
    shown = [view for n, view in enumerate(views) if n < _SHOWN or _wrong(view.widget)]
    rest = [view for view in views if view not in shown]
    empty = sum(_wrong(widget) for _, widget in widgets)
    excused = sum(bool(widget.empty and widget.excused) for _, widget in widgets)
    parts = [counted(len(views), "widget")]
    parts += [f"{empty} without data"] if empty else []
    parts += [f"{excused} not yet proven"] if excused else []
    return BoardView(
        place=place,
        title=title,
        file=file,
        said=", ".join(parts),
        empty=bool(empty),
        shown=tuple(shown),
        folded=tuple((group, tuple(found)) for group, found in groupby(rest, key=lambda view: view.widget.group)),
    )


def _wrong(widget: WidgetSeen) -> bool:
    return bool(widget.empty and not widget.excused)


def _widget(place: str, look: TelemetryJournal, widget: WidgetSeen) -> WidgetView:
    lines = ranked(widget.lines)
    return WidgetView(
        place=place,
        unit=listing(sorted({nouns(line.unit) for line in lines if line.unit})),
        widget=widget,
        drawing=draw_widget(lines, began=look.began, ended=look.ended) if lines else None,
        description="; ".join(f"{line.name}: {_words(line)}" for line in lines[:COLOURS]),
        lines=tuple(_line(line, n) for n, line in enumerate(lines[:COLOURS], start=1)),
        more=max(0, len(lines) - COLOURS),
    )


def _line(line: LineSeen, place: int) -> LineView:
    values = [point.value for point in finite(line)]
    last, low, high = (measured(value, line.unit) for value in (values[-1], min(values), max(values)))
    return LineView(name=line.name, css=f"w-{place}", last=last, low=low, high=high)


def _words(line: LineSeen) -> str:
    said = _line(line, 0)
    return f"last {said.last}, from {said.low} to {said.high}"


def _metric(metric: MetricSeen) -> MetricView:
    worst = [f"{tag.key} ({number(tag.values)})" for tag in metric.tags[:_TAGS]]
    over = metric.series > metric.budget
    return MetricView(
        metric=metric,
        tags=", ".join(worst) or "no tag",
        over=over,
        bar=draw_share(_share(metric.series, metric.budget), judged=over),
    )


def _volume(volume: VolumeSeen) -> VolumeView:
    share, unit = _share(volume.each, volume.budget), "byte" if volume.name.endswith("bytes") else ""
    over = volume.each > volume.budget
    return VolumeView(
        name=volume.name,
        each=measured(volume.each, unit),
        budget=measured(volume.budget, unit),
        share=f"{number(share * 100)} %",
        over=over,
        bar=draw_share(share, judged=over),
    )


def _share(part: float, whole: float) -> float:
    """Return a part of a budget; of a budget of nothing anything is too much."""
    return part / whole if whole > 0 else 2.0 * (part > 0)
