"""How fast the hot parts are; run by `make bench`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alertproof.datadog import advance, load_definition
from alertproof.offline import run_file
from alertproof.sentry import parse_envelope
from alertproof.tags import parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore

pytestmark = pytest.mark.bench
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
Benchmark = Callable[..., Any]


def test_an_offline_file(benchmark: Benchmark) -> None:
    results = benchmark(run_file, ROOT / "alert_tests" / "offline" / "api-error-rate.alert.yaml")

    assert len(results) >= 5


def test_one_evaluation_of_the_error_rate_over_a_hundred_series(benchmark: Benchmark) -> None:
    path = ROOT / "monitoring" / "datadog" / "monitors" / "api-error-rate.json"
    definition = load_definition(path.read_bytes(), source=str(path))
    store = SeriesStore()
    times = np.arange((NOW - timedelta(hours=1)).timestamp(), NOW.timestamp(), 10.0)
    for series in range(100):
        tags = parse_tags(f"service:m3core-api,env:prod,endpoint:e{series}")
        store.extend("api.requests", tags, MetricType.RATE, times, np.full(len(times), 5.0), interval=10)
        store.extend("api.errors", tags, MetricType.RATE, times, np.full(len(times), 0.01), interval=10)

    step = benchmark(advance, definition, {}, store, NOW)

    assert step.values[()] == pytest.approx(0.002)


def test_reading_an_envelope_of_five_kilobytes(benchmark: Benchmark) -> None:
    payload = json.dumps({"event_id": "a" * 32, "message": "x" * 5000}).encode()
    raw = (
        b'{"event_id":"' + b"a" * 32 + b'"}\n{"type":"event","length":' + str(len(payload)).encode() + b"}\n" + payload
    )

    envelope = benchmark(parse_envelope, raw)

    assert len(envelope.items) == 1
