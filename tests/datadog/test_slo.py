from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from alertproof.datadog import Slo, highest_burn_rate, load_slo
from alertproof.datadog.slo import MonitorSlo, TimeSliceSlo, burn_rate
from alertproof.errors import ConfigError, NotModelled, QuerySyntaxError
from alertproof.tags import Tag

PAYLOAD: dict[str, Any] = {
    "name": "api",
    "type": "metric",
    "query": {"numerator": "sum:good{*}.as_count()", "denominator": "sum:total{*}.as_count()"},
    "thresholds": [{"timeframe": "30d", "target": 99.9}],
}


def test_the_burn_rate_is_the_share_of_errors_over_the_share_allowed() -> None:
    """Published example V26."""
    assert burn_rate(990, 1000, 99.9) == pytest.approx(10)
    assert burn_rate(1000, 1000, 99.9) == 0


@pytest.mark.parametrize(("target", "highest"), [(99.9, 1000), (96, 25)])
def test_the_highest_burn_rate_is_when_everything_fails(target: float, highest: float) -> None:
    assert highest_burn_rate(target) == pytest.approx(highest)
    assert burn_rate(0, 7, target) == pytest.approx(highest)


def test_a_budget_share_in_an_hour_is_a_burn_rate() -> None:
    """Published example V27: 10 % of a 7 day budget in an hour burns 16.8 times too fast."""
    errors_allowed = 0.001 * 7 * 24
    assert burn_rate(1 - 0.1 * errors_allowed, 1, 99.9) == pytest.approx(16.8)


def test_an_slo_is_read_from_the_api() -> None:
    slo = load_slo(json.dumps(PAYLOAD).encode(), source="x")
    assert isinstance(slo, Slo)
    assert (slo.id, slo.target, slo.timeframe) == ("api", 99.9, "30d")
    assert load_slo({**PAYLOAD, "id": "abc"}, source="x").id == "abc"


MANY = [{"timeframe": "7d", "target": 99}, {"timeframe": "30d", "target": 99.9}]


def test_each_timeframe_has_its_target() -> None:
    slo = load_slo({**PAYLOAD, "thresholds": MANY}, source="x")
    assert (slo.target_over("7d"), slo.target_over("30d")) == (99, 99.9)
    with pytest.raises(ConfigError, match=r"no target over '90d' .known: 7d, 30d"):
        slo.target_over("90d")


def test_two_targets_for_a_timeframe_and_targets_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match="two thresholds for 7d"):
        load_slo({**PAYLOAD, "thresholds": [*MANY, MANY[0]]}, source="x")
    with pytest.raises(ConfigError, match="a percentage such as 99.9"):
        load_slo({**PAYLOAD, "thresholds": [*MANY, {"timeframe": "90d", "target": 0.99}]}, source="x")


def test_only_of_a_single_monitor_groups_can_be_chosen() -> None:
    with pytest.raises(ConfigError, match=r"x.json: groups can be chosen .* type 'monitor' only: \['env:prod'\]"):
        load_slo({**PAYLOAD, "groups": ["env:prod"]}, source="x.json")
    assert load_slo({**PAYLOAD, "groups": []}, source="x.json").id == "api"
    slo = load_slo({**MONITORS, "monitor_ids": [7], "groups": ["zone:b,env:prod"]}, source="x")
    assert isinstance(slo, MonitorSlo)
    assert slo.groups == ((Tag("env", "prod"), Tag("zone", "b")),)
    with pytest.raises(ConfigError, match="groups can be chosen of a single monitor only"):
        load_slo({**MONITORS, "groups": ["env:prod"]}, source="x")


MONITORS: dict[str, Any] = {
    "name": "up",
    "type": "monitor",
    "monitor_ids": [7, 8],
    "thresholds": [{"timeframe": "7d", "target": 99}],
}
SLICES: dict[str, Any] = {
    "name": "fast",
    "type": "time_slice",
    "sli_specification": {
        "time_slice": {
            "query": {
                "formulas": [{"formula": "a / b"}],
                "queries": [
                    {"data_source": "metrics", "name": "a", "query": "sum:a{*}"},
                    {"data_source": "metrics", "name": "b", "query": "sum:b{*}"},
                ],
            },
            "comparator": "<=",
            "threshold": 2.5,
            "query_interval_seconds": 60,
        }
    },
    "thresholds": [{"timeframe": "7d", "target": 99}],
}


def sliced(**changes: Any) -> dict[str, Any]:
    return {**SLICES, "sli_specification": {"time_slice": {**SLICES["sli_specification"]["time_slice"], **changes}}}


def test_an_slo_over_monitors_is_read_from_the_api() -> None:
    slo = load_slo(MONITORS, source="x")
    assert isinstance(slo, MonitorSlo)
    assert (slo.id, slo.monitors, slo.groups, slo.target_over("7d")) == ("up", ("7", "8"), (), 99)


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (20, True), (21, False)])
def test_an_slo_has_one_to_twenty_monitors(count: int, *, fits: bool) -> None:
    payload = {**MONITORS, "monitor_ids": list(range(count))}
    if fits:
        assert load_slo(payload, source="x").name == "up"
        return
    with pytest.raises(ConfigError, match=f"1 to 20 monitors, not {count}"):
        load_slo(payload, source="x")


def test_a_time_slice_slo_is_read_from_the_api() -> None:
    slo = load_slo(SLICES, source="x")
    assert isinstance(slo, TimeSliceSlo)
    assert slo.queries == (("a", "sum:a{*}"), ("b", "sum:b{*}"))
    assert (slo.formula, slo.comparator, slo.threshold) == ("a / b", "<=", 2.5)
    assert slo.slice_length == timedelta(minutes=1)
    longer = load_slo(sliced(query_interval_seconds=None), source="x")
    assert isinstance(longer, TimeSliceSlo)
    assert longer.slice_length == timedelta(minutes=5)


QUERY = SLICES["sli_specification"]["time_slice"]["query"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"comparator": "=="}, "uptime is a comparison by one of >, >=, <, <=, not '=='"),
        ({"query_interval_seconds": 120}, "a time slice has 60 or 300 seconds, not 120"),
        ({"query": {**QUERY, "formulas": [{"formula": "a / c"}]}}, "the formula has no query 'c'"),
        ({"query": {**QUERY, "formulas": [{"formula": "2"}]}}, "the formula '2' has no query"),
        ({"query": {**QUERY, "formulas": []}}, "x: not a time slice SLO"),
        ({"threshold": None}, "x: not a time slice SLO"),
    ],
)
def test_a_condition_of_slices_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_slo(sliced(**changes), source="x")


def test_slos_of_what_is_not_modelled_are_refused_by_name() -> None:
    for kind in ("magic", 5, ["metric"]):
        with pytest.raises(NotModelled, match=f"x: SLOs of type {re.escape(repr(kind))} are not modelled"):
            load_slo({**PAYLOAD, "type": kind}, source="x")
    counted = {"name": "c", "type": "metric", "thresholds": PAYLOAD["thresholds"], "sli_specification": {"count": {}}}
    with pytest.raises(NotModelled, match="sli_specification.count is not modelled"):
        load_slo(counted, source="x")
    logs = {**QUERY, "queries": [{"data_source": "logs", "name": "a", "query": "*"}]}
    with pytest.raises(NotModelled, match="time slices over logs"):
        load_slo(sliced(query=logs), source="x")


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"{", "not JSON: Expecting property name"),
        (b"[" * 100_000, "not an SLO: nested too deep"),
        ([1], "an SLO is a JSON object"),
        ({}, "not a metric-based SLO (name, query.numerator, query.denominator and thresholds with target and"),
        ({}, "timeframe): 'thresholds' is missing"),
        ({**PAYLOAD, "thresholds": []}, "an SLO has at least one threshold"),
        ({**PAYLOAD, "thresholds": [{"timeframe": "7d", "target": "x"}]}, "could not convert string to float: 'x'"),
        ({**PAYLOAD, "query": "x"}, "a value has another type"),
        ({**PAYLOAD, "query": {"numerator": "m{", "denominator": "m{*}"}}, "(column 3)"),
        ({**PAYLOAD, "thresholds": [{"timeframe": "7d", "target": 0.9}]}, "SLO 'api': the target is a percentage"),
    ],
)
def test_what_is_no_metric_slo_is_refused_with_its_source(payload: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_slo(payload, source="x.json")
    assert str(caught.value).startswith("x.json: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(("target", "fits"), [(0.999, False), (1, True), (99.999, True), (100, False)])
def test_the_target_is_a_percentage(target: float, *, fits: bool) -> None:
    def make() -> Slo:
        return Slo(id="a", name="a", numerator="m{*}", denominator="m{*}", target=target, timeframe="7d")

    if fits:
        assert make().target == target
    else:
        with pytest.raises(ConfigError, match="a percentage such as 99.9"):
            make()


def test_a_malformed_query_is_refused() -> None:
    with pytest.raises(QuerySyntaxError):
        Slo(id="a", name="a", numerator="m{", denominator="m{*}", target=99, timeframe="7d")
