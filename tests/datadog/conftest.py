from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertproof.datadog import Definition, load_definition
from alertproof.tags import parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def minute() -> Callable[[float], datetime]:
    """Minute 0 is an aligned instant."""
    return lambda number: START + timedelta(minutes=number)


@pytest.fixture
def monitor() -> Callable[..., Definition]:
    """Make a definition from a query, a message and options; the critical threshold follows the query."""

    def make(
        query: str, message: str = "", *, name: str = "Monitor", priority: int | None = None, **options: Any
    ) -> Definition:
        kind = "slo alert" if query.startswith(("burn_rate", "error_budget")) else "query alert"
        payload = {"name": name, "type": kind, "query": query, "message": message, "priority": priority}
        return load_definition({**payload, "options": options}, source="test")

    return make


@pytest.fixture
def store_of() -> Callable[..., SeriesStore]:
    """Make a store of series with one value each minute (None for none) or each `every` seconds."""

    def make(
        *series: tuple[str, Iterable[float | None]],
        kind: MetricType = MetricType.COUNT,
        every: int = 60,
        store: SeriesStore | None = None,
    ) -> SeriesStore:
        store = store or SeriesStore()
        for selector, values in series:
            metric, _, tags = selector.removesuffix("}").partition("{")
            for number, value in enumerate(values):
                if value is not None:
                    at = START.timestamp() + number * every
                    store.write(metric, parse_tags(tags), kind, at, value, interval=every)
        return store

    return make


def corpus() -> list[dict[str, Any]]:
    path = Path(__file__).parent.parent / "data" / "datadog-monitors" / "monitors.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `shipped_metric` or `shipped_other` once per such monitor of the corpus."""
    for name, wanted in (("shipped_metric", True), ("shipped_other", False)):
        if name in metafunc.fixturenames:
            rows = [row for row in corpus() if _is_metric(row) is wanted]
            metafunc.parametrize(name, rows, ids=[row["source_path"].replace("/assets/monitors", "") for row in rows])


def _is_metric(row: dict[str, Any]) -> bool:
    return row["type"] == "query alert" and not row["query"].startswith("formula(")
