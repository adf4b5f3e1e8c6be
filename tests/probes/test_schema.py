from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.probes import read_schema

LEAD = {
    "title": "lead",
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "name", "score"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "name": {"type": "string"},
        "score": {"type": ["integer", "null"]},
        "at": {"type": "string", "format": "date-time"},
    },
}
GOOD = {"id": 1, "name": "a", "score": None}
PAGE = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/lead"}}},
    "$defs": {"lead": LEAD},
}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize("document", [GOOD, {**GOOD, "score": 3}, {**GOOD, "at": "2026-03-02T14:05:10.25Z"}])
def test_a_document_that_fits_has_no_complaints(document: object) -> None:
    assert read_schema(LEAD).complaints(document) == []


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (without("score"), "$: 'score' is missing"),
        ({**GOOD, "nickname": "x"}, "$: 'nickname' is unknown"),
        ({**GOOD, "id": "1"}, '$.id: integer expected, "1" found'),
        ({**GOOD, "id": True}, "$.id: integer expected, true found"),
        ({**GOOD, "score": 1.5}, "$.score: integer or null expected, 1.5 found"),
        ({**GOOD, "id": 0}, "$.id: 0 is less than the minimum of 1"),
        ({**GOOD, "at": "yesterday"}, "$.at: 'yesterday' is not a 'date-time'"),
        ([], "$: object expected, [] found"),
    ],
)
def test_a_complaint_says_where_and_what(document: object, complaint: str) -> None:
    assert read_schema(LEAD).complaints(document) == [complaint]


def test_a_property_that_was_renamed_is_guessed() -> None:
    complaints = read_schema(LEAD).complaints({**without("score"), "scores": 1})

    assert complaints == ["$: 'scores' is unknown; is it the missing 'score'?", "$: 'score' is missing"]


def test_the_same_complaint_about_many_members_is_made_once() -> None:
    page = {"items": [GOOD, without("score"), without("score"), without("score"), {**GOOD, "id": None}]}

    assert read_schema(PAGE).complaints(page) == [
        "$.items[1]: 'score' is missing (and 2 more like it)",
        "$.items[4].id: integer expected, null found",
    ]


def test_many_complaints_are_counted_and_not_all_said() -> None:
    complaints = read_schema({"additionalProperties": False, "properties": {}}).complaints(dict.fromkeys("abcdefgh"))

    assert len(complaints) == 6
    assert complaints[-1] == "and 3 more complaints"


def test_the_nearest_of_several_forms_is_said() -> None:
    either = {"anyOf": [LEAD, {"type": "string"}]}

    (complaint,) = read_schema(either).complaints({**GOOD, "id": "1"})

    assert complaint.startswith("$: none of the 2 forms fits; nearest: ")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("2026-03-02T14:05:10Z", True),
        ("2026-03-02t14:05:10.123456+01:00", True),
        ("2026-03-02T14:05:10", False),
        ("2026-03-02", False),
        ("2026-13-02T14:05:10Z", False),
        ("2026-W10-1T14:05:10Z", False),
        ("", False),
    ],
)
def test_an_instant_has_a_day_a_time_and_a_zone(text: str, fits: bool) -> None:
    assert (read_schema({"format": "date-time"}).complaints(text) == []) is fits


def test_a_format_is_no_type() -> None:
    assert read_schema({"format": "date-time"}).complaints(None) == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "strin"}, r"not a schema: \$.type"),
        ({"requird": ["id"]}, r"'requird' is no word of a schema \(did you mean 'required'\?\)"),
        ({"properties": {"a": {"minimun": 1}}}, "'minimun'.*'minimum'"),
        ({"items": {"anyOf": [{"formt": "email"}]}}, "'formt'.*'format'"),
        ({"format": "uri"}, "format 'uri' is not checked.*date-time"),
        ({"$ref": "#/$defs/nothing"}, "'#/\\$defs/nothing' is not in this schema"),
        ({"$ref": "https://schemas.invalid/lead.json"}, "is not in this schema"),
    ],
)
def test_a_schema_that_would_check_less_than_it_says_is_refused(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_schema(schema)


def test_a_property_may_be_called_like_anything() -> None:
    schema = {"properties": {"requird": {"type": "string"}, "format": {"type": "string"}}, "enum": [{"formt": 1}]}

    assert read_schema(schema).complaints({"formt": 1}) == []


def test_a_schema_is_called_by_its_file_its_title_or_as_one_likes(tmp_path: Path) -> None:
    path = tmp_path / "lead-page.json"
    path.write_text(json.dumps(PAGE))

    assert read_schema(path).name == "lead-page"
    assert read_schema(LEAD).name == "lead"
    assert read_schema(LEAD, name="a lead").name == "a lead"
    assert read_schema(PAGE).name == "the schema"


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "lead.json"
    path.write_text(json.dumps(LEAD))

    assert read_schema(path) is read_schema(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "not JSON"), ("[]", "is an object"), ('{"requird": []}', "requird"), (None, "No such file")],
)
def test_a_file_that_holds_no_schema_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "lead.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigError, match=f"lead.json: .*{words}"):
        read_schema(path)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300)
documents = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
)


@given(documents)
def test_complaints_about_any_document_are_short_and_at_most_six(document: object) -> None:
    complaints = read_schema(PAGE).complaints(document)

    assert len(complaints) <= 6
    assert all(len(complaint) < 300 for complaint in complaints)


@given(st.sampled_from(["id", "name", "score"]), st.integers(0, 3), st.text(min_size=1))
def test_a_field_that_leaves_or_comes_is_always_seen(gone: str, at: int, new: str) -> None:
    assume(new not in LEAD["properties"])  # type: ignore[operator]  # a dictionary of anything
    schema = read_schema(PAGE)
    items = [dict(GOOD) for _ in range(4)]
    assert schema.complaints({"items": items}) == []

    del items[at][gone]
    assert f"$.items[{at}]: '{gone}' is missing" in schema.complaints({"items": items})

    items[at] = {**GOOD, new: None}
    (complaint,) = schema.complaints({"items": items})
    assert complaint.startswith(f"$.items[{at}]: ")
    assert "unknown" in complaint
