"""Downtimes, notification rules and ``notify_by`` over a whole timeline: who is told what, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from alertproof.datadog import Assumptions, Definition, DefinitionError, Notification, State, advance, run_timeline
from alertproof.datadog.downtime import Downtime, Mute, OneTime
from alertproof.datadog.monitor.clusters import Cluster
from alertproof.datadog.monitor.happened import what_happened
from alertproof.datadog.monitor.routing import Routing, Terms
from alertproof.datadog.monitor.together import step_cluster
from alertproof.datadog.rules import NotificationRule
from alertproof.datadog.tagscope import read_downtime_scope, read_rule_scope
from alertproof.tags import parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore

START = datetime(2024, 1, 1, tzinfo=UTC)
SIMPLE, BY_POD = "max(last_1m):max:m{*} > 1", "max(last_1m):max:m{*} by {cluster,pod} > 1"

Monitor = Callable[..., Definition]


def store_of(**series: Sequence[float]) -> SeriesStore:
    """Make a store of one value each minute; a name such as ``a1`` is cluster a and pod 1."""
    store = SeriesStore()
    for name, values in series.items():
        for minute, value in enumerate(values):
            tags = parse_tags([f"cluster:{name[0]}", f"pod:{name[1]}"])
            store.write("m", tags, MetricType.GAUGE, START.timestamp() + 60 * minute, value)
    return store


def down(start: int, end: int | None, scope: str = "*", **rest: Any) -> Downtime:
    """Make a downtime between two minutes."""
    begins, ends = START + timedelta(minutes=start), None if end is None else START + timedelta(minutes=end)
    return Downtime(id="d", scope=read_downtime_scope(scope), schedules=(OneTime(start=begins, end=ends),), **rest)


def told(definition: Definition, store: SeriesStore, routing: Routing, minutes: int = 20) -> list[tuple[int, str, str]]:
    """Return minute, word and pods' tags of all that is told."""
    timeline = run_timeline(definition, store, START.timestamp() + 60 * np.arange(1.0, minutes + 1), routing=routing)
    return [
        (round((each.at - START) / timedelta(minutes=1)), each.transition, ",".join(tag.value for tag in each.group))
        for each in timeline.notifications
    ]


def muted(*downtimes: Downtime) -> Routing:
    return Routing(downtimes=downtimes)


def test_without_a_downtime_both_ends_of_trouble_are_told(monitor: Monitor) -> None:
    store = store_of(a1=[0] * 3 + [5] * 5 + [0] * 12)
    assert told(monitor(SIMPLE), store, Routing()) == [(4, "Triggered", ""), (9, "Recovered", "")]


def test_trouble_within_a_downtime_is_told_neither_at_its_begin_nor_at_its_end(monitor: Monitor) -> None:
    store = store_of(a1=[0] * 3 + [5] * 5 + [0] * 12)
    assert told(monitor(SIMPLE), store, muted(down(4, 10))) == []


def test_a_downtime_changes_no_state(monitor: Monitor) -> None:
    store = store_of(a1=[0] * 3 + [5] * 5 + [0] * 12)
    instants = START.timestamp() + 60 * np.arange(1.0, 21)
    moves = run_timeline(monitor(SIMPLE), store, instants, routing=muted(down(0, None))).transitions
    assert [each.new for each in moves] == [State.OK, State.ALERT, State.OK]


@pytest.mark.parametrize(("start", "heard"), [(4, []), (5, [(4, "Triggered", "")])])
def test_a_downtime_mutes_from_its_first_second_on(start: int, heard: list[Any], monitor: Monitor) -> None:
    store = store_of(a1=[0] * 3 + [5] * 17)
    assert told(monitor(SIMPLE), store, muted(down(start, None))) == heard


def test_the_first_recovery_of_trouble_that_was_told_goes_out_and_later_ones_do_not(monitor: Monitor) -> None:
    store = store_of(a1=[0, 5, 5, 0, 0, 5, 5, 0, 0, *[0] * 11])
    heard = told(monitor(SIMPLE), store, muted(down(3, 15)))
    assert heard == [(2, "Triggered", ""), (4, "Recovered", "")]
    quiet = told(monitor(SIMPLE), store, muted(down(3, 15, mute_first_recovery=True)))
    assert quiet == [(2, "Triggered", "")]


def test_trouble_that_outlasts_a_downtime_is_told_when_it_ends(monitor: Monitor) -> None:
    store = store_of(a1=[0] * 3 + [5] * 12 + [0] * 5)
    assert told(monitor(SIMPLE), store, muted(down(2, 10))) == [(10, "Triggered", ""), (16, "Recovered", "")]
    silent = down(2, 10, notify_end_states=frozenset({State.NO_DATA}))
    assert told(monitor(SIMPLE), store, muted(silent)) == [(16, "Recovered", "")]


def test_a_downtime_that_is_canceled_ends_quietly(monitor: Monitor) -> None:
    store = store_of(a1=[0] * 3 + [5] * 17)
    canceled = down(2, 10, canceled_at=START + timedelta(minutes=8))
    assert told(monitor(SIMPLE), store, muted(canceled)) == []


def test_renotification_counts_from_the_last_time_that_was_muted(monitor: Monitor) -> None:
    store = store_of(a1=[0] + [5] * 19)
    definition = monitor(SIMPLE, renotify_interval=4)
    heard = told(definition, store, muted(down(5, 9, notify_end_states=frozenset())))
    # Due at 6 and muted; so due again at 10 and every four minutes after.
    assert heard == [(2, "Triggered", ""), (10, "Renotify", ""), (14, "Renotify", ""), (18, "Renotify", "")]


def test_what_is_told_when_a_downtime_ends_is_no_renotification(monitor: Monitor) -> None:
    store = store_of(a1=[0] + [5] * 19)
    heard = told(monitor(SIMPLE, renotify_interval=4, renotify_occurrences=1), store, muted(down(1, 6)))
    # Due at 6 for the second time: told anew, and the one renotification is still to come.
    assert heard == [(6, "Triggered", ""), (10, "Renotify", "")]


def test_a_group_that_never_had_data_is_not_told_of_when_a_downtime_ends(monitor: Monitor) -> None:
    asks = monitor(SIMPLE, on_missing_data="show_and_notify_no_data")
    assert told(asks, store_of(), muted(down(1, 6))) == []
    assert told(asks, store_of(a1=[0, 0]), muted(down(1, 6))) == [(6, "No Data", "")]


def test_only_the_groups_in_scope_are_muted(monitor: Monitor) -> None:
    store = store_of(a1=[0, 0] + [5] * 18, b1=[0, 0] + [5] * 18)
    heard = told(monitor(BY_POD, new_group_delay=0), store, muted(down(0, None, "cluster:a")))
    assert heard == [(3, "Triggered", "b,1")]


def test_a_downtime_is_aimed_at_a_monitor_by_its_tags(monitor: Monitor) -> None:
    store = store_of(a1=[0, 0] + [5] * 18)
    aimed = muted(down(0, None, monitor_tags=parse_tags(["team:core"])))
    assert told(monitor(SIMPLE), store, aimed) == [(3, "Triggered", "")]


def test_silenced_is_a_downtime_in_the_definition(monitor: Monitor) -> None:
    store = store_of(a1=[0, 0] + [5] * 18, b1=[0, 0] + [5] * 18)
    until = int(START.timestamp()) + 600
    definition = monitor(BY_POD, new_group_delay=0, silenced={"cluster:a": until, "cluster:b": None})
    assert told(definition, store, Routing()) == [(10, "Triggered", "a,1")]


@pytest.mark.parametrize(
    ("silenced", "said"), [({"a OR b": None}, "silenced: "), ({"*": "soon"}, r"'soon' is not epoch seconds or null")]
)
def test_a_silenced_that_makes_no_sense_is_refused(silenced: dict[str, Any], said: str, monitor: Monitor) -> None:
    with pytest.raises(DefinitionError, match=said):
        monitor(SIMPLE, silenced=silenced)


def test_a_rule_tells_its_recipients_beside_the_monitors_own(monitor: Monitor) -> None:
    store = store_of(a1=[0, 5, 0, 0], b1=[0, 5, 0, 0])
    rules = (NotificationRule(name="r", scope=read_rule_scope("cluster:a"), recipients=("slack-a", "own")),)
    definition = monitor(BY_POD, "{{#is_alert}}@own{{/is_alert}}", new_group_delay=0)
    instants = START.timestamp() + 60 * np.arange(1.0, 5)
    found = run_timeline(definition, store, instants, routing=Routing(rules=rules)).notifications
    assert [each.handles for each in found] == [("own", "slack-a"), ("own",), ("slack-a", "own"), ()]


def test_pods_of_a_cluster_are_told_of_together(monitor: Monitor) -> None:
    store = store_of(
        a1=[0, 0, 5, 5, 5, 0, 0, 0, 0, 0], a2=[0, 0, 0, 7, 7, 7, 7, 0, 0, 0], b1=[0, 0, 0, 0, 0, 0, 9, 9, 9, 9]
    )
    definition = monitor(BY_POD, new_group_delay=0, notify_by=["cluster"])
    heard = told(definition, store, Routing(), minutes=10)
    assert heard == [(3, "Triggered", "a"), (7, "Triggered", "b"), (8, "Recovered", "a")]
    everything = monitor(BY_POD, new_group_delay=0, notify_by=["*"])
    assert told(everything, store, Routing(), minutes=10) == [(3, "Triggered", "")]


def test_the_value_of_a_cluster_is_the_worst_of_its_bad_pods(monitor: Monitor) -> None:
    store = store_of(a1=[0, 5, 5], a2=[0, 8, 8])
    definition = monitor(BY_POD, "{{value}}", new_group_delay=0, notify_by=["cluster"])
    (found,) = run_timeline(definition, store, START.timestamp() + 60 * np.arange(1.0, 4)).notifications
    assert (found.value, found.body) == (8, "8")


def test_a_cluster_whose_bad_pods_have_no_value_has_none(monitor: Monitor, minute: Callable[[float], datetime]) -> None:
    definition = monitor(BY_POD, new_group_delay=0, notify_by=["*"])
    terms = Terms(definition=definition, routing=Routing(), assumptions=Assumptions())
    bad = Cluster(state=State.ALERT, value=9.0, members=())
    before = step_cluster(terms, (), bad, None, (), skipped=False, at=minute(1), mute=Mute()).status
    assert before.value == 9.0
    blind = Cluster(state=State.NO_DATA, value=None, members=())
    assert step_cluster(terms, (), blind, before, (), skipped=False, at=minute(2), mute=Mute()).status.value is None


@pytest.mark.parametrize("notifies", [True, False])
@pytest.mark.parametrize(
    ("second", "ends"),
    [
        ([5] * 4, (65, False)),
        ([5] * 4 + [0] * 200, (65, False)),
        ([5] * 64 + [0] * 9, (65, True)),
        ([5] * 70 + [0] * 9, (71, True)),
    ],
)
def test_a_cluster_that_only_timeouts_ended_is_told_to_have_recovered_or_not(
    second: list[float], ends: tuple[int, bool], notifies: bool, monitor: Monitor
) -> None:
    """Pod 1 is silent after minute 4 and resolves by timeout at minute 65; pod 2 may recover by a value of its own."""
    definition = monitor(BY_POD, notify_by=["cluster"], timeout_h=1, new_group_delay=0)
    store = store_of(a1=[5] * 4, a2=second)
    assumptions = Assumptions(auto_resolve_notifies=notifies)
    instants = START.timestamp() + 60 * np.arange(1.0, 90)
    timeline = run_timeline(definition, store, instants, assumptions=assumptions)
    at, by_value = ends
    recovered = [(at, "Recovered")] if notifies or by_value else []
    assert minutes_of(timeline.notifications) == [(1, "Triggered"), *recovered]
    stepped: list[Notification] = []
    step = advance(definition, {}, store, START, assumptions=assumptions)
    for instant in instants.tolist():
        step = advance(
            definition,
            step.statuses,
            store,
            datetime.fromtimestamp(instant, UTC),
            assumptions=assumptions,
            clusters=step.clusters,
        )
        stepped += step.notifications
    assert tuple(stepped) == timeline.notifications


@pytest.mark.parametrize("ends", [True, False])
def test_a_cluster_whose_bad_pod_is_forgotten_recovers_or_is_told_of_no_more(ends: bool, monitor: Monitor) -> None:
    """Pod 1 is silent after its first minute, and a day later it is no longer there; that is no timeout."""
    definition = monitor(BY_POD, notify_by=["cluster"], new_group_delay=0)
    store = store_of(a1=[5], a2=[0] * 1500 + [5] * 3)
    instants = START.timestamp() + 60 * np.arange(1.0, 1504)
    assumptions = Assumptions(auto_resolve_notifies=False, forgotten_groups_end_trouble=ends)
    found = run_timeline(definition, store, instants, assumptions=assumptions)
    recovered = [(1442, "Recovered")] if ends else []
    assert minutes_of(found.notifications) == [(1, "Triggered"), *recovered, (1501, "Triggered")]
    said = f"for it sends nothing, is {'told as a recovery' if ends else 'told to nobody'}."
    assert any(text.endswith(said) for text in assumptions.relied_on(definition, what_happened(found)))


def test_a_cluster_that_another_pod_leaves_good_as_one_is_forgotten_has_recovered(monitor: Monitor) -> None:
    definition = monitor(BY_POD, notify_by=["cluster"], new_group_delay=0)
    store = store_of(a1=[5], a2=[5] * 1441 + [0] * 9)
    found = run_timeline(definition, store, START.timestamp() + 60 * np.arange(1.0, 1450))
    assert minutes_of(found.notifications) == [(1, "Triggered"), (1442, "Recovered")]


def minutes_of(notifications: Sequence[Notification]) -> list[tuple[int, str]]:
    return [(round((each.at - START) / timedelta(minutes=1)), each.transition) for each in notifications]


def test_a_cluster_in_a_downtime_is_told_when_it_ends(monitor: Monitor) -> None:
    store = store_of(a1=[0] + [5] * 19)
    definition = monitor(BY_POD, new_group_delay=0, notify_by=["cluster"])
    assert told(definition, store, muted(down(0, 9, "cluster:a"))) == [(9, "Triggered", "a")]
