"""JSON that people write: what is wrong with it is told with its place."""

from __future__ import annotations

import re

import pytest

from alertproof.datadog.loading import decoded
from alertproof.errors import ConfigError


def test_what_is_well_formed_is_what_it_holds() -> None:
    assert decoded('{"a": [{"b": 1}, {"b": 2}], "b": null}', source="m.json") == {"a": [{"b": 1}, {"b": 2}], "b": None}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n  "query": "a",\n  "query": "b"\n}', "m.json:3:3: the key 'query' stands in this object already"),
        ('[{"a": {"x": 1,\n"x": 1}}]', "m.json:2:1: the key 'x' stands in this object already"),
        ('{"a": 1,\n b}', "m.json:2:2: not JSON"),
        ("", "m.json:1:1: not JSON"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_its_column(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        decoded(text, source="m.json")


def test_a_part_of_a_file_is_told_with_its_place_in_the_whole() -> None:
    whole = '{"a": 1}\n{"b": 1, "b": 2}\n'

    with pytest.raises(ConfigError, match=re.escape("m.jsonl:2:10: the key 'b'")):
        decoded(whole[9:], source="m.jsonl", whole=whole, at=9)


def test_what_is_nested_too_deep_is_told() -> None:
    with pytest.raises(ConfigError, match="too deep"):
        decoded("[" * 100_000 + "]" * 100_000, source="m.json")
