from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog import (
    Assumptions,
    Definition,
    DefinitionError,
    GroupStatus,
    Notification,
    State,
    advance,
    load_definition,
    require_modelled,
    run_timeline,
)
from alertproof.datadog.monitor.happened import what_happened
from alertproof.errors import NotModelled
from alertproof.tags import EVERYTHING, Group, Tag, parse_tags
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.series import MetricType, SeriesStore

Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
OK, WARN, ALERT, NO_DATA, UNKNOWN = State.OK, State.WARN, State.ALERT, State.NO_DATA, State.UNKNOWN
RUN = '"app.ok".over("env:prod").by("host").last(4).count_by_status()'
HOST_A: Group = (Tag("host", "a"),)


def check(query: str, **options: Any) -> Definition:
    return load_definition(
        {"name": "C", "type": "service check", "query": query, "message": "@x", "options": options}, source="test"
    )


@pytest.fixture
def states(minute: Minute, store_of: StoreOf) -> Callable[..., list[State | None]]:
    """Evaluate after each status; one each minute."""

    def run(definition: Definition, *series: tuple[str, list[float | None]], group: Group) -> list[State | None]:
        evidence = Evidence(checks=store_of(*series, kind=MetricType.GAUGE))
        length = max(len(values) for _, values in series)
        instants = np.array([minute(number).timestamp() for number in range(1, length + 1)])
        timeline = run_timeline(definition, SeriesStore(), instants, evidence=evidence)
        found = [timeline.status(group, number) for number in range(length)]
        return [status.state if status else None for status in found]

    return run


States = Callable[..., list[State | None]]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([0, 2, 2, 2, 2], [OK, OK, OK, ALERT, ALERT]),
        ([0, 2, 2, 0, 2, 2, 2], [OK, OK, OK, OK, OK, OK, ALERT]),
        ([2, 2, 2, 0, 0], [NO_DATA, NO_DATA, ALERT, ALERT, OK]),
        ([2, 2, 2, 1, 1], [NO_DATA, NO_DATA, ALERT, ALERT, WARN]),
        ([2, 2, 1, 2], [NO_DATA, NO_DATA, NO_DATA, NO_DATA]),
        ([0, 0, 3, 3], [NO_DATA, OK, UNKNOWN, UNKNOWN]),
        ([2, 2, 2, 3, 0, 0], [NO_DATA, NO_DATA, ALERT, UNKNOWN, UNKNOWN, OK]),
    ],
)
def test_so_many_statuses_in_a_row_make_a_state(
    statuses: list[float | None], expected: list[State], states: States
) -> None:
    definition = check(
        RUN,
        thresholds={"ok": 2 if statuses[0] or statuses[:2] == [0, 0] else 1, "warning": 2, "critical": 3},
        new_host_delay=0,
    )
    found = states(definition, ("app.ok{env:prod,host:a}", statuses), group=HOST_A)
    assert [state or NO_DATA for state in found] == expected


def test_only_statuses_in_scope_count(states: States) -> None:
    definition = check('"app.ok".over("env:prod").exclude("canary:yes").by("*").last(2).count_by_status()')
    good = ("app.ok{env:prod}", [0.0, 0])
    assert states(definition, good, ("app.ok{env:dev}", [2.0, 2]), group=EVERYTHING) == [OK, OK]
    assert states(definition, good, ("app.ok{env:prod,canary:yes}", [2.0, 2]), group=EVERYTHING) == [OK, OK]
    assert states(definition, good, ("other{env:prod}", [2.0, 2]), group=EVERYTHING) == [OK, OK]
    assert states(definition, ("app.ok{env:prod}", [0.0, 2]), group=EVERYTHING) == [OK, ALERT]


@pytest.mark.parametrize(("bad", "state"), [(0, OK), (1, OK), (2, WARN), (3, ALERT), (4, ALERT)])
def test_a_cluster_alerts_on_the_share_of_its_members(bad: int, state: State, states: States) -> None:
    query = '"app.ok".over("*").by("*").last(1).pct_by_status()'
    definition = check(query, thresholds={"warning": 50, "critical": 60})
    members = [
        (f"app.ok{{host:{number}}}", [2.0 if number < bad and bad != 2 else float(number < bad)]) for number in range(4)
    ]
    assert states(definition, *members, group=EVERYTHING) == [state]


def test_a_check_that_falls_silent_decides_nothing(states: States) -> None:
    statuses = [0.0, 2, *[None] * 9, 0]
    found = states(check(RUN, new_host_delay=0), ("app.ok{env:prod,host:a}", statuses), group=HOST_A)
    assert found == [OK, *[ALERT] * 10, OK]
    missed = check(RUN, new_host_delay=0, notify_no_data=True, no_data_timeframe=7)
    found = states(missed, ("app.ok{env:prod,host:a}", statuses), group=HOST_A)
    assert found == [OK, *[ALERT] * 7, *[NO_DATA] * 3, OK]


@pytest.mark.parametrize(
    ("thresholds", "told"),
    [
        ({}, [(3, "Triggered"), (7, "Recovered"), (9, "Triggered")]),
        (
            {"unknown": 1},
            [(3, "Triggered"), (4, "Unknown"), (7, "Recovered"), (8, "Unknown"), (9, "Triggered"), (10, "Unknown")],
        ),
        ({"unknown": 2}, [(3, "Triggered"), (5, "Unknown"), (7, "Recovered"), (9, "Triggered"), (11, "Unknown")]),
    ],
)
def test_unknown_is_a_state_and_told_where_it_has_a_threshold(
    thresholds: dict[str, int], told: list[tuple[int, str]], minute: Minute, store_of: StoreOf
) -> None:
    """A check with an unknown status after an alert recovers with the next good one, once."""
    statuses = [0.0, 0, 2, 3, 3, 3, 0, 3, 2, 3, 3]
    text = "{{#is_unknown}}unknown @a{{/is_unknown}}{{#is_recovery}}well @a{{/is_recovery}}"
    options = {"thresholds": {"critical": 1, **thresholds}, "new_host_delay": 0}
    payload = {"type": "service check", "query": RUN, "message": text, "options": options}
    evidence = Evidence(checks=store_of(("app.ok{env:prod,host:a}", statuses), kind=MetricType.GAUGE))
    instants = np.array([minute(number).timestamp() for number in range(1, len(statuses) + 1)])
    found = run_timeline(load_definition(payload, source="test"), SeriesStore(), instants, evidence=evidence)
    assert [(each.at.minute, each.transition) for each in found.notifications] == told
    texts = {each.transition: (each.body, each.title) for each in found.notifications}
    assert texts["Recovered"][0] == "well @a"
    if thresholds:
        assert texts["Unknown"] == ("unknown @a", "[Unknown on {host:a}] ")


def test_without_a_timeframe_no_data_of_a_check_comes_after_a_day(minute: Minute, store_of: StoreOf) -> None:
    definition = check(RUN, new_host_delay=0, notify_no_data=True)
    evidence = Evidence(checks=store_of(("app.ok{env:prod,host:a}", [0.0]), kind=MetricType.GAUGE))
    instants = np.array([minute(number).timestamp() for number in range(1, 1450)])
    (_, gone) = run_timeline(definition, SeriesStore(), instants, evidence=evidence).transitions
    assert (gone.at, gone.new) == (minute(1441), NO_DATA)


@pytest.mark.parametrize(("statuses", "silent"), [([0.0] * 9, False), ([0.0, *[None] * 6, 0], True)])
def test_what_silence_is_to_a_check_is_told_of_where_it_was_silent(
    statuses: list[float | None], silent: bool, minute: Minute, store_of: StoreOf
) -> None:
    definition = check(RUN, new_host_delay=0)
    evidence = Evidence(checks=store_of(("app.ok{env:prod,host:a}", statuses), kind=MetricType.GAUGE))
    instants = np.array([minute(number).timestamp() for number in range(1, len(statuses) + 1)])
    happened = what_happened(run_timeline(definition, SeriesStore(), instants, evidence=evidence))
    said = "A check that is silent for five minutes decides nothing."
    assert (said in Assumptions().relied_on(definition, happened)) is silent
    assert said in Assumptions().relied_on(definition)


@pytest.mark.parametrize(
    ("options", "hours"), [({}, 24), ({"notify_no_data": True, "no_data_timeframe": 10}, 48), ({"timeout_h": 1}, 24)]
)
def test_a_silent_group_is_kept_a_day_and_two_where_no_data_is_told(
    options: dict[str, Any], hours: int, minute: Minute, store_of: StoreOf
) -> None:
    evidence = Evidence(checks=store_of(("app.ok{env:prod,host:a}", [0.0]), kind=MetricType.GAUGE))
    instants = np.array([minute(number).timestamp() for number in range(1, hours * 60 + 8)])
    timeline = run_timeline(check(RUN, new_host_delay=0, **options), SeriesStore(), instants, evidence=evidence)
    known = [number + 1 for number in range(len(instants)) if timeline.status(HOST_A, number) is not None]
    # Counted from minute 5, when five minutes without a status have passed.
    assert known == list(range(1, hours * 60 + 6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"thresholds": {"critical": 5}}, "Last field should be larger than or equal to max threshold"),
        ({"thresholds": {"critical_recovery": 1}}, "Invalid threshold for this type of monitor: critical_recovery"),
    ],
)
def test_what_the_server_refuses_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        check(RUN, **options)


def test_a_check_without_a_grouping_is_refused() -> None:
    with pytest.raises(DefinitionError, match="A grouping must be specified for custom checks"):
        check(RUN.replace('.by("host")', ""))


def test_statuses_are_needed() -> None:
    with pytest.raises(NotModelled, match="there are no statuses"):
        require_modelled(check(RUN))
    require_modelled(check(RUN), evidence=Evidence())


limits = st.integers(1, 3)
optional = st.fixed_dictionaries({}, optional={"ok": limits, "warning": limits, "unknown": limits})


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 1, 2, 3, None]), st.integers(1, 9)), min_size=1, max_size=12),
    optional,
    limits,
    st.fixed_dictionaries(
        {},
        optional={
            "notify_no_data": st.just(True),
            "no_data_timeframe": st.integers(5, 9),
            "renotify_interval": st.integers(1, 4),
            "renotify_statuses": st.just(["alert", "warn", "no data"]),
        },
    ),
)
def test_step_by_step_a_check_comes_to_what_its_timeline_does(
    runs: list[tuple[float | None, int]], thresholds: dict[str, int], critical: int, options: dict[str, Any]
) -> None:
    definition = check(RUN, thresholds={"critical": critical, **thresholds}, new_host_delay=0, **options)
    statuses = [status for status, times in runs for _ in range(times)]
    checks = SeriesStore(retention=None)
    for number, status in enumerate(statuses):
        if status is not None:
            checks.write("app.ok", parse_tags("env:prod,host:a"), MetricType.GAUGE, 60 * number, status)
    evidence = Evidence(checks=checks)
    instants = 60 * np.arange(1.0, len(statuses) + 1)
    timeline = run_timeline(definition, SeriesStore(), instants, evidence=evidence)
    told: list[Notification] = []
    standing: Mapping[Group, GroupStatus] = {}
    for number, at in enumerate(instants.tolist()):
        step = advance(definition, standing, SeriesStore(), datetime.fromtimestamp(at, UTC), evidence=evidence)
        standing = step.statuses
        told += step.notifications
        assert timeline.status(HOST_A, number) == standing.get(HOST_A)
    assert tuple(told) == timeline.notifications
