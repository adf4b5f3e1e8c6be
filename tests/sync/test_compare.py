"""What differs and what does not, on payloads drawn from the fields that Datadog's official client knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.service_level_objective import ServiceLevelObjective
from hypothesis import given
from hypothesis import strategies as st

from alertproof.sync.compare import Change, Fields, changed_since, differences, in_words, with_resets
from alertproof.sync.monitors import MONITOR
from alertproof.sync.slos import SLO

PLAIN = st.one_of(
    st.booleans(), st.integers(1000, 10**6), st.text("abc \n", min_size=1), st.lists(st.text("xyz"), min_size=1)
)
FIELDS = sorted(MONITOR.defaults)
#: Fields that the server adds, each with all values that mean nothing.
SILENT = [(path, value) for path in FIELDS for value in MONITOR.defaults[path] if path.startswith("options.")]


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload that has these values at these paths."""
    payload: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, last = path.split(".")
        inner = payload
        for name in parents:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return payload


payloads = st.dictionaries(st.sampled_from(FIELDS), PLAIN, max_size=8)


@given(payloads, st.lists(st.sampled_from(SILENT), max_size=12))
def test_what_the_server_adds_of_itself_is_no_difference(said: dict[str, Any], added: list[tuple[str, Any]]) -> None:
    there = dict(added) | said
    own = {"id": 1, "modified": "x", "overall_state": "OK", "options.silenced": {}, "options.aggregation": {"a": 1}}
    assert differences(nested(said), nested(own | there), MONITOR) == ()
    # And the other way round: a file may say what the server would have it be.
    assert differences(nested(there), nested(said), MONITOR) == ()


@given(payloads, payloads, st.data())
def test_every_field_that_was_changed_is_seen_and_no_other(
    said: dict[str, Any], more: dict[str, Any], data: st.DataObject
) -> None:
    changed = data.draw(st.sets(st.sampled_from(FIELDS), min_size=1, max_size=5))
    wanted, actual = dict(said), dict(said)
    for path in changed:
        # One side at least says something that is not a default.
        wanted[path], actual[path] = "wanted", data.draw(st.sampled_from([None, "actual", 7, ["actual"]]))
        if data.draw(st.booleans()) and path not in MONITOR.only_if_said:
            wanted[path], actual[path] = None, "actual"
    found = differences(nested(wanted), nested({"unknown": 1} | actual), MONITOR)
    assert {one.field for one in found} == changed


@given(payloads, payloads)
def test_a_comparison_with_itself_finds_nothing_and_one_of_two_is_the_other_turned_round(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert differences(nested(one), nested(one), MONITOR) == ()
    one = {path: value for path, value in one.items() if path not in MONITOR.only_if_said}
    other = {path: value for path, value in other.items() if path not in MONITOR.only_if_said}
    there = {(each.field, repr(each.old), repr(each.new)) for each in differences(nested(one), nested(other), MONITOR)}
    back = {(each.field, repr(each.new), repr(each.old)) for each in differences(nested(other), nested(one), MONITOR)}
    assert there == back


@given(payloads, payloads)
def test_what_is_sent_leaves_no_difference_even_where_the_server_keeps_what_is_not_sent(
    said: dict[str, Any], there: dict[str, Any]
) -> None:
    found = differences(nested(said), nested(there), MONITOR)
    sent = with_resets(nested(said), found, MONITOR)
    kept = nested(there)
    merged = {**kept, **sent, "options": {**kept.get("options", {}), **sent.get("options", {})}}
    assert differences(nested(said), merged, MONITOR) == ()


@given(payloads, payloads)
def test_words_can_be_found_for_every_change(said: dict[str, Any], there: dict[str, Any]) -> None:
    for change in differences(nested(said), nested(there), MONITOR):
        lines = in_words(change)
        assert lines[0].startswith(change.field.removeprefix("options."))
        assert not any("\n" in line for line in lines)
        assert len(lines) > 1 or lines[0] != f"{change.field.removeprefix('options.')}:"


@pytest.mark.parametrize("model", [Monitor, MonitorOptions])
def test_each_field_that_the_official_client_knows_is_compared_or_said_to_be_the_servers(model: Any) -> None:
    # What is left are parts of other products' monitors, what is deprecated, and what is on its own listed as a whole.
    left = {
        "assets",
        "options",
        "aggregation",
        "device_ids",
        "enable_samples",
        "locked",
        "silenced",
        "synthetics_check_id",
    }
    known = {path.removeprefix("options.") for path in MONITOR.defaults} | MONITOR.servers
    assert set(model.openapi_types) - known <= left
    assert set(ServiceLevelObjective.openapi_types) <= set(SLO.defaults) | SLO.servers


@pytest.mark.parametrize(
    ("path", "one", "other", "same"),
    [
        ("options.thresholds.critical", 10000, 10000.0, True),
        ("options.thresholds.critical", "2", 2.0, True),
        ("options.thresholds.critical", "2x", 2.0, False),
        ("options.thresholds.warning", 0, None, False),
        ("options.new_host_delay", 300, None, True),
        ("options.new_host_delay", 0, None, False),
        ("options.new_group_delay", 60, None, True),
        ("options.new_group_delay", 0, None, False),
        ("options.renotify_interval", 0, None, True),
        ("options.renotify_interval", 1, None, False),
        ("options.include_tags", True, None, True),
        ("options.include_tags", False, None, False),
        ("options.include_tags", 1, True, False),
        ("type", "metric alert", "query alert", True),
        ("type", "log alert", "query alert", False),
        ("tags", ["b", "a"], ["a", "b", "a"], True),
        ("tags", ["a"], ["a", "b"], False),
        ("message", "a ", "a", False),
        ("priority", None, 3, False),
        ("options.scheduling_options.evaluation_window.day_starts", "04:00", None, False),
        ("options.no_data_timeframe", 10, 20, False),
        ("restricted_roles", ["a"], None, False),
    ],
)
def test_both_sides_of_what_is_the_same(path: str, one: Any, other: Any, same: bool) -> None:
    assert (differences(nested({path: one}), nested({path: other}), MONITOR) == ()) is same


def test_a_slice_of_an_slo_is_five_minutes_long_where_nothing_is_said() -> None:
    said = {"sli_specification": {"time_slice": {"comparator": ">", "threshold": 5}}}
    there = json.loads(json.dumps(said))
    there["sli_specification"]["time_slice"]["query_interval_seconds"] = 300
    assert differences(said, there, SLO) == differences(there, said, SLO) == ()
    there["sli_specification"]["time_slice"]["query_interval_seconds"] = 60
    assert [one.new for one in differences(said, there, SLO)] == [None]


def test_what_a_file_leaves_out_is_the_servers_where_the_server_works_it_out() -> None:
    there = nested({"options.no_data_timeframe": 10, "restricted_roles": ["x"], "anything": 1})
    assert differences({}, there, MONITOR) == ()
    assert changed_since(nested({"options.no_data_timeframe": 20}), there, MONITOR) == [
        "options.no_data_timeframe",
        "restricted_roles",
    ]


def test_what_is_said_when_a_thing_is_created_is_left_alone_then() -> None:
    fields = Fields(defaults={"email": (None,)}, only_created=frozenset({"name"}))
    assert differences({"name": "a", "email": "x"}, {"name": "b", "email": "x"}, fields) == ()


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (0.02, 0.05, ["f: 0.02 -> 0.05"]),
        (10000.0, None, ["f: 10000 -> (not set)"]),
        ("ä", "b", ['f: "ä" -> "b"']),
        (["a", "b"], ["b", "c"], ['f: adds "c", takes away "a"']),
        (None, ["c"], ['f: adds "c"']),
        (["a", "b"], ["b", "a"], ['f: ["a", "b"] -> ["b", "a"]']),
        (["a"], "b", ['f: ["a"] -> "b"']),
        ("one\n-- two\nthree", "one\n++ 2\nthree", ["f:", "   one", "  --- two", "  +++ 2", "   three"]),
        ("one", "one\ntwo", ["f:", "   one", "  +two"]),
    ],
)
def test_a_change_in_words(old: Any, new: Any, lines: list[str]) -> None:
    assert in_words(Change(field="options.f", old=old, new=new)) == lines


def test_what_is_sent_does_not_change_what_was_given() -> None:
    given_ = {"options": {"thresholds": {"critical": 1}}}
    before = json.dumps(given_)
    changes = (Change(field="options.evaluation_delay", old=5, new=None),)
    assert with_resets(given_, changes, MONITOR)["options"]["evaluation_delay"] is None
    assert json.dumps(given_) == before
