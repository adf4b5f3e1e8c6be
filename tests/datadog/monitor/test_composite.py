from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog import Definition, State, Timeline, advance, load_definition, run_timeline
from alertproof.datadog.monitor.composite import combined, monitor_ids
from alertproof.datadog.monitor.notify import Notification
from alertproof.datadog.monitor.observation import verdict_of
from alertproof.datadog.monitor.step import Transition
from alertproof.datadog.monitor.timeline import standing
from alertproof.datadog.query import parse_query
from alertproof.datadog.query.tree import CompositeMonitor
from alertproof.errors import ConfigError
from alertproof.tags import EVERYTHING, parse_tags
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA


def outcome(query: str, **states: State) -> State:
    tree = parse_query(query)
    assert isinstance(tree, CompositeMonitor)
    numbers = {name.removeprefix("m"): np.array([verdict_of(state)], dtype=np.int8) for name, state in states.items()}
    found = combined(tree.expression, numbers)
    return next(state for state in State if verdict_of(state) == found[0])


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (ALERT, ALERT, ALERT, ALERT),
        (ALERT, WARN, WARN, ALERT),
        (ALERT, NO_DATA, NO_DATA, ALERT),
        (ALERT, OK, OK, ALERT),
        (WARN, ALERT, WARN, ALERT),
        (WARN, WARN, WARN, WARN),
        (WARN, NO_DATA, NO_DATA, WARN),
        (WARN, OK, OK, WARN),
        (NO_DATA, ALERT, NO_DATA, ALERT),
        (NO_DATA, WARN, NO_DATA, WARN),
        (NO_DATA, NO_DATA, NO_DATA, NO_DATA),
        (NO_DATA, OK, OK, NO_DATA),
        (OK, ALERT, OK, ALERT),
        (OK, WARN, OK, WARN),
        (OK, NO_DATA, OK, NO_DATA),
        (OK, OK, OK, OK),
    ],
)
def test_v13_the_sixteen_rows(a: State, b: State, both: State, either: State) -> None:
    assert outcome("1 && 2", m1=a, m2=b) is both
    assert outcome("1 || 2", m1=a, m2=b) is either


@pytest.mark.parametrize(("state", "turned"), [(OK, ALERT), (ALERT, OK), (WARN, OK), (NO_DATA, NO_DATA)])
def test_not_turns_all_but_no_data(state: State, turned: State) -> None:
    assert outcome("!1", m1=state) is turned
    assert outcome("1 && !(2 || 3)", m1=ALERT, m2=OK, m3=state) is outcome("1 && !3", m1=ALERT, m3=state)


def composite(query: str, **options: Any) -> Definition:
    return load_definition({"name": "C", "type": "composite", "query": query, "options": options}, source="test")


@pytest.fixture
def parts(monitor: Make, minute: Minute, store_of: StoreOf) -> Callable[..., dict[str, Timeline]]:
    """Run one monitor each over a metric, grouped as given, for ten minutes."""

    def run(*metrics: tuple[str, list[tuple[str, list[float | None]]]], **options: Any) -> dict[str, Timeline]:
        instants = np.array([minute(number).timestamp() for number in range(1, 11)])
        found = {}
        for number, (by, series) in enumerate(metrics, 1):
            store = store_of(*series, kind=MetricType.GAUGE)
            grouped = {"new_group_delay": 0} if by else {}
            definition = monitor(f"max(last_1m):max:m{{*}}{by} > 5", **grouped, **options)
            found[str(number)] = run_timeline(definition, store, instants)
        return found

    return run


Parts = Callable[..., dict[str, Timeline]]
LOW: list[float | None] = [1] * 10
HIGH: list[float | None] = [*[1.0] * 4, *[9.0] * 3, *[1.0] * 3]


def test_a_composite_follows_its_parts(parts: Parts) -> None:
    late: list[float | None] = [*[1.0] * 6, *[9.0] * 4]
    found = parts(("", [("m", HIGH)]), ("", [("m", late)]))
    for query, moves in (
        ("1 && 2", [(7, ALERT), (8, OK)]),
        ("1 || 2", [(5, ALERT)]),
        ("1 && !2", [(5, ALERT), (7, OK)]),
    ):
        timeline = run_timeline(composite(query), SeriesStore(), found["1"].instants, parts=found)
        instants = found["1"].instants.tolist()
        told = [(instants.index(each.at.timestamp()) + 1, each.new) for each in timeline.transitions]
        assert told == [(1, OK), *moves]


def test_v14_only_groups_that_report_to_both_are_combined(parts: Parts) -> None:
    first = [(f"m{{host:web0{number}}}", HIGH) for number in range(1, 6)]
    second = [(f"m{{host:web0{number}}}", HIGH) for number in range(4, 10)]
    found = parts((" by {host}", first), (" by {host}", second))
    timeline = run_timeline(composite("1 && 2"), SeriesStore(), found["1"].instants, parts=found)
    alerts = [str(each.group[0]) for each in timeline.transitions if each.new is ALERT]
    assert alerts == ["host:web04", "host:web05"]


def test_where_no_group_reports_to_both_there_is_nothing_to_tell(parts: Parts) -> None:
    found = parts((" by {host}", [("m{host:a}", HIGH)]), (" by {host}", [("m{host:b}", HIGH)]))
    timeline = run_timeline(composite("1 && 2"), SeriesStore(), found["1"].instants, parts=found)
    assert (timeline.groups_at(9), timeline.transitions, timeline.evaluated) == ((), (), 0)


def test_one_without_groups_meets_each_group_of_the_other(parts: Parts) -> None:
    found = parts(("", [("m", HIGH)]), (" by {host}", [("m{host:a}", HIGH), ("m{host:b}", LOW)]))
    timeline = run_timeline(composite("1 && 2"), SeriesStore(), found["1"].instants, parts=found)
    assert [str(each.group[0]) for each in timeline.transitions if each.new is ALERT] == ["host:a"]


def test_groups_meet_by_their_values_and_not_their_keys(parts: Parts) -> None:
    wide = [("m{device:sda,host:a}", HIGH), ("m{device:sdb,host:b}", HIGH)]
    found = parts((" by {device,host}", wide), (" by {node}", [("m{node:a}", HIGH)]))
    timeline = run_timeline(composite("1 && 2"), SeriesStore(), found["1"].instants, parts=found)
    assert [",".join(map(str, t.group)) for t in timeline.transitions if t.new is ALERT] == ["device:sda,host:a"]


@pytest.mark.parametrize(("notifies", "state"), [(False, ALERT), (True, NO_DATA)])
def test_no_data_keeps_the_last_state_unless_the_composite_tells_of_it(
    notifies: bool, state: State, parts: Parts
) -> None:
    values: list[float | None] = [9, 9, *[None] * 8]
    found = parts(("", [("m", values)]), ("", [("m", values)]), notify_no_data=True, no_data_timeframe=2)
    definition = composite("1 && 2", notify_no_data=notifies)
    timeline = run_timeline(definition, SeriesStore(), found["1"].instants, parts=found)
    status = timeline.status(EVERYTHING, 9)
    assert status is not None
    assert status.state is state


def test_before_its_parts_are_evaluated_a_composite_knows_nothing(parts: Parts) -> None:
    found = parts(("", [("m", HIGH)]), ("", [("m", HIGH)]))
    first = found["1"].instants[0]
    earlier = np.array([first - 60, *found["1"].instants])
    timeline = run_timeline(composite("1 && 2"), SeriesStore(), earlier, parts=found)
    status = timeline.status(EVERYTHING, 0)
    assert status is not None
    assert status.state is NO_DATA
    told = [(each.at.timestamp(), each.new) for each in timeline.transitions]
    assert told == [(first, OK), (first + 240, ALERT), (first + 420, OK)]


def test_a_missing_part_is_named_whether_a_whole_timeline_is_evaluated_or_one_minute(
    parts: Parts, minute: Minute
) -> None:
    found = parts(("", [("m", LOW)]))
    said = "there is no monitor '2', which the composite asks for"
    with pytest.raises(ConfigError, match=said):
        run_timeline(composite("1 && 2"), SeriesStore(), found["1"].instants, parts=found)
    with pytest.raises(ConfigError, match=said):
        advance(composite("1 && 2"), {}, SeriesStore(), minute(1), parts={"1": found["1"]})
    tree = composite("1 && (2 || !1)").tree
    assert isinstance(tree, CompositeMonitor)
    assert monitor_ids(tree.expression) == ("1", "2")


def test_an_unknown_check_is_ok_to_a_composite(minute: Minute, store_of: StoreOf) -> None:
    query = '"up".over("*").by("*").last(1).count_by_status()'
    check = load_definition({"id": 31, "type": "service check", "query": query}, source="check")
    whole = load_definition({"type": "composite", "query": "31 || !31"}, source="whole")
    evidence = Evidence(checks=store_of(("up{host:a}", [0, 3, 2]), kind=MetricType.GAUGE))
    instants = np.array([minute(number).timestamp() for number in (1, 2, 3)])
    parts = {"31": run_timeline(check, SeriesStore(), instants, evidence=evidence)}
    assert parts["31"].states(EVERYTHING).tolist() == [verdict_of(OK), verdict_of(State.UNKNOWN), verdict_of(ALERT)]
    found = run_timeline(whole, SeriesStore(), instants, parts=parts)
    assert found.states(EVERYTHING).tolist() == [verdict_of(ALERT)] * 3


SPAN = st.lists(st.sampled_from([1.0, 9.0, None]), min_size=12, max_size=12)
GROUPED = "max(last_1m):max:m{*} by {host} > 5"
SINGLE = "max(last_1m):max:n{*} > 5"


def member(query: str, *, notifies: bool) -> Definition:
    options = {"notify_no_data": notifies, "no_data_timeframe": 2}
    grouped = {"new_group_delay": 0} if "by" in query else {}
    payload = {"name": "M", "type": "query alert", "query": query, "options": {**options, **grouped}}
    return load_definition(payload, source="test")


@given(
    hosts=st.fixed_dictionaries({"a": SPAN, "b": SPAN}),
    other=SPAN,
    query=st.sampled_from(["1 && 2", "1 || 2", "1 && !2", "!1 && 2"]),
    notifies=st.booleans(),
)
def test_minute_by_minute_a_composite_comes_to_what_a_whole_timeline_does(
    hosts: dict[str, list[float | None]], other: list[float | None], query: str, notifies: bool
) -> None:
    start, store = datetime(2024, 1, 1, tzinfo=UTC), SeriesStore()
    rows = [("m", f"host:{host}", values) for host, values in hosts.items()] + [("n", "", other)]
    for metric, tags, values in rows:
        for number, value in enumerate(values):
            if value is not None:
                moment = start.timestamp() + 60 * number
                store.write(metric, parse_tags(tags), MetricType.GAUGE, moment, value, interval=60)
    members = {"1": member(GROUPED, notifies=notifies), "2": member(SINGLE, notifies=notifies)}
    minutes = [start + timedelta(minutes=number) for number in range(1, 13)]
    instants = np.array([each.timestamp() for each in minutes])
    whole = composite(query, notify_no_data=notifies)
    parts = {each: run_timeline(definition, store, instants) for each, definition in members.items()}
    expected = run_timeline(whole, SeriesStore(), instants, parts=parts)

    statuses: dict[str, Any] = {"1": {}, "2": {}, "whole": {}}
    transitions: list[Transition] = []
    told: list[Notification] = []
    for at in minutes:
        for each, definition in members.items():
            statuses[each] = advance(definition, statuses[each], store, at).statuses
        standings = {each: standing(definition, statuses[each], at) for each, definition in members.items()}
        step = advance(whole, statuses["whole"], SeriesStore(), at, parts=standings)
        statuses["whole"] = step.statuses
        transitions += step.transitions
        told += step.notifications

    assert sorted(transitions, key=lambda each: (each.at, each.group)) == list(expected.transitions)
    assert [(each.at, each.group, each.title, each.body) for each in told] == [
        (each.at, each.group, each.title, each.body) for each in expected.notifications
    ]
