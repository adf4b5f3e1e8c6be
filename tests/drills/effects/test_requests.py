"""What every fault that hits requests has in common: it shows in the traffic, and tenants are told apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.drills.conftest import DURATION, REQUESTS, SPEC, Bench, at

from alertproof.drills.effects.requests import first_answer, is_near, see_tenants

LATENCY = "api-latency-p95"


@pytest.mark.parametrize(
    ("seen", "near"), [(0.0175, True), (0.0325, True), (0.0174, False), (0.0326, False), (0, False)]
)
def test_near_is_within_three_tenths_of_the_share(seen: float, *, near: bool) -> None:
    assert is_near(seen, 0.025) is near


def test_the_first_answer_is_the_one_that_was_sent_first(bench: Callable[[str], Bench]) -> None:
    place = bench(LATENCY)
    place.fault(began=0)
    place.traffic.answer(at(-1), status=500)
    place.traffic.answer(at(2), status=500)
    first = place.traffic.answer(at(1), status=500)
    place.traffic.answer(at(0.5))

    found, said = first_answer(place.scene, lambda one: one.failed, did="failed", share=1.0, takes=timedelta(0))

    assert found == first
    assert said == "2 of 3 requests failed within 5.0 s of real time"


def test_waiting_for_an_answer_that_never_comes_ends(bench: Callable[[str], Bench]) -> None:
    place = bench(LATENCY)
    place.fault(began=0)
    began = place.scene.system.now()
    place.traffic.answer(at(1))

    found, said = first_answer(
        place.scene, lambda one: one.failed, did="failed", share=0.1, takes=timedelta(seconds=0.9)
    )

    assert found is None
    assert said == "0 of 1 requests failed within 23.9 s of real time"
    assert place.scene.system.now() - began == timedelta(seconds=23.9)


@pytest.mark.parametrize(("alert", "series"), [(LATENCY, DURATION), ("api-error-rate", REQUESTS)])
def test_the_metric_must_have_points_of_each_tenant(bench: Callable[[str], Bench], alert: str, series: str) -> None:
    place = bench(alert)
    place.clock.advance(timedelta(minutes=2))
    text = f"the metric of {place.scene.alert.indicator.name} is tagged with each tenant"
    for tenant in SPEC.tenants[:2]:
        place.datadog.send(series.replace("}", f",tenant:{tenant}}}"), 0, 1, 1.0, a_minute=6)

    see_tenants(place.scene)
    assert place.said()[text] == (False, "no points of tenant initech")

    place.datadog.send(series.replace("}", ",tenant:initech}"), 0, 1, 1.0, a_minute=6)
    see_tenants(place.scene)
    assert place.said()[text] == (True, "points of acme, globex, initech")
