"""Whatever stands in a file, it is found fault with or explained, and nothing breaks."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog import Definition, DefinitionError
from alertproof.datadog.loading import Declared, load_live, load_text
from alertproof.quality.explain import explain
from alertproof.quality.lint import Level, Subject, lint

CORPUS = Path(__file__).parents[1] / "data/datadog-monitors/monitors.jsonl"
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, 0, -1, 10**400, 1.5, "", "x", "4", "9" * 5000, [], [1], {}, {"a": None}, [{"a": []}]),
        *("{{", "{{#is_alert}}@pagerduty-a", "@all", "${x}", "avg(last_5m):avg:a{*} > 4", "1 && 2"),
        '"a".over("*").by("*").last(2).count_by_status()',
    ]
)
PLAN = {
    "terraform_version": "1.9.0",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "datadog_monitor.a",
                    "type": "datadog_monitor",
                    "values": {
                        "type": "query alert",
                        "query": "avg(last_5m):avg:a{*} > 1",
                        "monitor_thresholds": [{"critical": "1"}],
                        "scheduling_options": [{"evaluation_window": [{"day_starts": "04:00"}]}],
                        "variables": [{"event_query": [{"name": "a", "compute": [{}], "search": [{}]}]}],
                    },
                },
                {"type": "datadog_monitor_json", "values": {"monitor": "{}"}},
            ],
            "child_modules": [{"resources": []}],
        }
    },
}


@lru_cache(maxsize=1)
def shipped() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))][:200]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {key: put(each, path[1:], new) if key == path[0] else each for key, each in value.items()}
    return [put(each, path[1:], new) if number == path[0] else each for number, each in enumerate(value)]


@given(st.data())
def test_a_shipped_monitor_with_something_odd_in_it_breaks_nothing(data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from(shipped()))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([place for place in places(payload) if place]))
        payload = put(payload, path, data.draw(ODD))
    declared = load_text(json.dumps(payload), source="m.json") or load_live([payload], source="site")
    for finding in lint(declared):
        assert finding.text.strip().endswith((".", "]", ")", "'", '"', "}", "`")) or ":" in finding.text
        assert (finding.line, finding.column) <= (finding.end_line, finding.end_column)
    for one in declared:
        assert explain(one).watches
        require_said(one)


def require_said(declared: Declared) -> None:
    """What the server refuses is an error among the findings, and what is not evaluated is there too."""
    found, loaded = lint([declared]), Subject(declared).loaded
    if isinstance(loaded, DefinitionError):
        assert Level.ERROR in {finding.level for finding in found}, loaded.errors
    elif not isinstance(loaded, Definition):
        assert {"not-modelled", "syntax-error"} & {finding.id for finding in found}, str(loaded)


@given(st.data())
def test_a_plan_with_something_odd_in_it_breaks_nothing(data: st.DataObject) -> None:
    plan = put(PLAN, data.draw(st.sampled_from([place for place in places(PLAN) if place])), data.draw(ODD))
    declared = load_text(json.dumps(plan), source="plan.json")
    lint(declared)
    assert all(explain(one).watches for one in declared)


@pytest.mark.parametrize("odd", [10**400, 10**12, -1, True, "12345678901", "\u0664", {}, [1], 1.5])
@pytest.mark.parametrize(
    "name", ["evaluation_delay", "new_group_delay", "no_data_timeframe", "renotify_interval", "thresholds", "timeout_h"]
)
def test_an_option_of_any_kind_and_size_breaks_nothing(name: str, odd: object) -> None:
    value = {"critical": odd, "warning": odd, "critical_recovery": odd} if name == "thresholds" else odd
    query = "avg(last_1m):avg:aws.a{*} by {host} > 4"
    payload = {"type": "query alert", "query": query, "message": "@all", "options": {name: value}}
    (declared,) = load_text(json.dumps(payload), source="m.json")
    lint([declared])
    assert explain(declared).watches
