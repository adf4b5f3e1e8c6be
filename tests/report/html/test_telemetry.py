from __future__ import annotations

import msgspec
import pytest

from alertproof.journal import TelemetryJournal, WidgetSeen
from alertproof.report import Report, render_html
from alertproof.report.html.past import Recall
from alertproof.report.html.telemetry import TelemetryView, telemetry_view

replace = msgspec.structs.replace


def view(*looks: TelemetryJournal) -> TelemetryView:
    return telemetry_view(Report(journals=looks), recall=Recall(Report(), {}))


def titles(widgets: tuple[WidgetSeen, ...]) -> list[str]:
    return [widget.title for widget in widgets]


def test_each_dashboard_is_a_board_that_says_how_many_widgets_show_nothing(dashboards: TelemetryJournal) -> None:
    support, executive = view(dashboards).boards

    assert (support.title, support.file) == ("M3CoreCRM Support", "dashboards/support.json")
    assert support.said == "8 widgets, 1 without data, 1 not yet proven"
    assert support.empty
    assert (executive.said, executive.empty) == ("1 widget", False)


def test_a_long_dashboard_folds_but_never_what_is_empty(dashboards: TelemetryJournal) -> None:
    support, _ = view(dashboards).boards

    assert [shown.widget.title for shown in support.shown][-2:] == ["Count 2", "Rate limited"]
    assert len(support.shown) == 7
    assert [(group, [each.widget.title for each in widgets]) for group, widgets in support.folded] == [
        ("Requests", ["Count 3"])
    ]
    assert support.hidden == 1


def test_a_widget_has_a_drawing_and_for_each_line_its_last_lowest_and_highest(dashboards: TelemetryJournal) -> None:
    _, latency, failed, *_ = view(dashboards).boards[0].shown

    assert latency.drawing is not None
    assert [(line.name, line.last, line.low, line.high) for line in latency.lines] == [
        ("p95", "310 ms", "200 ms", "310 ms"),
        ("p50", "30 ms", "20 ms", "30 ms"),
    ]
    assert (failed.drawing, failed.lines) == (None, ())


def test_of_many_lines_the_highest_are_named_and_the_others_counted(dashboards: TelemetryJournal) -> None:
    requests, *_ = view(dashboards).boards[0].shown

    assert len(requests.lines) == 6
    assert requests.more == 2


def test_what_is_empty_is_said_on_the_page_and_what_is_known_to_be_is_not_red(dashboards: TelemetryJournal) -> None:
    page = render_html(Report(journals=(dashboards,)))

    assert "✗ no data: a flat line of zeros" in page
    assert "○ not yet proven: no job fails in a short run" in page
    assert page.count('class="widget empty"') == 1
    assert page.count('class="widget excused"') == 1
    assert page.count("sum:api.requests{env:drill,tenant:*} by {tenant}.as_count()") == 9


def test_metrics_that_nobody_looks_at_are_listed_and_all_are_ranked_by_their_series(cost: TelemetryJournal) -> None:
    found = view(cost)

    assert [each.metric.name for each in found.unused] == ["telemetry.own"]
    assert [(each.metric.name, each.tags) for each in found.metrics] == [
        ("api.requests", "endpoint (14), tenant (3), env (1)"),
        ("telemetry.own", "no tag"),
    ]
    page = render_html(Report(journals=(cost,)))
    assert "Emitted and looked at by nobody: 1 of 2 metrics" in page
    assert "2 files" in page


@pytest.mark.parametrize(("each", "over"), [(2_000_000, False), (2_000_001, True)])
def test_exactly_the_budget_is_within_it(cost: TelemetryJournal, each: float, over: bool) -> None:
    volume = replace(cost.volumes[0], each=each)

    (found,) = view(replace(cost, volumes=(volume,))).volumes

    assert (found.over, found.each, found.budget) == (over, "2 MB", "2 MB")


def test_a_metric_above_its_budget_is_marked(cost: TelemetryJournal) -> None:
    metric = replace(cost.metrics[0], series=101)

    (found,) = view(replace(cost, metrics=(metric,))).metrics

    assert found.over
    assert "✗ 101" in render_html(Report(journals=(replace(cost, metrics=(metric,)),)))


def test_a_look_that_did_not_pass_shows_all_that_it_missed(dashboards: TelemetryJournal) -> None:
    page = render_html(Report(journals=(dashboards,)))

    assert "dashboards/support.json: Rate limited: a flat line of zeros" in page


def test_looks_without_widgets_or_metrics_are_a_row_alone(cost: TelemetryJournal) -> None:
    alone = replace(cost, metrics=(), volumes=())

    page = render_html(Report(journals=(alone,)))

    assert "What the telemetry shows" in page
    assert "What watching costs" not in page
