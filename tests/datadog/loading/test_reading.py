"""Monitors out of files of JSON and out of an account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alertproof.datadog.loading import Representation, load_live, load_text, reads
from alertproof.errors import ConfigError

MONITOR: dict[str, Any] = {
    "name": "Load",
    "type": "query alert",
    "query": "avg(last_5m):avg:system.load.1{env:prod} by {host} > 4",
    "message": "High\n@slack-ops",
    "tags": ["team:api"],
    "options": {"thresholds": {"critical": 4}},
}


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        (MONITOR, [""]),
        ([MONITOR, MONITOR], ["number 1", "number 2"]),
        ({"monitors": [MONITOR]}, ["number 1"]),
    ],
)
def test_a_file_holds_one_monitor_or_a_list_of_them(value: Any, addresses: list[str]) -> None:
    found = load_text(json.dumps(value), source="m.json")
    assert [one.address for one in found] == addresses
    assert all(one.payload == MONITOR and one.representation is Representation.API for one in found)
    for one in found:
        place, end = one.place(("query",), 4, 11)
        assert json.dumps(value)[place.column - 1 : end.column - 1] == "last_5m"


def test_an_asset_has_its_monitor_in_a_wrapper() -> None:
    text = json.dumps({"version": 2, "title": "t", "definition": MONITOR}, indent=2)
    (found,) = load_text(text, source="m.json")
    assert found.representation is Representation.ASSET
    assert found.payload == MONITOR
    place, _ = found.place(("options", "thresholds", "critical"), 0, 1)
    assert text.splitlines()[place.line - 1][place.column - 1 :] == "4"


def test_lines_of_json_hold_one_monitor_each_and_u2028_ends_no_line() -> None:
    odd = MONITOR | {"message": "a\u2028b @slack-ops"}
    lines = [json.dumps(MONITOR), "", json.dumps(odd, ensure_ascii=False)]
    first, second = load_text("\n".join(lines), source="m.jsonl")
    assert first.place(("query",))[0].line == 1
    place, _ = second.place(("message",), 4, 6)
    assert place.line == 3
    assert lines[2][place.column - 1 :].startswith("@slack-ops")


def test_what_is_no_monitor_is_left_alone() -> None:
    others: list[Any] = [{"type": "metric", "query": {"numerator": "x"}}, {"widgets": []}, [], "text", 1, [1, None]]
    for other in others:
        assert load_text(json.dumps(other), source="m.json") == ()


@pytest.mark.parametrize("other", [{"title": "a dashboard", "widgets": []}, "text", None, {"definition": {}}])
def test_nothing_of_a_list_of_monitors_is_dropped_in_silence(other: Any) -> None:
    monitor = {"name": "m", "type": "query alert", "query": "avg(last_5m):avg:m{*} > 1"}
    with pytest.raises(ConfigError, match="m.json: number 2 of the list is no monitor, and others are"):
        load_text(json.dumps([monitor, other, monitor]), source="m.json")


def test_a_monitor_without_a_query_is_one_still() -> None:
    (found,) = load_text('{"type": "service check"}', source="m.json")
    assert found.name == "m.json"


@pytest.mark.parametrize(
    ("text", "source", "says"),
    [
        ("{\n  nope", "m.json", "m.json:2:3: not JSON"),
        ("{}\n{", "m.jsonl", "m.jsonl:2:2: not JSON"),
        ("[" * 100_000, "m.json", "m.json: cannot be read: nested too deep"),
    ],
)
def test_a_file_that_is_no_json_is_refused_with_the_place(text: str, source: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_text(text, source=source)
    assert str(caught.value).startswith(says)


def test_what_is_missing_stands_where_the_nearest_part_around_it_begins() -> None:
    text = '{"type": "query alert",\n "options": {}}'
    (found,) = load_text(text, source="m.json")
    assert found.place(("options", "thresholds", "critical"))[0] == (2, 13)
    assert found.place(("query",))[0] == (1, 1)


def test_the_defaults_of_the_api_are_those_of_options_that_are_not_written() -> None:
    (found,) = load_text(json.dumps(MONITOR), source="m.json")
    assert {each.option: each.value for each in found.defaults} == {
        "include_tags": True,
        "new_host_delay": 300,
        "notify_no_data": False,
        "require_full_window": False,
    }
    written = MONITOR | {"options": {"on_missing_data": "resolve", "require_full_window": True, "include_tags": False}}
    (found,) = load_text(json.dumps(written), source="m.json")
    assert [each.option for each in found.defaults] == ["new_host_delay"]


def test_an_account_has_no_file_but_its_monitors_have_ids() -> None:
    (found,) = load_live([MONITOR | {"id": 7, "tags": ["alertproof:ignore=dead-scope"]}], source="datadoghq.eu")
    assert found.where == "datadoghq.eu: monitor 7"
    assert found.representation is Representation.LIVE
    assert found.ignores == (("dead-scope", 0),)
    assert found.place(("query",), 3, 5)[0] == (1, 1)


def test_tags_ask_for_findings_to_be_left_out() -> None:
    text = json.dumps(MONITOR | {"tags": ["a:b", "alertproof:ignore=dead-scope", "alertproof:ignored=x"]})
    (found,) = load_text(text, source="m.json")
    assert [name for name, _ in found.ignores] == ["dead-scope"]
    assert text[found.ignores[0][1] :].startswith('"alertproof:ignore')


@pytest.mark.parametrize(("name", "can"), [("a.json", True), ("a.jsonl", True), ("a.tf", True), ("a.yaml", False)])
def test_the_ending_of_a_name_says_whether_it_can_hold_monitors(name: str, can: bool) -> None:
    assert reads(name) is can
