"""Everything that a monitor, an SLO or a dashboard looks at is emitted, with those tags and of that type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alert_tests.telemetry.running import points_of
from alertproof.quality.contract import Gap, gap_of, unused

if TYPE_CHECKING:
    from alert_tests.telemetry.running import Run
    from alertproof.quality.contract import Emitted, Watched, Widget


@pytest.fixture(scope="session")
def gaps(run: Run, watched: Watched, emitted: Emitted) -> tuple[Gap, ...]:
    zeros = run.spec.telemetry.zeros
    found = (gap_of(each, emitted, run.points(each), zeros=zeros) for each in watched.asked)
    return tuple(gap for gap in found if gap is not None)


def open_signals(run: Run) -> dict[str, str]:
    return {each.signal: each.why for each in run.spec.telemetry.not_yet_proven}


def test_what_is_asked_for_is_emitted_with_those_tags_and_of_that_type(run: Run, gaps: tuple[Gap, ...]) -> None:
    excused = open_signals(run)

    missing = [str(gap) for gap in gaps if gap.signal not in excused]

    assert not missing, f"{len(missing)} of what monitoring/ looks at did not arrive:\n" + "\n".join(missing)


def test_what_nobody_looks_at_is_listed(watched: Watched, emitted: Emitted, request: pytest.FixtureRequest) -> None:
    nobody = unused(emitted, watched.asked)

    request.node.user_properties.append(("emitted and looked at by nobody", ", ".join(nobody) or "nothing"))
    assert len(nobody) < len(emitted.types), "no metric that arrived is looked at: this is another platform"


def drawn(widget: Widget, run: Run) -> str:
    """Return why a widget shows nothing, empty where it shows something."""
    if not widget.of_metrics:
        empty = [each.query for each in widget.asked if not run.points(each).count]
        return f"no records by {', '.join(empty)}" if empty else ""
    series = run.telemetry.formulas(widget.formulas, widget.texts, since=run.since, until=run.until)
    points = points_of(series)
    if not points.count:
        return "no data"
    healthy = {*run.spec.telemetry.zeros}
    return "" if not points.zero or healthy & {each.name for each in widget.asked} else "a flat line of zeros"


def test_every_widget_of_every_dashboard_shows_something(run: Run, watched: Watched, gaps: tuple[Gap, ...]) -> None:
    excused = {gap.asked for gap in gaps if gap.signal in open_signals(run)}
    empty = [
        f"{widget.file}: {widget.title}: {why}\n  {'; '.join(widget.texts.values())}"
        for widget in watched.widgets
        if not excused & {*widget.asked} and (why := drawn(widget, run))
    ]

    assert not empty, "these widgets are empty:\n" + "\n".join(empty)


@pytest.mark.prove
def test_what_is_said_to_be_not_yet_proven_is_still_missing(run: Run, gaps: tuple[Gap, ...]) -> None:
    missing = {gap.signal for gap in gaps}

    proven = [name for name in open_signals(run) if name not in missing]

    assert not proven, f"emitted by now; take them off telemetry.not_yet_proven in spec.yaml: {', '.join(proven)}"
