from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.probes.conftest import an_answer

from alertproof.probes import judge, value
from alertproof.probes.differing import differences

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("wanted", "found", "said"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["$.a: 2, where 1 is expected"]),
        ({"a": 1}, {"a": True}, ["$.a: true, where 1 is expected"]),
        ({"a": 1}, {"a": 1.0}, ["$.a: 1.0, where 1 is expected"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["$.a.b[1]: 3, where 2 is expected"]),
        ({"a": None}, {}, ["$.a: missing, where null is expected"]),
        ({}, {"a": None}, ["$.a: null, where nothing is expected"]),
        ([1, 2], [1], ["$: 1 members, where 2 are expected"]),
        ([], {}, ["$: {}, where [] is expected"]),
        (
            list(range(9)),
            list(range(1, 10)),
            [*[f"$[{n}]: {n + 1}, where {n} is expected" for n in range(5)], "and 4 more differences"],
        ),
    ],
)
def test_each_place_that_differs_is_said(wanted: Any, found: Any, said: list[str]) -> None:
    assert differences(wanted, found) == said


@given(json_values)
def test_nothing_differs_from_itself(one: Any) -> None:
    assert differences(one, one) == []


@given(json_values, json_values)
def test_what_is_not_equal_differs_both_ways(one: Any, other: Any) -> None:
    if one != other:
        assert differences(one, other)
    assert bool(differences(one, other)) == bool(differences(other, one))


def test_an_object_that_is_expected_is_compared_place_by_place() -> None:
    answer = an_answer(b'{"lead": {"id": 7, "tags": ["a"], "name": "Bruno"}}')

    (found,) = judge(answer, [value("$.lead", {"id": 7, "tags": ["b"]})])
    (same,) = judge(answer, [value("$.lead", {"id": 7, "tags": ["a"], "name": "Bruno"})])

    assert found.last_seen.splitlines() == [
        '$.tags[0]: "a", where "b" is expected',
        '$.name: "Bruno", where nothing is expected',
    ]
    assert same.met is True


def test_of_many_it_is_said_which_and_how_many_more() -> None:
    (found,) = judge(an_answer(b'[{"id": 1}, {"id": 2}, {"id": 3}]'), [value("$[*].id", 1)])

    assert found.last_seen == "2 at $[1].id, and 1 more of 3"


def test_what_is_chosen_by_a_condition_is_judged() -> None:
    answer = an_answer(b'{"items": [{"id": 1, "state": "won"}, {"id": 2, "state": "lost"}]}')

    assert [
        judge(answer, [value(place, 2)])[0].met for place in ("$.items[?@.state == 'lost'].id", "$.items[0].id")
    ] == [
        True,
        False,
    ]
    assert judge(answer, [value("$.items[?@.state == 'open'].id", 2)])[0].last_seen.startswith("nothing at ")


def test_a_body_that_is_nested_too_deep_is_unmet() -> None:
    (found,) = judge(an_answer(b"[" * 300 + b"]" * 300), [value("$..id", 1)])

    assert found.met is False
    assert "nested too deep" in found.last_seen
