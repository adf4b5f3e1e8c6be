"""Each journal that a drill writes is as published: other tools read it. Which drill comes last, and when it may."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import pytest

from alert_tests.drills.turns import turn
from alertproof.journal import DrillJournal
from alertproof.plugin.recording import JOURNALS
from alertproof.report.jsonl import encode_record

_TROUBLE = pytest.StashKey[str]()
_TURN = pytest.StashKey[ExitStack]()
_HELD = pytest.StashKey[str]()  # what is wrong with the turn that is held: nothing, mostly
_PUBLISHED = Path(__file__).parents[2] / "docs" / "drill-journal.schema.json"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what runs alone behind the other drills, and the availability's last: what they burn is remembered for long.

    Any other order holds, too, as that of drills that are named one by one; the drill after the availability's then
    waits for half an hour of its stack's clock.
    """
    if any("::" in name for name in config.args):
        return
    drills = [item for item in items if item.path.parent == Path(__file__).parent]
    ordered = iter(sorted(drills, key=lambda item: (item.path.name == "test_availability.py", _is_alone(item))))
    items[:] = [next(ordered) if item in drills else item for item in items]


def _is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around the time-out of the test, which is not for waiting
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Have what runs alone wait for the drills in other processes, and those for it.

    Drills of one file have one turn: between two of them the platform's traffic goes on.
    """
    turns = item.config.stash.setdefault(_TURN, ExitStack())
    if _HELD not in item.config.stash:
        item.config.stash[_HELD] = turns.enter_context(turn(alone=_is_alone(item)))
    item.stash[_TROUBLE] = item.config.stash[_HELD]
    try:
        return (yield)
    finally:
        if nextitem is None or nextitem.path != item.path:
            turns.close()
            del item.config.stash[_HELD]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail what had no turn."""
    if item.stash[_TROUBLE]:
        pytest.fail(item.stash[_TROUBLE])


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
