"""What operators make of a monitor, and what a sample draws."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from alertproof.datadog import load_definition
from alertproof.errors import ConfigError
from alertproof.offline.script import Monitor
from alertproof.quality.mutation import OPERATORS, Sign, defects_of, sample

QUERY = "sum(last_5m):sum:api.errors{service:api,env:prod} by {tenant}.as_count() > 100"
MESSAGE = "{{#is_alert}}{{value}} of {{tenant.name}} @pagerduty-api{{/is_alert}}\nRunbook: docs/a.md\n"


def payload(query: str = QUERY, message: str = MESSAGE, kind: str = "query alert", **options: Any) -> dict[str, Any]:
    """Return a monitor whose threshold is that of the query."""
    thresholds = {} if kind == "composite" else {"critical": float(query.rsplit(maxsplit=1)[-1])}
    return {
        "name": "errors of {{tenant.name}}",
        "type": kind,
        "query": query,
        "message": message,
        "options": {"thresholds": thresholds | options.pop("thresholds", {}), **options},
    }


def made(operator: str, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what an operator makes, by its words."""
    return {change.text: change.payload for change in OPERATORS[operator](given)}


@pytest.mark.parametrize(
    ("operator", "queries"),
    [
        ("threshold", {"> 100 becomes > 80": QUERY[:-3] + "80", "> 100 becomes > 120": QUERY[:-3] + "120"}),
        ("comparator", {"> becomes >=": QUERY.replace(">", ">=")}),
        ("group dropped", {"no groups": QUERY.replace(" by {tenant}", "")}),
        (
            "window",
            {
                "last_5m becomes 1m": QUERY.replace("5m", "1m"),
                "last_5m becomes 10m": QUERY.replace("5m", "10m"),
            },
        ),
        (
            "filter dropped",
            {
                "without service:api at 28": QUERY.replace("service:api,", ""),
                "without env:prod at 28": QUERY.replace(",env:prod", ""),
            },
        ),
        (
            "filter changed",
            {
                "service:api-x at 28": QUERY.replace("service:api", "service:api-x"),
                "env:prod-x at 28": QUERY.replace("env:prod", "env:prod-x"),
            },
        ),
    ],
)
def test_an_operator_changes_one_thing_of_the_query(operator: str, queries: dict[str, str]) -> None:
    assert {text: changed["query"] for text, changed in made(operator, payload()).items()} == queries


def test_a_threshold_is_changed_in_the_options_too_and_by_one_where_it_counts_things() -> None:
    changed = made("threshold", payload(QUERY.replace("100", "2")))

    assert {each["options"]["thresholds"]["critical"] for each in changed.values()} == {1.0, 3.0}


@pytest.mark.parametrize(("sign", "harder"), [(">", "120"), ("<", "80")])
def test_a_threshold_that_is_harder_to_pass_is_to_be_seen_by_silence_and_an_easier_one_by_noise(
    sign: str, harder: str
) -> None:
    changes = OPERATORS["threshold"](payload(QUERY.replace(">", sign)))

    for change in changes:
        assert change.wanted == ({Sign.SILENT} if change.text.endswith(harder) else {Sign.FIRES})


def test_a_composite_is_put_wrong_part_by_part() -> None:
    changed = made("composite", payload("1 && !2", kind="composite"))

    queries = {each["query"] for each in changed.values()}
    assert queries == {"1 || !2", "!2", "1", "!1 && !2", "1 && 2"}


def test_a_handle_is_dropped_or_becomes_one_that_nobody_knows() -> None:
    (dropped,), (renamed,) = (made(name, payload()).values() for name in ("handle dropped", "handle renamed"))

    assert "@" not in dropped["message"]
    assert "@pagerduty-api-x{{/is_alert}}" in renamed["message"]


def test_a_variable_is_misspelt_wherever_it_stands_and_a_block_is_none() -> None:
    changed = made("variable broken", payload()).values()

    texts = {each["name"] + each["message"] for each in changed}
    assert len(texts) == len(changed) == 3
    assert sum("{{tenant.name_x}}" in text for text in texts) == 2
    assert not any("is_alert_x" in text for text in texts)


def test_what_tells_nobody_of_missing_data_begins_to_and_what_does_stops() -> None:
    (begins,) = made("missing data", payload()).values()
    stops = made("missing data", payload(notify_no_data=True, no_data_timeframe=20))

    assert begins["options"]["notify_no_data"] is True
    assert stops["nobody is told of missing data"]["options"]["notify_no_data"] is False
    assert {each["options"]["no_data_timeframe"] for each in stops.values()} == {15, 20, 25}


def test_recovery_and_warning_thresholds_are_put_beside_and_left_out() -> None:
    given = payload(thresholds={"critical_recovery": 50, "warning": 60})

    for operator, name in (("recovery threshold", "critical_recovery"), ("warning threshold", "warning")):
        found = [each["options"]["thresholds"].get(name) for each in made(operator, given).values()]
        assert found in ([40, 60, None], [48, 72, None])


def test_what_an_operator_is_given_stays_as_it_is() -> None:
    given = payload(notify_no_data=True, no_data_timeframe=20, renotify_interval=60)
    before = deepcopy(given)

    assert all(change.payload != before for operator in OPERATORS.values() for change in operator(given))
    assert given == before


def test_what_the_server_would_refuse_is_no_defect() -> None:
    given = payload(thresholds={"critical_recovery": 95})
    definition = load_definition(given, source="a")

    found = {each.change.text for each in defects_of(Monitor(stem="a", definition=definition, given=given))}

    assert "critical_recovery 95 becomes 76" in found
    assert "critical_recovery 95 becomes 114" not in found


def test_a_sample_is_the_same_for_a_seed_has_each_operator_in_turn_and_nothing_twice() -> None:
    path = Path(__file__).parents[3] / "monitoring" / "datadog" / "monitors" / "api-error-rate.json"
    content = path.read_bytes()
    monitor = Monitor(stem=path.stem, definition=load_definition(content, source=path.name), given=content)
    defects = list(defects_of(monitor))
    operators = {each.operator for each in defects}

    drawn = sample(defects, seed=1, count=len(operators))

    assert drawn == sample(defects[::-1], seed=1, count=len(operators))
    assert drawn != sample(defects, seed=2, count=len(operators))
    assert {each.operator for each in drawn} == operators
    everything = sample(defects, seed=1, count=10_000)
    assert sorted(each.name for each in everything) == sorted(each.name for each in defects)


def test_nothing_can_be_drawn_from_nothing() -> None:
    with pytest.raises(ConfigError, match="no defect can be made"):
        sample([], seed=1, count=1)
