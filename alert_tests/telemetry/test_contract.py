"""Everything that a monitor, an SLO or a dashboard looks at is emitted, with those tags and of that type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alert_tests.telemetry.showing import shown
from alertproof.quality.contract import Gap, Points, gap_of, metrics_seen, read_runbooks
from alertproof.verdict import Expectation

if TYPE_CHECKING:
    from collections.abc import Callable

    from alert_tests.telemetry.running import Run
    from alertproof.plugin.telemetry import TelemetryFixture
    from alertproof.quality.contract import Asked, Emitted, Watched, Widget

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"


@pytest.fixture(scope="session")
def gaps(run: Run, watched: Watched, emitted: Emitted) -> tuple[Gap, ...]:
    zeros = run.spec.telemetry.zeros
    found = (gap_of(each, emitted, run.points(each), zeros=zeros) for each in watched.asked)
    return tuple(gap for gap in found if gap is not None)


@pytest.fixture(scope="session")
def asked_by_runbooks(run: Run) -> tuple[Asked, ...]:
    return read_runbooks(RUNBOOKS, origin=run.spec.environment, environment=run.environment)


@pytest.fixture(scope="session")
def gaps_of_runbooks(run: Run, asked_by_runbooks: tuple[Asked, ...], emitted: Emitted) -> tuple[Gap, ...]:
    """Of records the facets alone: what somebody looks for after an incident is seldom there without one."""
    some, zeros = Points(count=1, zero=False), run.spec.telemetry.zeros
    found = (
        gap_of(each, emitted, run.points(each) if each.kind == "metric" else some, zeros=zeros)
        for each in asked_by_runbooks
    )
    return tuple(gap for gap in found if gap is not None)


def open_signals(run: Run) -> dict[str, str]:
    return {each.signal: each.why for each in run.spec.telemetry.not_yet_proven}


@pytest.fixture
def expect_none(run: Run, telemetry: TelemetryFixture) -> Callable[[str, tuple[Gap, ...], str], None]:
    """Judge that there is no gap but those that are known; ``of`` says how many things were asked for."""

    def judge(text: str, found: tuple[Gap, ...], of: str) -> None:
        __tracebackhide__ = True
        known = open_signals(run)
        missing = [str(gap) for gap in found if gap.signal not in known]
        told = "\n".join([f"{len(missing)} of {of}", *missing])
        telemetry.judge(Expectation(text=text, met=not missing, last_seen=told), since=run.since, until=run.until)

    return judge


def test_what_is_asked_for_is_emitted_with_those_tags_and_of_that_type(
    watched: Watched, gaps: tuple[Gap, ...], expect_none: Callable[[str, tuple[Gap, ...], str], None]
) -> None:
    expect_none(
        "what monitors, SLOs and dashboards look at is emitted, with those tags and of that type",
        gaps,
        f"{len(watched.asked)} did not arrive",
    )


def test_what_runbooks_search_for_is_in_what_arrived(
    asked_by_runbooks: tuple[Asked, ...],
    gaps_of_runbooks: tuple[Gap, ...],
    expect_none: Callable[[str, tuple[Gap, ...], str], None],
) -> None:
    expect_none(
        "what runbooks search for is in what arrived",
        gaps_of_runbooks,
        f"{len(asked_by_runbooks)} searches would find nothing",
    )


def test_what_nobody_looks_at_is_listed(
    run: Run, watched: Watched, emitted: Emitted, telemetry: TelemetryFixture
) -> None:
    metrics = metrics_seen(emitted, watched.asked, series=run.series(), budget=run.spec.cost)

    nobody = [metric.name for metric in metrics if not metric.files]

    telemetry.judge(
        Expectation(
            text="of the metrics that are emitted, some are looked at",
            met=len(nobody) < len(metrics),
            last_seen="\n".join([f"{len(nobody)} of {len(metrics)} metrics are looked at by nobody", *nobody]),
        ),
        since=run.since,
        until=run.until,
        metrics=metrics,
    )


def test_every_widget_of_every_dashboard_shows_something(
    run: Run, watched: Watched, gaps: tuple[Gap, ...], telemetry: TelemetryFixture
) -> None:
    known = open_signals(run)
    excuses = {gap.asked: known[gap.signal] for gap in gaps if gap.signal in known}

    def excuse(widget: Widget) -> str:
        return next((excuses[each] for each in widget.asked if each in excuses), "")

    widgets = tuple(shown(widget, run, excused=excuse(widget)) for widget in watched.widgets)
    empty = [each for each in widgets if each.empty and not each.excused]

    told = [f"{each.file}: {each.title}: {each.empty}\n  {'; '.join(each.queries)}" for each in empty]
    telemetry.judge(
        Expectation(
            text="every widget of every dashboard shows something",
            met=bool(widgets) and not empty,
            last_seen="\n".join([f"{len(empty)} of {len(widgets)} widgets are empty", *told]),
        ),
        since=run.since,
        until=run.until,
        widgets=widgets,
    )


@pytest.mark.prove
def test_what_is_said_to_be_not_yet_proven_is_still_missing(
    run: Run, gaps: tuple[Gap, ...], gaps_of_runbooks: tuple[Gap, ...], telemetry: TelemetryFixture
) -> None:
    missing = {gap.signal for gap in (*gaps, *gaps_of_runbooks)}

    proven = [name for name in open_signals(run) if name not in missing]

    telemetry.judge(
        Expectation(
            text="what telemetry.not_yet_proven in spec.yaml lists is still missing",
            met=not proven,
            last_seen=f"emitted by now, to be taken off the list: {', '.join(proven) or 'none'}",
        ),
        since=run.since,
        until=run.until,
    )
