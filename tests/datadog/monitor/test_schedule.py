"""Custom schedules: when they come, and what each evaluation tells, in both engines alike [SCHED]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alertproof.datadog import (
    Assumptions,
    Definition,
    DefinitionError,
    Notification,
    State,
    advance,
    load_definition,
    run_timeline,
)
from alertproof.datadog.monitor.definition import evaluation_instants, evaluation_period
from alertproof.datadog.monitor.schedule import scheduled
from alertproof.errors import NotModelled
from alertproof.tags import Tag
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
START = datetime(2024, 1, 1, tzinfo=UTC)
NIGHTLY = {"rrule": "FREQ=DAILY;INTERVAL=1", "start": "2023-12-31T20:00:00", "timezone": "UTC"}


def scheduling(*recurrences: dict[str, str], **options: Any) -> dict[str, Any]:
    schedule = {"custom_schedule": {"recurrences": list(recurrences or (NIGHTLY,))}}
    return {"scheduling_options": schedule, "on_missing_data": "show_and_notify_no_data", **options}


@pytest.mark.parametrize(
    ("recurrence", "came"),
    [
        (NIGHTLY, ["01-01 20:00", "01-02 20:00", "01-03 20:00"]),
        ({**NIGHTLY, "start": "2024-01-02T20:00:00"}, ["01-02 20:00", "01-03 20:00"]),
        ({**NIGHTLY, "timezone": "Asia/Tokyo"}, ["01-01 11:00", "01-02 11:00", "01-03 11:00"]),
        ({"rrule": "FREQ=DAILY;BYHOUR=6"}, ["01-01 06:00", "01-02 06:00", "01-03 06:00"]),
        ({"rrule": "FREQ=WEEKLY;BYDAY=TU,SA;BYHOUR=6;BYMINUTE=30"}, ["01-02 06:30"]),
        ({"rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "start": "2023-01-01T00:30:00"}, ["01-01 00:30"]),
        ({"rrule": "FREQ=DAILY;UNTIL=20240102T000000", "start": "2023-12-31T20:00:00"}, ["01-01 20:00"]),
        ({"rrule": "FREQ=DAILY", "start": "2023-12-31T00:00:00"}, ["01-02 00:00", "01-03 00:00", "01-04 00:00"]),
    ],
)
def test_a_schedule_comes_after_the_begin_and_up_to_the_end(
    recurrence: dict[str, str], came: list[str], monitor: Make
) -> None:
    definition = monitor("max(last_1h):max:m{*} > 1", **scheduling(recurrence))
    found = evaluation_instants(definition, START, START + timedelta(days=3))
    assert [f"{datetime.fromtimestamp(at, UTC):%m-%d %H:%M}" for at in found.tolist()] == came
    assert evaluation_period(definition) == timedelta(minutes=1)


def test_the_last_day_of_each_month_as_the_guide_writes_it(monitor: Make) -> None:
    rule = {"rrule": "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "start": "2024-01-01T12:00:00"}
    options = monitor("max(last_1h):max:m{*} > 1", **scheduling(rule)).options
    found = scheduled(options.schedules, START, START + timedelta(days=100))
    assert [f"{at:%m-%d %H}" for at in found] == ["01-31 12", "02-29 12", "03-31 12"]


def test_several_recurrences_are_all_kept_and_summer_time_is_the_zones(monitor: Make) -> None:
    berlin = {"rrule": "FREQ=WEEKLY", "start": "2024-03-28T08:00:00", "timezone": "Europe/Berlin"}
    utc = {**NIGHTLY, "rrule": "FREQ=WEEKLY", "start": "2024-03-28T07:00:00"}
    options = monitor("max(last_1h):max:m{*} > 1", **scheduling(berlin, utc)).options
    since = datetime(2024, 3, 27, tzinfo=UTC)
    found = scheduled(options.schedules, since, since + timedelta(days=9))
    # The first Thursday is one instant for both; then Berlin's clocks go forward.
    assert [f"{at:%m-%d %H}" for at in found] == ["03-28 07", "04-04 06", "04-04 07"]
    assert options.schedules[0].zone == ZoneInfo("Europe/Berlin")


class Lived:
    """What both engines, which agree, make of days of values, one an hour; the stand-in's looks each minute."""

    def __init__(self, definition: Definition, values: Sequence[float | None], **assumed: Any) -> None:
        store = SeriesStore(retention=None)
        for day, hour in product(range(len(values)), range(24)):
            value, point = values[day], START.timestamp() + day * 86400 + hour * 3600
            if value is not None:
                store.write("m", frozenset(), MetricType.GAUGE, point, value)
                store.write("c", frozenset(), MetricType.COUNT, point, value)
        assumptions = Assumptions(**assumed)
        end = START + timedelta(days=len(values))
        instants = evaluation_instants(definition, START, end)
        self.timeline = run_timeline(definition, store, instants, assumptions=assumptions)
        stepped: list[Notification] = []
        statuses: Any = {}
        since = START
        for minute in range(10, len(values) * 1440 + 1, 10):
            at = START + timedelta(minutes=minute)
            step = advance(definition, statuses, store, at, assumptions=assumptions, since=since)
            statuses, since = step.statuses, at
            stepped += step.notifications
        assert stepped == list(self.timeline.notifications)
        assert {group: each.state for group, each in statuses.items()} == {
            group: each.state
            for group in self.timeline.observations.groups
            if (each := self.timeline.status(group, len(instants) - 1)) is not None
        }
        self.told = [(each.at.day, each.transition) for each in self.timeline.notifications]
        self.bodies = [each.body for each in self.timeline.notifications]


def test_each_bad_evaluation_is_told_anew_and_none_that_is_ok(monitor: Make) -> None:
    text = "{{#is_alert}}bad{{/is_alert}}{{#is_renotify}}again{{/is_renotify}}{{#is_recovery}}well{{/is_recovery}}"
    definition = monitor("max(last_1h):max:m{*} > 1", text, **scheduling())
    found = Lived(definition, [5, 5, 0, 5, 5])
    assert found.told == [(1, "Triggered"), (2, "Triggered"), (4, "Triggered"), (5, "Triggered")]
    assert found.bodies == ["bad"] * 4
    assert [(step.at.day, step.new) for step in found.timeline.transitions] == [
        (1, State.ALERT),
        (3, State.OK),
        (4, State.ALERT),
    ]


def test_by_another_reading_a_recovery_is_told_too(monitor: Make) -> None:
    definition = monitor("max(last_1h):max:m{*} > 1", **scheduling())
    found = Lived(definition, [5, 5, 0, 0, 5], scheduled_recoveries_notify=True)
    assert found.told == [(1, "Triggered"), (2, "Triggered"), (3, "Recovered"), (5, "Triggered")]
    for notifies, said in ((False, "a recovery is not."), (True, "a recovery is too.")):
        relied = Assumptions(scheduled_recoveries_notify=notifies).relied_on(definition)
        assert any(said in text for text in relied)
    assert not any("schedule" in text for text in Assumptions().relied_on(monitor("max(last_1h):max:m{*} > 1")))


def test_no_evaluation_knows_of_the_one_before(monitor: Make) -> None:
    """Neither do recovery thresholds keep a state, nor is Alert to Warn a step."""
    thresholds = {"critical": 4, "warning": 2, "critical_recovery": 1}
    text = (
        "{{#is_alert_to_warning}}better{{/is_alert_to_warning}}{{#is_alert_recovery}}x{{/is_alert_recovery}}{{value}}"
    )
    found = Lived(monitor("max(last_1h):max:m{*} > 4", text, **scheduling(thresholds=thresholds)), [5, 3, 1.5, 5])
    assert found.told == [(1, "Triggered"), (2, "Warn"), (4, "Triggered")]
    assert found.bodies == ["5", "3", "5"]


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("show_and_notify_no_data", [(1, "Triggered"), (2, "No Data"), (3, "No Data"), (4, "Triggered")]),
        ("show_no_data", [(1, "Triggered"), (4, "Triggered")]),
        ("resolve", [(1, "Triggered"), (4, "Triggered")]),
        ("default", [(1, "Triggered"), (2, "Triggered"), (3, "Triggered"), (4, "Triggered")]),
    ],
)
def test_missing_data_are_an_outcome_too(missing: str, told: list[tuple[int, str]], monitor: Make) -> None:
    definition = monitor("max(last_1h):max:m{*} > 1", **scheduling(on_missing_data=missing))
    assert Lived(definition, [5, None, None, 5]).told == told


def test_an_evaluation_that_comes_to_nothing_tells_nothing(monitor: Make) -> None:
    """There are counts on the second day, of 0, by which nothing is divided."""
    query = "sum(last_1h):2 * sum:c{*}.as_count() / sum:c{*}.as_count() > 1"
    found = Lived(monitor(query, **scheduling()), [5, 0, 5])
    assert found.told == [(1, "Triggered"), (3, "Triggered")]
    assert not found.timeline.is_silent((), 1)


def test_renotification_has_no_say(monitor: Make) -> None:
    options = scheduling(renotify_interval=60, renotify_occurrences=1)
    found = Lived(monitor("max(last_1h):max:m{*} > 1", **options), [5, 5, 5])
    assert found.told == [(1, "Triggered"), (2, "Triggered"), (3, "Triggered")]


def test_groups_told_of_together_are_told_at_each_evaluation(monitor: Make) -> None:
    store = SeriesStore(retention=None)
    for host, values in {"a": (5, 5, 0), "b": (0, 5, 0)}.items():
        for day, value in enumerate(values):
            at = START.timestamp() + day * 86400 + 20 * 3600 - 300
            store.write("m", frozenset({Tag("host", host)}), MetricType.GAUGE, at, value)
    definition = monitor("max(last_1h):max:m{*} by {host} > 1", **scheduling(notify_by=["*"]))
    instants = evaluation_instants(definition, START, START + timedelta(days=3))
    found = run_timeline(definition, store, instants)
    assert [(each.at.day, each.transition) for each in found.notifications] == [(1, "Triggered"), (2, "Triggered")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (scheduling(on_missing_data=None), "on_missing_data is required with a custom_schedule"),
        (scheduling(require_full_window=True), "require_full_window must be false with a custom_schedule"),
        (scheduling({"rrule": "FREQ=DAILY;BYHOUR=8,20"}), "evaluation frequencies must be a day or longer"),
        (scheduling({"rrule": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0,30"}), "evaluation frequencies must be a day or longer"),
        (scheduling({"rrule": "FREQ=DAILY"}), "'start' has to say"),
        (scheduling({"rrule": "FREQ=DAILY;INTERVAL=2;BYHOUR=8"}), "'start' has to say"),
        (scheduling({"rrule": "FREQ=DAILY;COUNT=2;BYHOUR=8"}), "'start' has to say"),
        (scheduling({"start": "2024-01-01T00:00:00"}), "'rrule'"),
        (scheduling({**NIGHTLY, "rrule": "FREQ=OFTEN"}), "a recurrence has a FREQ"),
        (scheduling({**NIGHTLY, "timezone": "Nowhere/At_All"}), "there is no timezone 'Nowhere/At_All'"),
        (scheduling({**NIGHTLY, "start": "2024-01-01T00:00:00Z"}), "start must be a local time"),
        (scheduling({**NIGHTLY, "start": "soon"}), "start must be a local time"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(options: dict[str, Any], said: str, monitor: Make) -> None:
    with pytest.raises(DefinitionError) as caught:
        monitor("max(last_1h):max:m{*} > 1", **options)
    assert said in str(caught.value)


def test_more_often_than_daily_is_not_for_schedules(monitor: Make) -> None:
    with pytest.raises(NotModelled, match="FREQ=HOURLY"):
        monitor("max(last_1h):max:m{*} > 1", **scheduling({**NIGHTLY, "rrule": "FREQ=HOURLY"}))


def test_checks_have_no_schedule() -> None:
    query = '"up".over("*").by("*").last(2).count_by_status()'
    with pytest.raises(DefinitionError, match="only for monitors of metrics, logs and events"):
        load_definition({"type": "service check", "query": query, "options": scheduling()}, source="test")


def test_an_evaluation_at_another_minute_does_nothing(monitor: Make, store_of: Callable[..., SeriesStore]) -> None:
    definition = monitor("max(last_1h):max:m{*} > 1", **scheduling())
    store = store_of(("m", [5] * 1300), kind=MetricType.GAUGE)
    at = START + timedelta(hours=20)
    assert advance(definition, {}, store, at).statuses
    for other in (at - timedelta(minutes=1), at + timedelta(minutes=1)):
        assert not advance(definition, {}, store, other).statuses
    assert advance(definition, {}, store, at + timedelta(minutes=1), since=at - timedelta(minutes=9)).statuses
    assert not advance(definition, {}, store, at + timedelta(minutes=1), since=at).statuses
    assert np.array_equal(evaluation_instants(definition, at, at + timedelta(hours=23)), [])
