"""The signals of an alert bring its indicator to the level that they are meant to, beside what is well."""

from __future__ import annotations

import pytest
from tests.drills.conftest import SPEC, Bench

from alertproof.drills.signals import healthy, level_of, metrics_of, signals_of
from alertproof.errors import NotModelled
from alertproof.requirements import FailingProbeSpec
from alertproof.telemetry.signals import MARK, MetricSignal


def sent(alert: str, level: float, *, rate: float = 10.0) -> list[MetricSignal]:
    fault = signals_of(Bench(alert).scene.reader, level, rate=rate, text="t")
    fault.prepare()
    return [one for one in fault.signals if isinstance(one, MetricSignal)]


@pytest.mark.parametrize(
    ("alert", "level"),
    [
        ("api-error-rate", 0.05),
        ("api-latency-p95", 0.9),
        ("database-cpu", 100.0),
        ("api-availability", 0.95),
        ("queue-depth", 15_000.0),
    ],
)
def test_the_level_is_that_of_the_reference_fault(alert: str, level: float) -> None:
    side = SPEC.alert(alert).fires
    assert side is not None
    assert level_of(side.fault) == level
    assert level > SPEC.alert(alert).indicator.threshold


def test_a_failing_probe_has_no_level() -> None:
    with pytest.raises(NotModelled, match="give the level of the signal instead"):
        level_of(FailingProbeSpec(text="t", times=1))


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_failed_requests_come_on_top_so_that_their_share_is_the_level(share: float) -> None:
    failed, asked = sent("api-error-rate", share, rate=10.0)

    assert (failed.metric, asked.metric) == ("api.errors", "api.requests")
    assert failed.values[0] / (10.0 + asked.values[0]) == pytest.approx(share)
    assert failed.values == asked.values


def test_where_nobody_sends_requests_a_few_are_enough() -> None:
    failed, _ = sent("api-error-rate", 0.05, rate=0.0)

    assert failed.values[0] > 0


def test_slow_requests_are_more_than_a_percentile_leaves_out() -> None:
    (slow,) = sent("api-latency-p95", 0.9, rate=10.0)

    assert set(slow.values) == {0.9}
    assert len(slow.values) / (len(slow.values) + 100) == pytest.approx(0.12, abs=0.01)


def test_a_gauge_is_sent_in_the_place_of_the_healthy_one() -> None:
    fault = signals_of(Bench("queue-depth").scene.reader, 15_000.0, rate=0.1, text="t")

    assert fault.instead_of == {"queue.depth"}
    assert [one.values for one in fault.signals if isinstance(one, MetricSignal)] == [(15_000.0,)]


@pytest.mark.parametrize("alert", SPEC.alerts)
def test_signals_carry_the_tags_of_the_alerts_own_query_and_the_mark(alert: str) -> None:
    for one in sent(alert, 0.5):
        assert MARK in one.tags
        assert "env:drill" in one.tags


def test_what_is_well_is_the_history_of_these_metrics_continued() -> None:
    found = healthy(SPEC.history, metrics_of(SPEC.alert("api-error-rate").indicator), environment="drill")

    assert {one.metric for one in found} == {"api.requests"}
    assert {tag for one in found for tag in one.tags if tag.startswith("tenant:")} == {
        f"tenant:{tenant}" for tenant in SPEC.tenants
    }
    assert all(MARK in one.tags and "env:drill" in one.tags for one in found)


def test_a_series_of_a_fault_is_never_one_that_is_well() -> None:
    well = healthy(SPEC.history, {"queue.depth"}, environment="drill")

    assert not {frozenset(one.tags) for one in well} & {frozenset(one.tags) for one in sent("queue-depth", 1.0)}
