from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.probes.place import find, located, parse_place, written

PAGE = {"items": [{"id": 1, "name": "a"}, {"id": 2}], "total": 2, "odd key": None}


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("$", [PAGE]),
        ("$.total", [2]),
        ("$.items[0].id", [1]),
        ("$.items[1].name", []),
        ("$.items[2]", []),
        ("$.items[*].id", [1, 2]),
        ("$.items[*].name", ["a"]),
        ('$["odd key"]', [None]),
        ("$.total.more", []),
        ("$.total[0]", []),
        ("$.nothing[*]", []),
        ("$[*]", [PAGE["items"], 2, None]),  # RFC 9535: of an object its members
        ("$.items[-1].id", [2]),
        ("$..id", [1, 2]),
        ("$.items[?@.id > 1].id", [2]),
        ("$.items[?@.name == 'a'].id", [1]),
        ("$.items[?match(@.name, '[a-c]')].id", [1]),
        ("$.items[:1].id", [1]),
        ("$['odd key', 'total']", [None, 2]),
    ],
)
def test_a_place_gives_all_that_stands_there(place: str, found: list[object]) -> None:
    assert find(PAGE, parse_place(place)) == found


@pytest.mark.parametrize(
    # Two that stood here are places since these are JSONPath: $.items[-1] and $..id.
    "text",
    ["", "items", "$items", "$.", "$.items[", "$.items[0]id", " $", "$.items[?@.id >< 1]", "$[?unknown(@)]"],
)
def test_what_is_no_place_is_refused_and_says_how_one_is_written(text: str) -> None:
    with pytest.raises(ConfigError, match=r"not a place.*\$\.items\[0\]\.id"):
        parse_place(text)


# The library takes no key with a control character, also where it is escaped.
names = st.text(st.characters(exclude_categories=("Cc", "Cs")))


@given(st.lists(names | st.integers(0, 3), max_size=5))
def test_a_place_that_is_written_down_is_where_it_was(steps: list[str | int]) -> None:
    document: object = "here"
    for step in reversed(steps):
        document = {step: document} if isinstance(step, str) else [*[None] * step, document]

    assert located(document, parse_place(written(steps))) == [(written(steps), "here")]


def test_what_is_nested_too_deep_is_said() -> None:
    document: list[object] = []
    for _ in range(500):
        document = [document]

    with pytest.raises(ValueError, match="nested too deep"):
        find(document, parse_place("$..id"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.sampled_from(["$", "$.a", "$[0]", "$[*]", "$.a[*].b", "$[*][*]", "$..a", "$[?@.a == 1]"]))
def test_no_document_makes_a_search_fail(document: object, place: str) -> None:
    found = find(document, parse_place(place))

    assert all(json.dumps(one) in json.dumps(document) for one in found)
