from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.datadog import (
    Assumptions,
    Definition,
    GroupStatus,
    Slo,
    State,
    Step,
    advance,
    load_definition,
    run_timeline,
)
from alertproof.datadog.downtime import ALL_BAD, Downtime, OneTime
from alertproof.datadog.monitor.routing import Routing
from alertproof.datadog.rules import NotificationRule
from alertproof.datadog.tagscope import read_downtime_scope, read_rule_scope
from alertproof.tags import EVERYTHING, Group, Tag, parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore

START = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
NO_ROUTING = Routing()
SLOS = {
    "slo": Slo(
        id="slo",
        name="S",
        numerator="sum:a{*}.as_count()",
        denominator="sum:b{*}.as_count()",
        target=50,
        timeframe="30d",
    )
}

QUERIES = (
    ("sum(last_3m):sum:a{*}.as_count() / sum:b{*}.as_count() > 0.5", MetricType.COUNT),
    ("sum(last_3m):sum:a{*} by {t}.as_count() / sum:b{*} by {t}.as_count() > 0.5", MetricType.COUNT),
    ("sum(last_3m):sum:a{*} by {t}.as_count() / sum:b{*}.as_count() > 0.5", MetricType.RATE),
    ("avg(last_5m):avg:a{*} by {t} > 0.5", MetricType.GAUGE),
    ("max(last_2m):sum:a{*} < 0.5", MetricType.GAUGE),
    ("min(last_5m):a{t:x} / b{t:x} >= 0.5", MetricType.GAUGE),
    ("avg(last_5m):default_zero(avg:a{*} by {t}) >= 0.5", MetricType.GAUGE),
    ("avg(last_5m):avg:a{*} by {t}.fill(last, 120) != 0.5", MetricType.GAUGE),
    ("percentile(last_3m):p90:a{*} by {t} > 0.5", MetricType.DISTRIBUTION),
    ("avg(last_3m):p50:a{*} > 0.5", MetricType.DISTRIBUTION),
    ("avg(last_5m):ewma_3(sum:a{*} by {t}.rollup(sum, 60)) > 0.5", MetricType.COUNT),
    ("avg(last_5m):diff(sum:a{*}.rollup(max, 120)) > 0.5", MetricType.COUNT),
    ("avg(last_5m):top(avg:a{*} by {t}, 1, 'max', 'desc') > 0.5", MetricType.GAUGE),
    ("avg(last_5m):moving_rollup(avg:a{*}, 120, 'sum') > 0.5", MetricType.GAUGE),
    ("avg(last_5m):hour_before(avg:a{*}) + avg:b{*} > 0.5", MetricType.GAUGE),
    ('burn_rate("slo").over("30d").long_window("1h").short_window("5m") > 0.5', MetricType.COUNT),
)
OPTIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "no_data_timeframe": st.integers(1, 20),
        "evaluation_delay": st.sampled_from([0, 30, 60, 200]),
        "new_host_delay": st.sampled_from([0, 60, 300]),
        "timeout_h": st.sampled_from([0, 1]),
        "renotify_interval": st.integers(1, 4),
        "renotify_occurrences": st.integers(0, 3),
        "require_full_window": st.booleans(),
    },
)
MISSING = st.sampled_from(
    [{}, {"notify_no_data": True}]
    + [{"on_missing_data": one} for one in ("show_no_data", "show_and_notify_no_data", "resolve", "default")]
)
#: Runs of one value each: long silences and flapping alike.
RUNS = st.lists(st.tuples(st.sampled_from([None, 0, 0.25, 0.5, 0.75, 1]), st.integers(1, 40)), max_size=8)


def definition_of(query: str, options: Mapping[str, Any]) -> Definition:
    kind = "slo alert" if query.startswith("burn_rate") else "query alert"
    above = ">" in query
    # Recovery and warning thresholds lie on the quiet side of 0.5 for each of the comparisons.
    ladder = {"critical_recovery": 0.25, "warning": 0.25, "warning_recovery": 0.0}
    thresholds = {"critical": 0.5, **(ladder if above and "!=" not in query else {})}
    payload = {"name": "M", "type": kind, "query": query, "message": "{{value}} @x", "options": options}
    return load_definition({**payload, "options": {**options, "thresholds": thresholds}}, source="test")


def store_of(kind: MetricType, series: Mapping[str, list[tuple[float | None, int]]], every: int) -> SeriesStore:
    store = SeriesStore(retention=None)
    for name, runs in series.items():
        metric, _, tags = name.partition("{")
        values = [value for value, times in runs for _ in range(times)]
        for number, value in enumerate(values):
            if value is not None:
                at = START + number * every
                store.write(metric, parse_tags(tags.rstrip("}")), kind, at, value, interval=every)
    return store


def stepped(
    definition: Definition, store: SeriesStore, instants: list[float], assumptions: Assumptions, routing: Routing
) -> dict[int, Step]:
    statuses: Mapping[Group, GroupStatus] = {}
    clusters: Mapping[Group, GroupStatus] = {}
    since = None
    steps = {}
    for number, instant in enumerate(instants):
        at = datetime.fromtimestamp(instant, UTC)
        step = advance(
            definition,
            statuses,
            store,
            at,
            slos=SLOS,
            assumptions=assumptions,
            routing=routing,
            clusters=clusters,
            since=since,
        )
        statuses, clusters, since, steps[number] = step.statuses, step.clusters, at, step
    return steps


def require_equal(
    definition: Definition,
    store: SeriesStore,
    instants: list[float],
    assumptions: Assumptions,
    routing: Routing = NO_ROUTING,
) -> None:
    steps = stepped(definition, store, instants, assumptions, routing)
    timeline = run_timeline(definition, store, np.array(instants), slos=SLOS, assumptions=assumptions, routing=routing)
    assert timeline.transitions == tuple(each for step in steps.values() for each in step.transitions)
    assert timeline.notifications == tuple(each for step in steps.values() for each in step.notifications)
    missing: dict[Group, int] = {}
    for number, step in steps.items():
        assert timeline.groups_at(number) == tuple(step.statuses)
        for group, status in step.statuses.items():
            assert timeline.status(group, number) == status
            assert timeline.value(group, number) == step.values[group]
            assert timeline.is_silent(group, number) is (group in step.silent)
        missing = {group: missing.get(group, number) for group, value in step.values.items() if value is None}
        for group in step.statuses:
            assert timeline.without_value_since(group, number) == missing.get(group)
    seen = sum(
        value is not None and group not in step.silent
        for step in steps.values()
        for group, value in step.values.items()
    )
    assert timeline.evaluated == seen


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(QUERIES),
    OPTIONS,
    MISSING,
    st.tuples(RUNS, RUNS, RUNS, RUNS),
    st.tuples(st.sampled_from([20, 60]), st.booleans()),
)
def test_a_timeline_is_what_stepping_through_it_comes_to(
    query: tuple[str, MetricType],
    options: dict[str, Any],
    missing: dict[str, Any],
    runs: tuple[list[tuple[float | None, int]], ...],
    others: tuple[int, bool],
) -> None:
    every, tells = others
    text, kind = query
    if "default_zero" in text and missing.get("on_missing_data", "default") != "default":
        missing = {}
    names = ("a{t:x,host:a}", "a{t:y,host:b}", "b{t:x,host:a}", "a{t:x,host:c}")
    store = store_of(kind, dict(zip(names, runs, strict=True)), every)
    definition = definition_of(text, {**options, **missing})
    instants = [START + 60 * number for number in range(1, 90)]
    require_equal(definition, store, instants, Assumptions(auto_resolve_notifies=tells))


def downtime_of(start: int, length: int | None, scope: str, **rest: Any) -> Downtime:
    begin = datetime.fromtimestamp(START, UTC) + timedelta(minutes=start)
    end = None if length is None else begin + timedelta(minutes=length)
    return Downtime(
        id=f"{start} {scope}", scope=read_downtime_scope(scope), schedules=(OneTime(start=begin, end=end),), **rest
    )


DOWNTIMES = st.lists(
    st.builds(
        downtime_of,
        st.integers(-5, 80),
        st.none() | st.integers(1, 40),
        st.sampled_from(["*", "t:x", "t:y", "-t:x"]),
        mute_first_recovery=st.booleans(),
        notify_end_states=st.sampled_from([ALL_BAD, frozenset({State.ALERT}), frozenset()]),
    ),
    max_size=3,
)
RULES = (
    NotificationRule(name="all", scope=read_rule_scope("t:x"), recipients=("slack-x",)),
    NotificationRule(name="none", scope=read_rule_scope("t:z"), recipients=("slack-z",)),
)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([query for query in QUERIES if "{t}" in query[0] and "default_zero" not in query[0]]),
    st.tuples(OPTIONS, MISSING, st.sampled_from([[], ["t"], ["*"]])),
    st.tuples(RUNS, RUNS, RUNS, RUNS),
    DOWNTIMES,
)
def test_downtimes_rules_and_clusters_are_the_same_either_way(
    query: tuple[str, MetricType],
    asked: tuple[dict[str, Any], dict[str, Any], list[str]],
    runs: tuple[list[tuple[float | None, int]], ...],
    downtimes: list[Downtime],
) -> None:
    text, kind = query
    options, missing, notify_by = asked
    names = ("a{t:x,host:a}", "a{t:y,host:b}", "b{t:x,host:a}", "a{t:x,host:c}")
    store = store_of(kind, dict(zip(names, runs, strict=True)), 60)
    definition = definition_of(text, {**options, **missing, "notify_by": notify_by})
    instants = [START + 60 * number for number in range(1, 90)]
    require_equal(definition, store, instants, Assumptions(), Routing(downtimes=tuple(downtimes), rules=RULES))


@pytest.mark.parametrize("notify_by", [[], ["*"]])
def test_a_repetition_that_was_due_before_a_step_that_is_not_told_is_the_same_either_way(notify_by: list[str]) -> None:
    store = store_of(MetricType.GAUGE, {"a{t:x}": [(0, 5), (1, 8), (None, 30), (1, 40)]}, 60)
    repeated = {"renotify_interval": 10, "renotify_statuses": ["alert"], "notify_by": notify_by}
    definition = definition_of("avg(last_1m):avg:a{*} by {t} > 0.5", {"notify_no_data": True, **repeated})
    instants = [START + 60 * number for number in range(1, 83)]
    require_equal(definition, store, instants, Assumptions(no_data_to_alert_notifies=False))


@pytest.mark.parametrize("notify_by", [[], ["t"]])
def test_a_scheduled_evaluation_that_comes_to_nothing_tells_nothing(notify_by: list[str]) -> None:
    """On the second of three days all is divided by zero."""
    store = SeriesStore(retention=None)
    for day, divisor in enumerate((1, 0, 1)):
        for metric, value in (("a", 9), ("b", divisor)):
            store.write(metric, parse_tags("t:x"), MetricType.GAUGE, START + day * 86400 + 1800, value, interval=60)
    daily = {"custom_schedule": {"recurrences": [{"rrule": "FREQ=DAILY;BYHOUR=1;BYMINUTE=0"}]}}
    options = {"on_missing_data": "show_no_data", "notify_by": notify_by, "scheduling_options": daily}
    definition = definition_of("avg(last_1h):avg:a{*} by {t} / avg:b{*} by {t} > 0.5", options)
    instants = [START + day * 86400 + 3600 for day in range(3)]
    require_equal(definition, store, instants, Assumptions())
    told = run_timeline(definition, store, np.array(instants)).notifications
    assert [(each.at.day, each.transition) for each in told] == [(1, "Triggered"), (3, "Triggered")]


def test_a_group_that_is_forgotten_and_comes_back_is_the_same_either_way() -> None:
    for silent in (1440, 1441):
        store = store_of(
            MetricType.GAUGE,
            {"a{t:x}": [(1, 5), (None, silent), (1, 90)], "a{t:y}": [(0, silent + 95)]},
            60,
        )
        for options in ({}, {"notify_no_data": True, "timeout_h": 2}, {"on_missing_data": "resolve"}):
            definition = definition_of("avg(last_5m):avg:a{*} by {t} > 0.5", options)
            # Stepping is slow: only where something can happen.
            numbers = [*range(1, 8), *range(120, 130), *range(1440, 1460)]
            require_equal(definition, store, [START + 60 * number for number in numbers], Assumptions())


def test_windows_that_cut_their_buckets_are_the_same_either_way() -> None:
    """Five hours roll up in buckets of 300 s, which four of five evaluations cut at both ends."""
    values: list[tuple[float | None, int]] = [(number % 7 / 7, 1) for number in range(700)]
    store = store_of(MetricType.GAUGE, {"a{t:x}": values, "a{t:y}": values[100:]}, 37)
    for query in ("avg(last_5h):sum:a{*} > 0.5", "avg(last_5h):per_minute(avg:a{*} by {t}) > 0.5"):
        instants = [START + 60 * number for number in range(280, 320)]
        require_equal(definition_of(query, {"evaluation_delay": 17}), store, instants, Assumptions())


@pytest.mark.parametrize("minutes", [1, 2, 30])
def test_instants_may_be_few_and_far_between(minutes: int) -> None:
    store = store_of(MetricType.COUNT, {"a{t:x}": [(1, 50)], "b{t:x}": [(1, 200)]}, 60)
    instants = [START + 60 * number for number in range(1, 200, minutes)]
    require_equal(definition_of(QUERIES[0][0], {}), store, instants, Assumptions())


def test_a_timeline_without_instants_or_points_is_empty() -> None:
    definition = definition_of("avg(last_5m):avg:a{*} by {t} > 0.5", {})
    empty = run_timeline(definition, SeriesStore(), np.array([START]))
    assert (empty.groups_at(0), empty.transitions, empty.evaluated) == ((), (), 0)
    assert run_timeline(definition, SeriesStore(), np.array([])).transitions == ()


def test_what_a_timeline_tells_of_a_group() -> None:
    store = store_of(MetricType.GAUGE, {"a{t:x}": [(1, 3), (None, 5), (0, 3)]}, 60)
    definition = definition_of("max(last_1m):max:a{*} by {t} > 0.5", {"new_group_delay": 0})
    timeline = run_timeline(definition, store, START + 60 * np.arange(1.0, 12.0))
    group = (Tag("t", "x"),)
    assert [each.new for each in timeline.transitions] == [State.ALERT, State.OK]
    status = timeline.status(group, 5)
    assert status is not None
    assert (status.state, status.value, timeline.value(group, 5)) == (State.ALERT, 1, None)
    assert (timeline.without_value_since(group, 5), timeline.without_value_since(group, 2)) == (3, None)
    assert timeline.is_silent(group, 5)
    assert timeline.status(EVERYTHING, 5) is None
    assert timeline.evaluated == 6


def test_a_monitor_that_is_never_evaluated_does_nothing(monitor: Callable[..., Definition]) -> None:
    timeline = run_timeline(monitor("max(last_1m):max:m{*} > 1"), SeriesStore(), np.empty(0))
    assert (timeline.transitions, timeline.notifications, timeline.evaluated) == ((), (), 0)
