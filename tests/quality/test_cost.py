"""What telemetry costs against its budgets: both sides of each, and the tag that is to blame."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alertproof.quality.cost import Spent, cost_findings, most_values
from alertproof.requirements import CostSpec

BUDGET = CostSpec(series=10, series_of={"wide": 20}, values=3, log_bytes=1000, log_lines=10, spans=50, events=5)
WITHIN = Spent(
    requests=2000,
    tags={"m": frozenset({"env:prod", "tenant:a", "tenant:b", "tenant:c"})},
    series={"m": 10},
    log_bytes=2000,
    log_lines=20,
    spans=100,
    events=10,
)


def test_what_is_just_within_its_budget_is_no_finding() -> None:
    assert cost_findings(WITHIN, BUDGET) == []


def test_a_tag_with_too_many_values_is_named_with_its_metric() -> None:
    users = frozenset(f"user_id:{number}" for number in range(4))

    (found,) = cost_findings(replace(WITHIN, tags={"m": users | WITHIN.tags["m"]}), BUDGET)

    assert found == "the tag user_id of the metric m has 4 values, budget 3"


def test_too_many_series_name_the_tags_with_the_most_values_first() -> None:
    (found,) = cost_findings(replace(WITHIN, series={"m": 11}), BUDGET)

    assert found == "the metric m has 11 series, budget 10; by tag: tenant (3 values), env (1 values)"


def test_a_metric_may_have_a_budget_of_its_own() -> None:
    wide = replace(WITHIN, tags={"wide": frozenset({"a:1"})}, series={"wide": 20})

    assert cost_findings(wide, BUDGET) == []
    assert len(cost_findings(replace(wide, series={"wide": 21}), BUDGET)) == 1


@pytest.mark.parametrize("name", ["log_bytes", "log_lines", "spans", "events"])
def test_volume_is_counted_per_thousand_requests(name: str) -> None:
    (found,) = cost_findings(replace(WITHIN, **{name: getattr(WITHIN, name) + 1}), BUDGET)

    assert f"{name.replace('_', ' ')} per thousand requests, budget" in found


def test_keys_are_ordered_by_how_many_values_they_have() -> None:
    assert most_values(["a:1", "b:1", "b:2", "a:1"]) == [("b", 2), ("a", 1)]
