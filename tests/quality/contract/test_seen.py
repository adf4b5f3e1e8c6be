"""What was emitted as the journal says it: series against the budget, worst tags first, and who looks at it."""

from __future__ import annotations

from alertproof.journal import MetricSeen, TagSeen
from alertproof.quality.contract import Emitted, asked_of_metrics, asked_of_search, metrics_seen
from alertproof.requirements import CostSpec

EMITTED = Emitted(
    types={"queue.depth": "gauge", "api.errors": "rate"},
    tags={"api.errors": frozenset({"env:prod", "tenant:acme", "tenant:globex"})},
    facets={},
)
BUDGET = CostSpec(series=10, series_of={"api.errors": 20})


def test_every_metric_has_its_series_its_budget_its_tags_and_the_files_that_look_at_it() -> None:
    asked = (
        *asked_of_metrics("sum:api.errors{*}", file="monitors/b.json", place=""),
        *asked_of_metrics("sum:api.errors{*} / 2", file="dashboards/a.json", place="Errors"),
        *asked_of_metrics("sum:api.errors{env:prod}", file="dashboards/a.json", place="Others"),
    )

    seen = metrics_seen(EMITTED, asked, series={"api.errors": 12}, budget=BUDGET)

    tags = (TagSeen(key="tenant", values=2), TagSeen(key="env", values=1))
    files = ("dashboards/a.json", "monitors/b.json")
    assert seen == (
        MetricSeen(name="api.errors", type="rate", series=12, budget=20, files=files, tags=tags),
        MetricSeen(name="queue.depth", type="gauge", series=0, budget=10),
    )


def test_a_search_of_records_looks_at_no_metric() -> None:
    asked = (asked_of_search("queue.depth", "env:prod", file="f", place="p"),)

    assert all(not each.files for each in metrics_seen(EMITTED, asked, series={}, budget=BUDGET))
