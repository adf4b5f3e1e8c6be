"""Every message of the monitors that ship with Datadog's integrations is read and rendered on every occasion.

The monitors are Datadog's (BSD-3-Clause), see tests/data/datadog-monitors/LICENSE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from alertproof.datadog import Assumptions, Definition, Notification, State
from alertproof.datadog.message import OCCASIONS, parse_template, reachable
from alertproof.datadog.message.tree import Block, Part, Variable
from alertproof.datadog.message.tree import Path as Keys
from alertproof.datadog.monitor.notify import Moment, held_conditions, notification
from alertproof.tags import Group, Tag

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
FIRING = [(OK, ALERT), (OK, WARN), (WARN, ALERT), (ALERT, WARN), (NO_DATA, ALERT), (OK, NO_DATA)]
QUIET = [(ALERT, OK), (WARN, OK), (NO_DATA, OK)]
AGAIN = [(ALERT, ALERT), (WARN, WARN), (NO_DATA, NO_DATA)]


def rows() -> list[dict[str, Any]]:
    path = Path(__file__).parent.parent / "data" / "datadog-monitors" / "monitors.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


ROWS = rows()
shipped = pytest.mark.parametrize("row", ROWS, ids=[row["source_path"].replace("/assets/monitors", "") for row in ROWS])


def texts(row: dict[str, Any]) -> list[str]:
    return [row["name"], row["message"], row["options"].get("escalation_message") or ""]


def variables(parts: tuple[Part, ...]) -> Iterator[Keys]:
    for part in parts:
        if isinstance(part, Variable):
            yield part.path
        if isinstance(part, Block):
            yield from variables((*part.body, *part.otherwise))


def tags_of(row: dict[str, Any]) -> Group:
    """The tags that its texts name, so that something is there to be told."""
    found = {path[0] for text in texts(row) for path in variables(parse_template(text).parts) if path[1:] == ("name",)}
    return tuple(Tag(key, f"{key.lstrip('@')}-1") for key in sorted(found))


@pytest.fixture
def told(monitor: Callable[..., Definition], minute: Callable[[float], datetime]) -> Callable[..., Notification]:
    thresholds = {"critical": 10, "warning": 5, "critical_recovery": 8, "warning_recovery": 4}
    plain = monitor("avg(last_5m):avg:m{*} by {host} > 10", thresholds=thresholds)

    def tell(row: dict[str, Any], old: State, new: State) -> Notification:
        options = changed(plain.options, escalation_message=texts(row)[2])
        definition = replace(plain, name=row["name"], message=row["message"], priority=row["priority"], options=options)
        moment = Moment(
            at=minute(7),
            group=tags_of(row),
            old=old,
            new=new,
            value=12.5,
            first_triggered_at=minute(5),
            last_triggered_at=minute(6),
        )
        return notification(definition, moment, Assumptions())

    return tell


@shipped
def test_a_shipped_message_is_rendered_on_every_occasion(
    row: dict[str, Any], told: Callable[..., Notification]
) -> None:
    for old, new in (*FIRING, *QUIET, *AGAIN):
        sent = told(row, old, new)
        assert "{{" not in sent.body
        assert "{{" not in sent.title
        for tag in sent.group:
            if re.search(rf"\{{\{{\s*\[?{re.escape(tag.key)}\]?\.name\s*\}}\}}", row["name"]):
                assert tag.value in sent.title


@shipped
def test_whom_a_shipped_message_can_tell_is_whom_it_tells(
    row: dict[str, Any], told: Callable[..., Notification]
) -> None:
    reach = reachable(row["message"], texts(row)[2])
    for old, new in (*FIRING, *QUIET, *AGAIN):
        conditions = held_conditions(old, new, renotifies=old is new)
        occasion = next(name for name, held in OCCASIONS.items() if held == conditions)
        assert {each.handle for each in reach if occasion in each.occasions} == set(told(row, old, new).handles)


def test_the_shipped_messages_hold_something_to_find() -> None:
    assert len(ROWS) == 188
    blocks = sum(isinstance(part, Block) for row in ROWS for part in parse_template(row["message"]).parts)
    assert blocks > 150
    assert sum(bool(reachable(row["message"])) for row in ROWS) > 20
    assert sum(bool(tags_of(row)) for row in ROWS) > 100


def test_both_sides_of_a_shipped_monitor_say_different_things(told: Callable[..., Notification]) -> None:
    row = next(row for row in ROWS if "{{#is_recovery}}" in row["message"] and "{{#is_alert}}" in row["message"])
    firing, quiet = told(row, OK, ALERT), told(row, ALERT, OK)
    assert firing.title.startswith("[Triggered")
    assert quiet.title.startswith("[Recovered")
    assert firing.body != quiet.body
