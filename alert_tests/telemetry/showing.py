"""What the widgets of the dashboards show of the run: their queries evaluated, as lines for the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from alert_tests.telemetry.running import measure_of, points_of
from alertproof.journal import LineSeen, Reading, WidgetSeen

if TYPE_CHECKING:
    from alert_tests.telemetry.running import Run
    from alertproof.quality.contract import Formula, Widget
    from alertproof.vendors import Series

__all__ = ["shown"]


def shown(widget: Widget, run: Run, *, excused: str = "") -> WidgetSeen:
    """Return what a widget shows; where nothing is, ``excused`` says why that is known."""
    series = _of_metrics(widget, run) if widget.of_metrics else list(_of_records(widget, run))
    empty = _empty(widget, run, series)
    return WidgetSeen(
        file=widget.file,
        board=widget.board,
        group=widget.group,
        title=widget.title,
        queries=tuple(widget.texts.values()) if widget.of_metrics else tuple(each.query for each in widget.asked),
        lines=tuple(_lines(widget.formulas, series)),
        empty=empty,
        excused=excused if empty else "",
    )


def _of_metrics(widget: Widget, run: Run) -> list[Series]:
    formulas = tuple(formula.text for formula in widget.formulas)
    return run.telemetry.formulas(formulas, widget.texts, since=run.since, until=run.until)


def _of_records(widget: Widget, run: Run) -> Iterator[Series]:
    for each in widget.asked:
        yield from run.telemetry.counted_by_minute(measure_of(each), since=run.since, until=run.until)


def _empty(widget: Widget, run: Run, series: list[Series]) -> str:
    """Return why a widget shows nothing, empty where it shows something."""
    points, names = points_of(series), {each.name for each in widget.asked}
    if not points.count:
        return "no data" if widget.of_metrics else "no records"
    healthy = not widget.of_metrics or not names.isdisjoint(run.spec.telemetry.zeros)
    return "" if healthy or not points.zero else "a flat line of zeros"


def _lines(formulas: Sequence[Formula], series: Sequence[Series]) -> Iterator[LineSeen]:
    """Yield the lines, called by their group; by their formula too where a widget has several."""
    for each in series:
        formula = formulas[each.formula]
        own = formula.alias or formula.text
        group = ", ".join(tag.partition(":")[2] for tag in each.group)
        yield LineSeen(
            name=f"{group}, {own}" if group and len(formulas) > 1 else group or own,
            unit=formula.unit,
            points=tuple(Reading(at=point.at, value=point.value) for point in each.points),
        )
