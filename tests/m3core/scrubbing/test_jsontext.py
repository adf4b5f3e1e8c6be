from __future__ import annotations

import json

import pytest

from m3core.scrubbing.jsontext import write_like


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"b":["ü",2]}', '{"a": 1, "b": ["\\u00fc", 2]}', '{\n  "a": 1,\n  "b": 2\n}',
        '{\n    "a": [\n        1\n    ]\n}',
        '{\n\t"a": 1\n}',
    ],
)  # fmt: skip
def test_json_is_written_again_as_it_was(text: str) -> None:
    value = json.loads(text)

    assert write_like(text, value, value) == text


@pytest.mark.parametrize(
    ("text", "again"), [('{"a":1.50,"b":2}', '{"a":1.5,"b":2}'), ('{"a" : 1.50, "b": 2}', '{"a": 1.5, "b": 2}')]
)
def test_json_in_no_known_manner_is_written_as_wide_as_it_was(text: str, again: str) -> None:
    assert write_like(text, json.loads(text), json.loads(text)) == again
