"""What programs say in production, about secrets and people, that holds nothing of either: it stays as it is.

``texts.json`` are messages, statements, plans, lines of logs and of source; ``fields.jsonl`` are names of fields with a
value. Nothing in them was taken from an account or a log; both were written by who narrowed the rules.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from m3core.scrubbing import Scrubber

HERE = Path(__file__).parent
TEXTS: list[str] = json.loads((HERE / "texts.json").read_text("utf-8"))
FIELDS: list[dict[str, Any]] = [json.loads(line) for line in (HERE / "fields.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def scrubber() -> Scrubber:
    return Scrubber()


def test_there_are_texts_and_fields_enough() -> None:
    assert len(TEXTS) > 700
    assert len(FIELDS) > 1200


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:60])
def test_a_text_of_production_stays_in_a_message_a_breadcrumb_and_a_span(scrubber: Scrubber, text: str) -> None:
    event = {
        "exception": {"values": [{"type": "E", "value": text}]},
        "breadcrumbs": {"values": [{"type": "default", "category": "log", "message": text}]},
        "spans": [{"op": "x", "description": text}],
    }

    assert scrubber.event(event) == event


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: json.dumps(field)[:60])
def test_a_field_of_production_stays_in_each_container(scrubber: Scrubber, field: dict[str, Any]) -> None:
    ((key, value),) = field.items()
    event = {
        "extra": {"seen": field, "body": json.dumps(field)},
        "tags": {key: str(value)},
        "exception": {"values": [{"type": "E", "stacktrace": {"frames": [{"vars": {key: repr(value)}}]}}]},
    }

    assert scrubber.event(event) == event
    assert scrubber.record(field) == field
    assert scrubber.span({"attributes": field}) == {"attributes": field}
    assert scrubber.log({"body": "x", "attributes": field}) == {"body": "x", "attributes": field}
