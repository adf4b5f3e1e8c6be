from __future__ import annotations

import json
from typing import Any

import pytest

from alertproof.datadog import Slo, highest_burn_rate, load_slo
from alertproof.datadog.slo import burn_rate
from alertproof.errors import ConfigError, NotModelled, QuerySyntaxError

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


def test_groups_are_refused_by_name() -> None:
    with pytest.raises(NotModelled, match=r"x.json: an SLO with groups .* \['env:prod'\]"):
        load_slo({**PAYLOAD, "groups": ["env:prod"]}, source="x.json")
    assert load_slo({**PAYLOAD, "groups": []}, source="x.json").id == "api"


@pytest.mark.parametrize("payload", [b"{", {}, {**PAYLOAD, "thresholds": []}, {**PAYLOAD, "query": "x"}, [1]])
def test_what_is_no_metric_slo_is_refused_with_its_source(payload: Any) -> None:
    with pytest.raises(ConfigError, match="x.json: not a metric-based SLO"):
        load_slo(payload, source="x.json")


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
