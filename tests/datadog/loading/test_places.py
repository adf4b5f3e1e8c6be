"""Where the values of a JSON text stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.loading.places import Extent, Extents, Place, json_extents, place_at, repeated_key

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
# Keys of monitors need no escapes.
KEYS = st.text(st.characters(codec="ascii", exclude_characters='"\\', min_codepoint=32, max_codepoint=126), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def at_path(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def count(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(count(each) for each in inner)


@given(VALUES, st.booleans(), st.sampled_from([None, 0, 2]))
def test_every_value_stands_where_its_extent_says(value: Any, escaped: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    extents = json_extents(text)
    assert len(extents) == count(value)
    for path, extent in extents.items():
        assert json.loads(text[extent.start : extent.end]) == at_path(value, path)


@given(TEXTS.filter(bool), st.booleans(), st.data())
def test_each_character_of_a_text_stands_where_its_offset_says(text: str, escaped: bool, data: st.DataObject) -> None:
    written = json.dumps({"x": text}, ensure_ascii=escaped)
    extent = json_extents(written)["x",]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = extent.within(start, end)
    assert json.loads(f'"{written[first:last]}"') == text[start:end]


def test_of_two_like_keys_the_last_one_counts_as_it_does_to_the_reader() -> None:
    text = '{"a": 1, "a": 22}'
    assert json_extents(text)["a",] == Extent(14, 16)


@pytest.mark.parametrize(
    ("text", "key", "offset"),
    [
        ('{"a": 1, "a": 22}', "a", 9),
        ('{"a": {"b": 1}, "c": [{"b": 1}, {"b": 2, "b": 3}]}', "b", 41),
        ('{"a": 1, "\\u0061": 2}', "a", 9),
        ('{"a": {"a": 1}}', "a", 0),
    ],
)
def test_a_key_that_stands_twice_in_one_object_stands_where_it_is_one_too_many(
    text: str, key: str, offset: int
) -> None:
    assert repeated_key(text, key) == offset


@pytest.mark.parametrize(("offset", "place"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (3, 1))])
def test_lines_and_columns_count_from_one(offset: int, place: tuple[int, int]) -> None:
    assert place_at("ab\nc\nd", offset) == Place(*place)


def test_a_line_ends_at_its_end_also_where_it_is_empty() -> None:
    assert [place_at("\n\nab", offset) for offset in range(4)] == [(1, 1), (2, 1), (3, 1), (3, 2)]


def test_a_part_behind_the_end_of_a_text_is_its_end() -> None:
    assert Extent(0, 4, range(1, 4)).within(9, 12) == (3, 3)
    assert Extent(0, 4).within(1, 2) == (0, 4)


def test_what_stands_below_a_path_is_found_by_the_paths_from_there() -> None:
    extents = Extents(json_extents('[{"a": [1]}, {"a": 2}, 3]'))
    assert extents.below((0,)) == {(): Extent(1, 11), ("a",): Extent(7, 10), ("a", 0): Extent(8, 9)}
    assert extents.below((1,)) == {(): Extent(13, 21), ("a",): Extent(19, 20)}
    assert extents.below((2,)) == {(): Extent(23, 24)}
    assert extents.below((0, "a")) == {(): Extent(7, 10), (0,): Extent(8, 9)}
    assert extents.below((3,)) == extents.below((2, "a")) == {}
    assert extents.below(())[(1, "a")] == Extent(19, 20)


def test_offsets_of_a_part_count_in_the_whole() -> None:
    text = 'x {"a": "b"} y'
    assert json_extents(text, 2, 12)["a",] == Extent(8, 11, range(9, 11))
