"""The published schema of a drill's journal is the one that the lines of a run have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.journal import DrillJournal, drill_schema, dump_schema
from alertproof.report.jsonl import encode_record

PUBLISHED = Path(__file__).parents[2] / "docs" / "drill-journal.schema.json"


def validator() -> jsonschema.Draft202012Validator:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")), format_checker=checker)


def journal_of(drill: DrillJournal) -> Any:
    return json.loads(encode_record(drill))["journal"]


def test_the_published_schema_is_that_of_this_version() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == dump_schema(), f"alertproof report schema > docs/{PUBLISHED.name}"
    jsonschema.Draft202012Validator.check_schema(drill_schema())


def test_whatever_a_drill_writes_is_as_published(drill_journals: st.SearchStrategy[DrillJournal]) -> None:
    published = validator()

    @given(drill_journals)
    def holds(drill: DrillJournal) -> None:
        published.validate(journal_of(drill))

    holds()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("side", "loud", "'loud' is not one of"),
        ("verdict", "green", "'green' is not one of"),
        ("time_to_detect", 160.0, "160.0 is not valid"),
        ("began", None, "None is not of type 'string'"),
        ("expectations", [{"text": "t"}], "'met' is a required property"),
    ],
)
def test_a_journal_of_another_form_is_not(firing: DrillJournal, field: str, value: object, said: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match=said):
        validator().validate({**journal_of(firing), field: value})
