from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertproof.datadog import (
    Assumptions,
    Definition,
    GroupStatus,
    Notification,
    State,
    Step,
    advance,
    load_definition,
)
from alertproof.tags import EVERYTHING, Group, Tag
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA

LAST = "max(last_1m):max:m{*}"


class Life:
    """A monitor evaluated minute after minute over gauges with one value each minute."""

    def __init__(self, definition: Definition, store: SeriesStore, minute: Minute) -> None:
        self.definition, self.store, self.minute = definition, store, minute
        self.statuses: Mapping[Group, GroupStatus] = {}
        self.steps: dict[int, Step] = {}

    def run(self, minutes: Iterable[int], assumptions: Assumptions | None = None) -> Life:
        for number in minutes:
            step = advance(
                self.definition,
                self.statuses,
                self.store,
                self.minute(number),
                assumptions=assumptions or Assumptions(),
            )
            self.statuses, self.steps[number] = step.statuses, step
        return self

    def states(self, group: Group = EVERYTHING) -> list[State | None]:
        found = [step.statuses.get(group) for step in self.steps.values()]
        return [status.state if status else None for status in found]

    def told(self) -> list[tuple[int, str]]:
        return [(n, each.transition) for n, step in self.steps.items() for each in step.notifications]

    def notifications(self) -> list[Notification]:
        return [each for step in self.steps.values() for each in step.notifications]


@pytest.fixture
def live(monitor: Make, minute: Minute, store_of: StoreOf) -> Callable[..., Life]:
    """Live through the values of the metric ``m``, evaluated right after each."""

    def run(
        condition: str, values: list[float | None], *, assumptions: Assumptions | None = None, **options: Any
    ) -> Life:
        store = store_of(("m", values), kind=MetricType.GAUGE)
        definition = monitor(f"{LAST} {condition}", "@someone", **options)
        return Life(definition, store, minute).run(range(1, len(values) + 1), assumptions)

    return run


def test_a_new_monitor_is_in_no_data_and_says_nothing_when_all_is_well(live: Callable[..., Life]) -> None:
    life = live("> 3", [None, 1, 1])
    assert life.states() == [NO_DATA, OK, OK]
    assert life.told() == []
    assert [(t.old, t.new) for step in life.steps.values() for t in step.transitions] == [(NO_DATA, OK)]


def test_a_new_monitor_that_is_bad_at_once_tells_so(live: Callable[..., Life]) -> None:
    assert live("> 3", [5, 5]).told() == [(1, "Triggered")]


def test_without_a_recovery_threshold_a_state_ends_with_its_condition(live: Callable[..., Life]) -> None:
    """Published example V10."""
    life = live("> 3", [1, 4, 3.1, 3, 1])
    assert life.states() == [OK, ALERT, ALERT, OK, OK]
    assert life.told() == [(2, "Triggered"), (4, "Recovered")]


@pytest.mark.parametrize(
    ("comparator", "stays", "leaves"), [(">", 2.1, 2.0), (">=", 2.0, 1.9), ("<", 3.9, 4.0), ("<=", 4.0, 4.1)]
)
def test_a_recovery_threshold_has_to_be_passed(
    comparator: str, stays: float, leaves: float, live: Callable[..., Life]
) -> None:
    """Published example V11: the operators of recovery."""
    bad = 9.0 if ">" in comparator else 0.0
    recovery = 2 if ">" in comparator else 4
    thresholds = {"critical": 3, "critical_recovery": recovery}
    life = live(f"{comparator} 3", [bad, stays, leaves], thresholds=thresholds)
    assert life.states() == [ALERT, ALERT, OK]


def test_a_warning_has_its_own_recovery_and_an_alert_may_step_down_to_it(live: Callable[..., Life]) -> None:
    thresholds = {"critical": 10, "critical_recovery": 8, "warning": 5, "warning_recovery": 3}
    life = live("> 10", [11, 9, 7, 4, 3, 4, 6], thresholds=thresholds)
    assert life.states() == [ALERT, ALERT, WARN, WARN, OK, OK, WARN]
    assert life.told() == [(1, "Triggered"), (3, "Warn"), (5, "Recovered"), (7, "Warn")]


def test_whether_a_state_stays_between_its_thresholds_is_an_assumption(live: Callable[..., Life]) -> None:
    thresholds = {"critical": 10, "critical_recovery": 8}
    leaves = Assumptions(stays_between_thresholds=False)
    assert live("> 10", [11, 9], thresholds=thresholds, assumptions=leaves).states() == [ALERT, OK]
    assert live("> 10", [11, 9], thresholds=thresholds).states() == [ALERT, ALERT]


@pytest.mark.parametrize(("comparator", "bad", "good"), [("==", 3, 4), ("!=", 4, 3)])
def test_equality_is_a_comparison_too(comparator: str, bad: float, good: float, live: Callable[..., Life]) -> None:
    assert live(f"{comparator} 3", [bad, good]).states() == [ALERT, OK]


def test_missing_data_keeps_the_state_unless_asked_otherwise(live: Callable[..., Life]) -> None:
    life = live("> 3", [5, None, None, None, 1])
    assert life.states() == [ALERT, ALERT, ALERT, ALERT, OK]
    assert life.steps[3].values == {EVERYTHING: None}
    assert life.steps[3].statuses[EVERYTHING].value == 5


def test_no_data_is_told_after_its_timeframe_and_its_end_too(live: Callable[..., Life]) -> None:
    life = live("> 3", [1, None, None, None, 1], notify_no_data=True, no_data_timeframe=3)
    assert life.states() == [OK, OK, OK, NO_DATA, OK]
    assert life.told() == [(4, "No Data"), (5, "Recovered")]


def test_an_omitted_timeframe_is_two_windows_by_assumption(live: Callable[..., Life]) -> None:
    values = [1, None, None, None, None]
    assert live("> 3", values, notify_no_data=True).states() == [OK, OK, NO_DATA, NO_DATA, NO_DATA]
    once = Assumptions(no_data_windows=1)
    assert live("> 3", values, notify_no_data=True, assumptions=once).states()[1] is NO_DATA


def test_a_monitor_that_never_saw_data_does_not_miss_it(live: Callable[..., Life]) -> None:
    life = live("> 3", [None] * 9, notify_no_data=True, no_data_timeframe=2)
    assert set(life.states()) == {NO_DATA}
    assert life.told() == []


@pytest.mark.parametrize(
    ("option", "states", "told"),
    [
        ("show_no_data", [OK, NO_DATA, OK, ALERT, NO_DATA, OK], ["Triggered", "Recovered"]),
        (
            "show_and_notify_no_data",
            [OK, NO_DATA, OK, ALERT, NO_DATA, OK],
            ["No Data", "Recovered", "Triggered", "No Data", "Recovered"],
        ),
        ("resolve", [OK, OK, OK, ALERT, OK, OK], ["Triggered", "Recovered"]),
        ("default", [OK, OK, OK, ALERT, ALERT, OK], ["Triggered", "Recovered"]),
    ],
)
def test_missing_data_does_what_is_asked(
    option: str, states: list[State], told: list[str], live: Callable[..., Life]
) -> None:
    life = live("> 3", [1, None, 1, 5, None, 1], on_missing_data=option)
    assert life.states() == states
    assert [word for _, word in life.told()] == told


def test_a_missing_count_is_zero_by_default(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("m", [5, None]))
    definition = monitor("sum(last_1m):sum:m{*}.as_count() > 3", on_missing_data="default")
    assert Life(definition, store, minute).run([1, 2]).states() == [ALERT, OK]


def test_a_missing_count_is_a_zero_that_recovers_only_past_the_recovery_threshold(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    """Of ``>=`` the recovery is below its threshold, which no count comes to [5.4, 5.5]."""
    store = store_of(("m", [5, None]))
    query, held = "sum(last_1m):sum:m{*}.as_count() >= 1", {"critical": 1, "critical_recovery": 0}
    definition = monitor(query, on_missing_data="default", thresholds=held)
    assert Life(definition, store, minute).run([1, 2]).states() == [ALERT, ALERT]


def test_instants_follow_a_group_through_its_trouble(live: Callable[..., Life], minute: Minute) -> None:
    """Published example V12: OK, Warn at A, Alert at B, No Data at C, OK at D."""
    life = live(
        "> 10",
        [1, 6, 11, None, 1],
        thresholds={"critical": 10, "warning": 5},
        on_missing_data="show_and_notify_no_data",
    )
    assert life.states() == [OK, WARN, ALERT, NO_DATA, OK]
    a, b, c, d = (minute(number) for number in (2, 3, 4, 5))
    seen = [step.statuses[EVERYTHING] for step in life.steps.values()][1:]
    assert [status.first_triggered_at for status in seen] == [a, a, a, a]
    assert [status.last_triggered_at for status in seen] == [a, b, c, c]
    assert [status.last_resolved_at for status in seen] == [None, None, None, d]
    assert [status.last_nodata_at for status in seen] == [None, None, c, c]
    assert [status.since for status in seen] == [a, b, c, d]


def test_the_duration_of_trouble_counts_from_its_start(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    """Published example V12: 0, B-A, C-A, D-A."""
    store = store_of(("m", [1, 6, 11, None, 1]), kind=MetricType.GAUGE)
    definition = monitor(
        f"{LAST} > 10",
        "{{triggered_duration_sec}}",
        thresholds={"critical": 10, "warning": 5},
        on_missing_data="show_and_notify_no_data",
    )
    life = Life(definition, store, minute).run(range(1, 6))
    assert [each.body for each in life.notifications()] == ["0", "60", "120", "180"]


def test_a_second_trouble_starts_anew(live: Callable[..., Life], minute: Minute) -> None:
    life = live("> 3", [5, 1, 5])
    assert life.steps[3].statuses[EVERYTHING].first_triggered_at == minute(3)


def test_trouble_is_repeated_at_the_interval_and_only_so_often(live: Callable[..., Life]) -> None:
    life = live("> 3", [5] * 12 + [1], renotify_interval=3, renotify_occurrences=2)
    assert life.told() == [(1, "Triggered"), (4, "Renotify"), (7, "Renotify"), (13, "Recovered")]
    assert [each.title for each in life.notifications()[:2]] == ["[Triggered] Monitor", "[Re-Triggered] Monitor"]


@pytest.mark.parametrize(("minutes", "told"), [(None, [4, 7, 10]), (6, [4, 7]), (5, [4])])
def test_whether_repeating_stops_is_an_assumption(
    minutes: int | None, told: list[int], live: Callable[..., Life]
) -> None:
    assumed = Assumptions(renotify_stops_after=timedelta(minutes=minutes) if minutes else None)
    life = live("> 3", [5] * 11, renotify_interval=3, assumptions=assumed)
    assert [number for number, word in life.told() if word == "Renotify"] == told


def test_each_trouble_is_repeated_anew(live: Callable[..., Life]) -> None:
    life = live("> 3", [5, 5, 5, 1, 5, 5, 5], renotify_interval=1, renotify_occurrences=1)
    words = [word for _, word in life.told()]
    assert words == ["Triggered", "Renotify", "Recovered", "Triggered", "Renotify"]


def test_only_the_statuses_asked_for_are_repeated(live: Callable[..., Life]) -> None:
    options = {"thresholds": {"critical": 10, "warning": 3}, "renotify_interval": 2}
    assert live("> 10", [5] * 6, **options).told() == [(1, "Warn")]
    repeated = live("> 10", [5] * 6, **options, renotify_statuses=["warn"])
    assert repeated.told() == [(1, "Warn"), (3, "Renotify"), (5, "Renotify")]


def test_a_draft_changes_its_state_and_tells_nobody(minute: Minute, store_of: StoreOf) -> None:
    definition = load_definition(
        {"type": "query alert", "query": f"{LAST} > 3", "draft_status": "draft", "message": "@a"}, source="x"
    )
    life = Life(definition, store_of(("m", [5, 1]), kind=MetricType.GAUGE), minute).run([1, 2])
    assert (life.states(), life.told()) == ([ALERT, OK], [])


def test_trouble_without_data_resolves_after_its_timeout(live: Callable[..., Life]) -> None:
    values = [5, *[None] * 70]
    # Minute 2 is the first evaluation without data; the hour counts from there.
    life = live("> 3", values, timeout_h=1)
    assert [number for number, step in life.steps.items() if step.transitions] == [1, 62]
    assert life.told() == [(1, "Triggered"), (62, "Recovered")]
    silent = live("> 3", values, timeout_h=1, assumptions=Assumptions(auto_resolve_notifies=False))
    assert silent.told() == [(1, "Triggered")]
    assert silent.states()[-1] is OK


def test_the_clock_of_the_timeout_waits_for_window_and_delay(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("m", [5]), kind=MetricType.GAUGE)
    definition = monitor("max(last_30m):max:m{*} > 3", timeout_h=1, evaluation_delay=600)
    life = Life(definition, store, minute).run(range(1, 110))
    assert [number for number, step in life.steps.items() if step.transitions] == [11, 101]


@pytest.mark.parametrize(
    ("options", "moves"),
    [
        ({"notify_no_data": True, "no_data_timeframe": 10}, [(1, OK), (30, NO_DATA), (81, OK), (161, ALERT)]),
        ({"on_missing_data": "show_and_notify_no_data"}, [(1, OK), (21, NO_DATA), (81, OK), (161, ALERT)]),
        ({"on_missing_data": "resolve"}, [(1, OK), (161, ALERT)]),
    ],
)
def test_a_silence_that_was_resolved_is_not_missed_again(
    options: dict[str, Any], moves: list[tuple[int, State]], live: Callable[..., Life]
) -> None:
    life = live("> 3", [1] * 20 + [None] * 140 + [5], timeout_h=1, **options)
    assert [(n, each.new) for n, step in life.steps.items() for each in step.transitions] == moves


def test_the_next_silence_is_missed_anew(live: Callable[..., Life]) -> None:
    values = [1, *[None] * 69, 1, 1, *[None] * 9]
    life = live("> 3", values, timeout_h=1, on_missing_data="show_no_data")
    assert [(n, each.new) for n, step in life.steps.items() for each in step.transitions] == [
        (1, OK),
        (2, NO_DATA),
        (62, OK),
        (73, NO_DATA),
    ]


def test_the_value_that_decided_is_told_where_it_stands_for_missing_data(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    definition = monitor("sum(last_1m):sum:m{*}.as_count() > 3", "now {{value}}", on_missing_data="default")
    life = Life(definition, store_of(("m", [5, None])), minute).run([1, 2])
    assert [each.body for each in life.notifications()] == ["now 5", "now 0"]
    assert life.steps[2].values == {EVERYTHING: 0}
    assert [each.value for each in life.steps[2].transitions] == [0]
    assert [step.silent for step in life.steps.values()] == [frozenset(), frozenset({EVERYTHING})]


GROUPED = "max(last_1m):max:m{*} by {host}"
A, B = (Tag("host", "a"),), (Tag("host", "b"),)


def test_each_group_lives_its_own_life(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("m{host:a}", [5, 5, 1]), ("m{host:b}", [1, 5, 5]), kind=MetricType.GAUGE)
    life = Life(monitor(f"{GROUPED} > 3", new_group_delay=0), store, minute).run(range(1, 4))
    assert (life.states(A), life.states(B)) == ([ALERT, ALERT, OK], [OK, ALERT, ALERT])
    assert [(each.group, each.transition) for each in life.notifications()] == [
        (A, "Triggered"),
        (B, "Triggered"),
        (A, "Recovered"),
    ]
    assert life.notifications()[0].title == "[Triggered on {host:a}] Monitor"


@pytest.mark.parametrize(("options", "first"), [({}, 6), ({"new_host_delay": 60}, 2), ({"new_group_delay": 180}, 4)])
def test_a_new_group_is_left_alone_for_its_delay(
    options: dict[str, int], first: int, monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    store = store_of(("m{host:a}", [None, *[5] * 9]), kind=MetricType.GAUGE)
    life = Life(monitor(f"{GROUPED} > 3", **options), store, minute).run(range(1, 10))
    assert life.told() == [(first, "Triggered")]
    assert life.states(A)[: first - 1] == [None] * (first - 1)


def test_an_evaluation_delay_comes_on_top_of_the_delay_of_a_new_group(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    store = store_of(("m{host:a}", [5] * 20), kind=MetricType.GAUGE)
    definition = monitor(f"{GROUPED} > 3", new_group_delay=180, evaluation_delay=300)
    assert Life(definition, store, minute).run(range(1, 15)).told() == [(8, "Triggered")]


@pytest.mark.parametrize(("options", "states"), [({}, [None, None]), ({"new_host_delay": 0}, [ALERT, ALERT])])
def test_a_delay_of_zero_is_none(
    options: dict[str, int], states: list[State | None], monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    store = store_of(("m{host:a}", [5] * 3), kind=MetricType.GAUGE)
    assert Life(monitor(f"{GROUPED} > 3", **options), store, minute).run([1, 2]).states(A) == states


def test_the_delay_is_a_minute_for_groups_other_than_hosts(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("m{t:a}", [5] * 3), kind=MetricType.GAUGE, every=30)
    life = Life(monitor("max(last_1m):max:m{*} by {t} > 3"), store, minute).run([1])
    assert life.told() == [(1, "Triggered")]
    late = store_of(("m{t:a}", [None, 5, 5, 5]), kind=MetricType.GAUGE, every=30)
    life = Life(monitor("max(last_1m):max:m{*} by {t} > 3"), late, minute).run([1, 2])
    assert life.told() == [(2, "Triggered")]


def test_a_group_is_forgotten_after_a_day_without_data(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("m{host:a}", [5]), kind=MetricType.GAUGE)
    life = Life(monitor(f"{GROUPED} > 3", new_group_delay=0), store, minute).run([1, 1441, 1442])
    assert life.states(A) == [ALERT, ALERT, None]
    assert life.told() == [(1, "Triggered")]


def test_the_day_of_a_group_counts_from_its_first_evaluation_without_data(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    store = store_of(("m{host:a}", [5]), kind=MetricType.GAUGE)
    definition = monitor("max(last_1h):max:m{*} by {host} > 3", "@someone", new_group_delay=0, evaluation_delay=600)
    assert Life(definition, store, minute).run([11, 1510, 1511]).states(A) == [ALERT, ALERT, None]


def test_a_group_that_an_edit_took_away_is_forgotten(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("m{host:a}", [5, 5, 5]), kind=MetricType.GAUGE)
    life = Life(monitor(f"{LAST} > 3"), store, minute).run([1])
    life.definition = monitor(f"{GROUPED} > 3", new_group_delay=0)
    life.run([2])
    assert set(life.statuses) == {A}
    life.definition = monitor(f"{LAST} > 3")
    life.run([3])
    assert set(life.statuses) == {EVERYTHING}


THRESHOLDS = {"critical": 10, "warning": 5, "critical_recovery": 8, "warning_recovery": 4}
values = st.lists(st.none() | st.integers(0, 12), min_size=1, max_size=30)


silences = st.lists(st.tuples(st.sampled_from([None, 0, 12]), st.sampled_from([1, 3, 75])), min_size=2, max_size=3)
missing = (
    st.fixed_dictionaries(
        {"timeout_h": st.sampled_from([0, 1])},
    )
    | st.fixed_dictionaries(
        {
            "timeout_h": st.sampled_from([0, 1]),
            "on_missing_data": st.sampled_from(["default", "resolve", "show_no_data", "show_and_notify_no_data"]),
        }
    )
    | st.fixed_dictionaries(
        {"timeout_h": st.just(1), "notify_no_data": st.just(True), "no_data_timeframe": st.just(10)}
    )
)


def lived(samples: list[int | None], query: str = f"{LAST} > 10", **options: Any) -> Life:
    start = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
    store = SeriesStore()
    for number, value in enumerate(samples):
        if value is not None:
            at = start.timestamp() + 60 * number
            store.write("m", frozenset(), MetricType.GAUGE, at, value)
    payload = {"type": "query alert", "query": query, "message": "@someone", "options": options}
    definition = load_definition(payload, source="x")
    minute = lambda number: start + timedelta(minutes=number)  # noqa: E731 - the shape of the fixture
    return Life(definition, store, minute).run(range(1, len(samples) + 1))


@settings(max_examples=40, deadline=None)
@example([(12, 1), (None, 75)], {"timeout_h": 1, "notify_no_data": True, "no_data_timeframe": 10}, f"{LAST} > 10")
@example([(12, 1), (None, 75)], {"timeout_h": 1, "on_missing_data": "show_no_data"}, f"{LAST} > 10")
@given(silences, missing, st.sampled_from([f"{LAST} > 10", "sum(last_1m):sum:m{*}.as_count() < 10"]))
def test_a_silence_never_leads_to_the_same_state_twice(
    runs: list[tuple[int | None, int]], options: dict[str, Any], query: str
) -> None:
    life = lived([value for value, times in runs for _ in range(times)], query, **options)
    entered: list[State] = []
    for step in life.steps.values():
        entered = [*entered, *(each.new for each in step.transitions)] if EVERYTHING in step.silent else []
        assert len(entered) == len(set(entered))


@settings(deadline=None)
@given(values, st.booleans())
def test_transitions_chain_and_never_stand_still(samples: list[int | None], notify: bool) -> None:
    life = lived(samples, thresholds=THRESHOLDS, notify_no_data=notify, no_data_timeframe=2)
    moves = [each for step in life.steps.values() for each in step.transitions]
    assert all(each.old is not each.new for each in moves)
    assert all(before.new is after.old for before, after in pairwise(moves))
    states = [NO_DATA, *life.states()]
    assert [(a, b) for a, b in pairwise(states) if a is not b] == [(each.old, each.new) for each in moves]


@settings(deadline=None)
@given(values)
def test_every_recovery_follows_trouble_that_was_told(samples: list[int | None]) -> None:
    life = lived(samples, thresholds=THRESHOLDS, notify_no_data=True, no_data_timeframe=2)
    open_trouble = False
    for each in life.notifications():
        if each.state is OK:
            assert open_trouble
        open_trouble = each.state is not OK


@settings(deadline=None)
@given(values)
def test_a_value_above_critical_is_an_alert_and_one_below_all_is_ok(samples: list[int | None]) -> None:
    life = lived(samples, thresholds=THRESHOLDS)
    for value, state in zip(samples, life.states(), strict=True):
        if value is not None and value > 10:
            assert state is ALERT
        if value is not None and value <= 4:
            assert state is OK


@settings(deadline=None)
@given(values)
def test_an_evaluation_changes_nothing_it_was_given(samples: list[int | None]) -> None:
    life = lived(samples, thresholds=THRESHOLDS)
    before = MappingProxyType(dict(life.statuses))
    at = life.minute(len(samples) + 1)
    first = advance(life.definition, before, life.store, at)
    assert advance(life.definition, before, life.store, at) == first
    assert before == life.statuses
