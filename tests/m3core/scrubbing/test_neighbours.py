from __future__ import annotations

from typing import Any

import pytest

from m3core.scrubbing.keys import Kind
from m3core.scrubbing.neighbours import columns_of, is_jwk_secret, is_value_of_pair, kind_after, kind_named


@pytest.mark.parametrize("key", ["value", "new", "old_value", "input", "content", "VAL"])
def test_what_a_value_is_called_beside_its_name(key: str) -> None:
    assert is_value_of_pair(key)


@pytest.mark.parametrize("key", ["name", "valued", "values_count", "contents_of"])
def test_what_a_value_is_not_called(key: str) -> None:
    assert not is_value_of_pair(key)


@pytest.mark.parametrize(
    ("pair", "kind"),
    [
        ({"name": "Authorization", "value": "x"}, Kind.SECRET),
        ({"field": "'password'", "old": "a", "new": "b"}, Kind.SECRET),
        ({"loc": ["body", "password"], "input": "x"}, Kind.SECRET),
        ({"op": "replace", "path": "/user/password", "value": "x"}, Kind.SECRET),
        ({"path": "/user/password", "value": "x"}, None),
        ({"op": "replace", "path": "/lead/score", "value": 3}, None),
        ({"name": "anything", "value": "x", "sameSite": "Lax"}, Kind.OPAQUE),
        ({"name": "score", "value": 3}, None),
        ({"name": "password"}, None),
    ],
)
def test_a_value_is_of_the_kind_that_its_name_beside_it_says(pair: dict[str, Any], kind: Kind | None) -> None:
    assert kind_named(pair) is kind


@pytest.mark.parametrize(
    ("before", "item", "paired", "kind"),
    [
        ("Authorization", "Bearer 8fj2", True, Kind.SECRET),
        (b"cookie", b"sid=8fj2", True, Kind.SECRET),
        ("-u", "svc:8fj2", False, Kind.SECRET),
        ("-u", "root", False, Kind.ORDINARY),
        ("--password", "8fj2", False, Kind.SECRET),
        ("password", "token", False, Kind.ORDINARY),
        ("score", "8fj2", True, Kind.ORDINARY),
        ("token_type", "8fj2", True, Kind.ORDINARY),
        (7, "8fj2", True, Kind.ORDINARY),
    ],
)
def test_an_item_is_of_the_kind_that_the_one_before_it_says(before: Any, item: Any, paired: bool, kind: Kind) -> None:
    assert kind_after(before, item, paired=paired) is kind


def test_the_columns_of_a_table_are_read_from_its_head_and_only_from_one_of_names() -> None:
    assert columns_of({"columns": ["id", "password"], "rows": []}) == [Kind.ORDINARY, Kind.SECRET]
    assert columns_of({"headers": ["token_type"]}) == [Kind.ORDINARY]
    assert columns_of({"headers": {"Host": "x"}}) == columns_of({"columns": [1]}) == columns_of({}) == []


def test_the_private_parts_of_a_key_are_known_by_their_letters() -> None:
    assert is_jwk_secret("d")
    assert not is_jwk_secret("n")
