from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog import Definition, DefinitionError, State
from alertproof.datadog.monitor.clusters import cluster_of, clusters_of
from alertproof.tags import EVERYTHING, Group, Tag

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA


def group(cluster: str, pod: str) -> Group:
    return (Tag("cluster", cluster), Tag("pod", pod))


A1, A2, B1 = group("a", "1"), group("a", "2"), group("b", "1")
A: Group = (Tag("cluster", "a"),)
B: Group = (Tag("cluster", "b"),)


@pytest.mark.parametrize(
    ("notify_by", "cluster"), [((), A1), (("cluster",), A), (("cluster", "pod"), A1), (("*",), EVERYTHING)]
)
def test_a_group_is_told_of_with_those_of_its_cluster(notify_by: tuple[str, ...], cluster: Group) -> None:
    assert cluster_of(A1, notify_by) == cluster


def test_a_cluster_stands_as_its_worst_group_does() -> None:
    found = clusters_of({A1: (WARN, 4.0), A2: (ALERT, 9.0), B1: (OK, 1.0)}, ("cluster",), ">")
    assert (found[A].state, found[A].value, found[A].members) == (ALERT, 9.0, (A2,))
    assert (found[B].state, found[B].value, found[B].members) == (OK, 1.0, (B1,))


def test_the_worst_of_several_values_depends_on_the_comparison() -> None:
    groups = {A1: (ALERT, 7.0), A2: (ALERT, 9.0)}
    assert clusters_of(groups, ("cluster",), ">=")[A].value == 9.0
    assert clusters_of(groups, ("cluster",), "<=")[A].value == 7.0
    assert clusters_of({A1: (NO_DATA, None), A2: (OK, 1.0)}, ("*",), ">")[EVERYTHING].value is None


def test_no_data_is_worse_than_ok_and_better_than_warn() -> None:
    def state(*states: State) -> State:
        groups = {group("a", str(number)): (each, 1.0) for number, each in enumerate(states)}
        return clusters_of(groups, ("*",), ">")[EVERYTHING].state

    assert state(OK, NO_DATA) is NO_DATA
    assert state(NO_DATA, WARN) is WARN
    assert state(WARN, ALERT) is ALERT
    assert state(OK, State.UNKNOWN) is State.UNKNOWN
    assert state(State.UNKNOWN, NO_DATA) is NO_DATA


def test_without_notify_by_each_group_is_its_own() -> None:
    found = clusters_of({A1: (OK, 1.0), A2: (ALERT, 2.0)}, (), ">")
    assert {cluster: each.state for cluster, each in found.items()} == {A1: OK, A2: ALERT}


def test_a_monitor_is_told_by_its_own_tags_only(monitor: Callable[..., Definition]) -> None:
    query = "avg(last_5m):avg:m{*} by {cluster,pod} > 1"
    assert monitor(query, notify_by=["cluster"]).options.notify_by == ("cluster",)
    assert monitor(query, notify_by=["*"]).options.notify_by == ("*",)
    with pytest.raises(DefinitionError, match=r"'clustre' \(did you mean 'cluster'\?\)"):
        monitor(query, notify_by=["clustre"])


states = st.sampled_from([OK, WARN, ALERT, NO_DATA])
groups = st.dictionaries(
    st.builds(group, st.sampled_from("abc"), st.sampled_from("123")), st.tuples(states, st.floats(0, 9) | st.none())
)


@given(groups, st.sampled_from([(), ("cluster",), ("*",)]))
def test_a_cluster_is_ok_if_all_of_it_is(
    standing: dict[Group, tuple[State, float | None]], notify_by: tuple[str, ...]
) -> None:
    found = clusters_of(standing, notify_by, ">")
    for name, cluster in found.items():
        members = [state for group, (state, _) in standing.items() if cluster_of(group, notify_by) == name]
        assert (cluster.state is OK) is all(state is OK for state in members)
        assert cluster.state in members
    assert set(found) == {cluster_of(group, notify_by) for group in standing}
