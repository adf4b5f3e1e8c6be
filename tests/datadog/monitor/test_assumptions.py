"""Each open question of the reference that is an option: both of its readings, and who is told that it was read so."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alertproof.datadog import Assumptions, Definition, GroupStatus, State, advance, load_definition, run_timeline
from alertproof.tags import EVERYTHING, Group, Tag
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
GAUGE = MetricType.GAUGE
OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
LAST = "max(last_1m):max:m{*}"
HOST_A: Group = (Tag("host", "a"),)
PAGE = Path(__file__).parents[3] / "docs" / "known-differences.md"


def told(definition: Definition, **assumed: Any) -> str:
    return "\n".join(Assumptions(**assumed).relied_on(definition))


class Lived:
    """What both engines, which agree, make of minutes 1 to ``minutes``."""

    def __init__(
        self,
        definition: Definition,
        store: SeriesStore,
        minute: Minute,
        minutes: int,
        *,
        group: Group = EVERYTHING,
        evidence: Evidence | None = None,
        **assumed: Any,
    ) -> None:
        assumptions = Assumptions(**assumed)
        instants = np.array([minute(number).timestamp() for number in range(1, minutes + 1)])
        timeline = run_timeline(definition, store, instants, assumptions=assumptions, evidence=evidence)
        statuses: dict[Group, GroupStatus] = {}
        self.states: list[State | None] = []
        self.told: list[tuple[int, str]] = []
        self.values: list[float | None] = []
        for number in range(minutes):
            step = advance(definition, statuses, store, minute(number + 1), assumptions=assumptions, evidence=evidence)
            statuses = dict(step.statuses)
            found = timeline.status(group, number)
            self.states.append(found.state if found else None)
            self.values.append(step.values.get(group))
            assert found == statuses.get(group)
            self.told += [(number + 1, each.transition) for each in step.notifications]
        assert [each.transition for each in timeline.notifications] == [word for _, word in self.told]


@pytest.mark.parametrize(("constants", "expected"), [(True, 16.0), (False, 20.0)])
def test_q4_a_constant_alone_is_arithmetic_on_counts_or_not(
    constants: bool, expected: float, monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    """Five buckets of 3 and 1 more: once for the window, or once for each bucket."""
    definition = monitor("sum(last_5m):sum:m{*}.as_count().rollup(sum, 60) + 1 > 9")
    assumed: dict[str, Any] = {"constants_are_count_arithmetic": constants}
    store = store_of(("m", [3] * 5))
    step = advance(definition, {}, store, minute(5), assumptions=Assumptions(**assumed))
    assert step.values == {EVERYTHING: expected}
    said = "With a constant alone, " + ("the window is added up" if constants else "each bucket is calculated")
    assert said in told(definition, **assumed)
    assert "With a constant" not in told(monitor("sum(last_5m):sum:m{*}.as_count() / sum:n{*}.as_count() > 1"))
    assert "With a constant" not in told(monitor("sum(last_5m):sum:m{*} * 100 > 1"))


@pytest.mark.parametrize("constants", [True, False])
def test_q4_arithmetic_of_two_counts_is_always_on_their_sums(
    constants: bool, monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    definition = monitor("sum(last_5m):100 * sum:e{*}.as_count() / sum:t{*}.as_count() > 1")
    store = store_of(("e", [1, 2, 3, 4, 5]), ("t", [10] * 5))
    assumed = Assumptions(constants_are_count_arithmetic=constants)
    assert advance(definition, {}, store, minute(5), assumptions=assumed).values == {EVERYTHING: 30}


@pytest.mark.parametrize(
    ("accuracy", "said"), [(None, "Percentiles are exact."), (0.01, "Percentiles are those of a sketch within 1.00%.")]
)
def test_a_percentile_says_how_exact_it_is(accuracy: float | None, said: str, monitor: Make) -> None:
    assert said in told(monitor("avg(last_5m):p95:m{*} > 9"), sketch_accuracy=accuracy)
    assert "Percentiles" not in told(monitor("avg(last_5m):avg:m{*} > 9"), sketch_accuracy=accuracy)


def test_only_a_message_that_calculates_says_what_a_failed_calculation_prints(monitor: Make) -> None:
    assert "An eval" in told(monitor(f"{LAST} > 9", '{{eval "value"}}'))
    assert "An eval" in told(monitor(f"{LAST} > 9", '{{urlencode (eval "value")}}'))
    assert "An eval" not in told(monitor(f"{LAST} > 9", "{{value}}"))


@pytest.mark.parametrize(("buckets", "expected"), [(False, 6.0), (True, 6.0 + 13 * 10)])
def test_q17_default_fills_the_total_or_each_empty_bucket(
    buckets: bool, expected: float, monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    """Of the fifteen buckets of 20 s two have a point."""
    definition = monitor("sum(last_5m):default(sum:m{*}.as_count(), 10) * 1 > 9")
    assumed: dict[str, Any] = {"default_fills_count_buckets": buckets}
    store = store_of(("m", [2, None, None, 4]))
    step = advance(definition, {}, store, minute(5), assumptions=Assumptions(**assumed))
    assert step.values == {EVERYTHING: expected}
    assert ("fill each empty bucket" if buckets else "fill the window's total") in told(definition, **assumed)
    assert "default()" not in told(monitor("sum(last_5m):default(sum:m{*}.as_count(), 10) > 9"))


def test_q17_the_buckets_to_fill_are_those_of_the_rollup_and_of_each_window(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    store = store_of(("m", [2, None, None, 4]))
    rolled = monitor("sum(last_5m):default(sum:m{*}.as_count().rollup(sum, 60), 10) * 1 > 9")
    assert Lived(rolled, store, minute, 5, default_fills_count_buckets=True).values[-1] == 6 + 3 * 10
    today = monitor("sum(current_1h):default(sum:m{*}.as_count(), 10) * 1 > 9999")
    assert Lived(today, store, minute, 4, default_fills_count_buckets=True).values == [22, 52, 82, 106]


@pytest.mark.parametrize(
    ("longest", "expected"), [(None, 10), (timedelta(seconds=600), 10), (timedelta(seconds=120), 3)]
)
def test_q16_a_fill_is_as_long_as_is_written_or_bounded(
    longest: timedelta | None, expected: int, monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    """A point in the first of ten minutes."""
    store = store_of(("m", [1, *[None] * 9]), kind=GAUGE)
    for query in ("max:m{*}.rollup(max, 60).fill(last, 900)", "(max:m{*}.rollup(max, 60)).fill(last, 900)"):
        definition = monitor(f"sum(last_10m):{query} > 99")
        step = advance(definition, {}, store, minute(10), assumptions=Assumptions(longest_fill=longest))
        assert step.values == {EVERYTHING: expected}
        limit = f"up to {longest.total_seconds():g} s" if longest else "which may be above 600 s"
        assert limit in told(definition, longest_fill=longest)
    assert "fill" not in told(monitor("sum(last_10m):max:m{*} > 99"), longest_fill=longest)


@pytest.mark.parametrize(
    ("worse", "expected"),
    [(False, [OK, OK, OK, OK, OK, ALERT, ALERT]), (True, [OK, OK, WARN, WARN, WARN, ALERT, WARN])],
)
def test_q13_a_critical_status_is_one_of_a_run_of_warnings_or_not(
    worse: bool, expected: list[State], minute: Minute, store_of: StoreOf
) -> None:
    query = '"up".over("*").by("host").last(4).count_by_status()'
    options = {"thresholds": {"ok": 1, "warning": 2, "critical": 2}, "new_host_delay": 0}
    definition = load_definition({"type": "service check", "query": query, "options": options}, source="test")
    evidence = Evidence(checks=store_of(("up{host:a}", [0, 1, 2, 1, 2, 2, 1]), kind=GAUGE))
    assumed = {"checks_count_worse_statuses": worse}
    found = Lived(definition, SeriesStore(), minute, 7, group=HOST_A, evidence=evidence, **assumed)
    assert found.states == expected
    assert ("a critical one among warnings too" in told(definition, **assumed)) is worse
    shares = {"type": "service check", "query": '"up".over("*").by("*").last(1).pct_by_status()'}
    assert "run of equal statuses" not in told(load_definition(shares, source="test"), **assumed)


@pytest.mark.parametrize(("shows", "expected"), [(False, [OK] * 5), (True, [OK, OK, NO_DATA, NO_DATA, OK])])
def test_q18_a_monitor_that_tells_of_no_missing_data_shows_them_or_not(
    shows: bool, expected: list[State], monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    """No point for two windows of a minute each; nobody is told either way."""
    definition = monitor(f"{LAST} > 1")
    store = store_of(("m", [0, None, None, None, 0]), kind=GAUGE)
    found = Lived(definition, store, minute, 5, silent_monitors_show_no_data=shows)
    assert (found.states, found.told) == (expected, [])
    said = "Without data the state " + ("is No Data" if shows else "stays")
    assert said in told(definition, silent_monitors_show_no_data=shows)
    assert "Without data" not in told(monitor(f"{LAST} > 1", notify_no_data=True))
    assert "Without data" not in told(monitor(f"{LAST} > 1", on_missing_data="resolve"))


def test_q18_trouble_that_was_told_is_told_to_have_ended_after_a_silent_no_data(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    store = store_of(("m", [2, None, None, None, 0]), kind=GAUGE)
    found = Lived(monitor(f"{LAST} > 1"), store, minute, 5, silent_monitors_show_no_data=True)
    assert found.states == [ALERT, ALERT, NO_DATA, NO_DATA, OK]
    assert found.told == [(1, "Triggered"), (5, "Recovered")]


@pytest.mark.parametrize(
    ("notify", "expected"),
    [(True, [(1, "Triggered"), (3, "Recovered"), (4, "Triggered")]), (False, [(4, "Triggered")])],
)
def test_q10_a_new_group_that_is_bad_is_told_or_not(
    notify: bool, expected: list[tuple[int, str]], monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    definition = monitor(f"{LAST} by {{host}} > 1", new_group_delay=0, renotify_interval=1, renotify_occurrences=0)
    store = store_of(("m{host:a}", [2, 2, 0, 2]), kind=GAUGE)
    found = Lived(definition, store, minute, 4, group=HOST_A, new_groups_notify=notify)
    assert found.states == [ALERT, ALERT, OK, ALERT]
    assert found.told == expected
    said = "A new group whose first evaluation is bad is " + ("told" if notify else "not told")
    assert said in told(definition, new_groups_notify=notify)
    assert "A new group" not in told(monitor(f"{LAST} > 1"))


@pytest.mark.parametrize("notify", [True, False])
def test_q10_a_simple_alert_is_always_told(notify: bool, monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    found = Lived(monitor(f"{LAST} > 1"), store_of(("m", [2]), kind=GAUGE), minute, 1, new_groups_notify=notify)
    assert found.told == [(1, "Triggered")]


@pytest.mark.parametrize("notify", [True, False])
def test_q14_data_that_return_bad_after_no_data_are_told_or_not(
    notify: bool, monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    definition = monitor(f"{LAST} > 1", on_missing_data="show_and_notify_no_data")
    store = store_of(("m", [0, None, 2, 0]), kind=GAUGE)
    found = Lived(definition, store, minute, 4, no_data_to_alert_notifies=notify)
    assert found.states == [OK, NO_DATA, ALERT, OK]
    again = [(3, "Triggered")] if notify else []
    assert found.told == [(2, "No Data"), *again, (4, "Recovered")]
    said = "Data that return bad after No Data are " + ("told anew" if notify else "not told again")
    assert said in told(definition, no_data_to_alert_notifies=notify)
    assert "return bad" not in told(monitor(f"{LAST} > 1", on_missing_data="show_no_data"))


def test_q14_trouble_whose_no_data_told_nobody_is_told_in_any_reading(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    definition = monitor(f"{LAST} > 1", on_missing_data="show_no_data")
    store = store_of(("m", [0, None, 2]), kind=GAUGE)
    assert Lived(definition, store, minute, 3, no_data_to_alert_notifies=False).told == [(3, "Triggered")]


# --- the page -----------------------------------------------------------------------------------------


def test_the_page_lists_every_assumption_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", PAGE.read_text(), re.MULTILINE)
    defaults = {each.name: repr(getattr(Assumptions(), each.name)) for each in dataclasses.fields(Assumptions)}
    assert [name for name, _ in rows] == sorted(defaults)
    assert dict(rows) == defaults


def test_the_page_answers_every_open_question_of_the_reference() -> None:
    asked = re.findall(r"^\| Q(\d+) \|", PAGE.read_text(), re.MULTILINE)
    assert [int(number) for number in asked] == list(range(1, 19))
    names = {each.name for each in dataclasses.fields(Assumptions)}
    answers = re.findall(r"^\| Q\d+ \|.*\| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    named = {name for answer in answers for name in re.findall(r"`(\w+)`", answer)}
    assert named <= names
