"""Each journal that a drill writes is as published: other tools read it. And which drill comes last."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import jsonschema
import pytest

from alertproof.journal import DrillJournal
from alertproof.plugin.recording import JOURNALS
from alertproof.report.jsonl import encode_record

_PUBLISHED = Path(__file__).parents[2] / "docs" / "drill-journal.schema.json"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the availability's drills behind the other drills: what they burn of the budget is remembered for long.

    Any other order holds, too; the drill after them then waits for half an hour of its stack's clock.
    """
    drills = [item for item in items if item.path.parent == Path(__file__).parent]
    ordered = iter(sorted(drills, key=lambda item: item.path.name == "test_availability.py"))
    items[:] = [next(ordered) if item in drills else item for item in items]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Look at the journals before the report takes them; also at those of a drill that did not pass."""
    try:
        yield
    finally:
        schema = json.loads(_PUBLISHED.read_text(encoding="utf-8"))
        for journal in item.stash.get(JOURNALS, ()):
            if isinstance(journal, DrillJournal):
                jsonschema.validate(json.loads(encode_record(journal))["journal"], schema)
