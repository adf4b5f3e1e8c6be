from __future__ import annotations

from typing import Any

import pytest

from m3core.scrubbing.keys import Kind
from m3core.scrubbing.neighbours import (
    columns_of,
    is_jwk_secret,
    is_measured,
    is_measurement,
    is_of_versions,
    is_value_of_pair,
    kind_after,
    kind_named,
    only_describes,
    without_columns,
)


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
        ({"fieldName": "userPassword", "text": "x"}, Kind.SECRET),
        ({"label": "Password", "text": "x"}, None),
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


@pytest.mark.parametrize(
    ("name", "rows", "left"),
    [
        ("rows", [[1, "x"], [2, None]], [[1, "[Filtered]"], [2, None]]),
        ("rows", [{"0": 1, "1": "x"}], [{"0": 1, "1": "[Filtered]"}]),
        ("rows", {"7": [1, "x"]}, {"7": [1, "[Filtered]"]}),
        ("row", [1, "x"], [1, "[Filtered]"]),
        ("rows", [[1, "x", 3]], [[1, "x", 3]]),
        ("rows", [{"0": 1, "2": "x"}], [{"0": 1, "2": "x"}]),
        ("other", [[1, "x"]], [[1, "x"]]),
    ],
)
def test_a_row_loses_the_cells_of_secret_columns_if_it_has_these_columns(name: str, rows: Any, left: Any) -> None:
    assert without_columns(name, rows, [Kind.ORDINARY, Kind.SECRET]) == left


def test_a_value_with_its_unit_and_nothing_else_is_a_measurement() -> None:
    assert is_measurement({"value": 1532, "unit": "none"})
    for other in (
        {"value": 1, "unit": "none", "x": 1},
        {"value": 1},
        {"value": 1, "unit": "eur"},
        {"value": 1, "unit": []},
    ):
        assert not is_measurement(other)


@pytest.mark.parametrize(
    ("name", "item", "measured"),
    [
        ("value", 1532, True),
        ("value", 10**12, False),
        ("value", "1532", False),
        ("unit", "second", True),
        ("unit", "x", False),
    ],
)
def test_a_number_that_is_no_card_and_a_unit_are_measured(name: str, item: Any, measured: bool) -> None:
    assert is_measured(name, item) is measured


def test_a_mapping_of_versions_alone_is_known_by_those_of_three_parts() -> None:
    assert is_of_versions({"rails": "7.1.5.1", "rack": "3.1.8"})
    assert not is_of_versions({"rails": "7.1.5.1", "rack": "3.1.8.2"})
    assert not is_of_versions({"rails": "7.1.5.1", "rack": "3.1"})
    assert not is_of_versions({"rails": "7.1.5"})
    assert not is_of_versions({"rack": "3.1.8", "token": "x"})


@pytest.mark.parametrize("key", ["ip", "client", "remote_addr", "birthday", "peerHost"])
def test_beside_an_address_or_what_is_known_of_people_nothing_is_taken_for_a_version(key: str) -> None:
    assert not is_of_versions({"app": "1.2.3", key: "81.2.69.142"})


def test_what_a_check_says_of_a_password_describes_it_and_a_list_of_them_does_not() -> None:
    assert only_describes('"should be at least %{count} character(s)", [count: 12, kind: :min]', "password")
    assert not only_describes('"harbor-otter-lamp", [count: 12]', "password")
    assert not only_describes('"should be longer", "harbor42otter"', "password")
