"""Failing requests: a 5xx answer, an event at Sentry, a ratio at Datadog that saw them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.drills.conftest import ERRORS, REQUESTS, Bench, at

from alertproof.drills.effects import FailingRequests, effect_of
from alertproof.drills.effects.requests import see_other_tenants
from alertproof.errors import NotModelled
from alertproof.faults import Error, FeatureFlag, Header
from alertproof.requirements import DrillLimits, ErrorSpec, FlagWay, HeaderWay, HttpChange, Way

FAULT = ErrorSpec(share=0.01, text="some fail")
FIRST = "the fault makes requests of the steady traffic fail"
DATADOG = "Datadog saw the fault: error rate came near 1 %, below 2 %"


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    """Let the fault have stood for ten minutes, and the clock be a minute past it."""
    place = bench("api-error-rate")
    place.fault(began=0, ended=10)
    place.clock.advance(timedelta(minutes=11))
    return place


def test_the_failing_code_holds_a_secret_of_its_own(place: Bench) -> None:
    one, other = (FailingRequests(FAULT, place.scene).fault for _ in range(2))

    assert isinstance(one, Error)
    assert isinstance(other, Error)
    assert (one.kind, one.share, one.times) == ("error", 0.01, None)
    assert one.plant is not None
    assert one.plant != other.plant


def test_only_a_ratio_shows_failing_requests(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(NotModelled, match="failing requests show in a ratio of counts, and 'p95 latency' is none"):
        effect_of(FAULT, bench("api-latency-p95").scene)


def test_a_share_of_all_that_is_one_tenants_is_three_times_as_much_of_that_tenants(place: Bench) -> None:
    fault = FailingRequests(ErrorSpec(share=0.05, tenant="acme", text="some fail"), place.scene).fault

    assert isinstance(fault, Error)
    assert fault.share == pytest.approx(0.15)
    assert fault.match == {"tenant": "acme"}


@pytest.mark.parametrize(
    ("other", "met", "said"),
    [(200, True, "0 of 1"), (503, False, "1 of 1"), (None, False, "0 of 0")],
)
def test_a_fault_of_one_tenant_touches_no_request_of_another(
    place: Bench, other: int | None, *, met: bool, said: str
) -> None:
    fault = ErrorSpec(share=0.05, tenant="acme", text="some fail")
    place.traffic.answer(at(1), status=503, tenant="acme")
    if other is not None:
        place.traffic.answer(at(2), status=other, tenant="globex")

    see_other_tenants(fault, place.scene, lambda answer: answer.failed)

    assert place.said() == {
        "the fault is acme's alone: no request of another tenant shows it": (met, f"{said} requests of other tenants")
    }


@pytest.mark.parametrize(("status", "seen"), [(500, True), (503, True), (404, False), (0, False)])
def test_the_first_failed_request_is_an_answer_5xx(place: Bench, status: int, *, seen: bool) -> None:
    effect = FailingRequests(FAULT, place.scene)
    place.traffic.answer(at(-1), status=500)
    place.traffic.answer(at(1), status=status)

    effect.see_first()

    assert place.said()[FIRST] == (seen, f"{int(seen)} of 1 requests failed within 203.0 s of real time")
    assert effect.moments() == (("first failed request", at(1) if seen else None), ("Sentry event", None))
    assert place.scene.seen.delayed is None


def test_what_sentry_must_hold_is_announced_for_the_firing_side(place: Bench) -> None:
    effect = FailingRequests(FAULT, place.scene)
    assert place.said() == {}

    effect.announce()

    assert [met for met, _ in place.said().values()] == [None] * 4
    assert "the planted secret is nowhere in the event" in place.said()


def test_without_a_failed_request_sentry_is_not_asked(place: Bench) -> None:
    effect = FailingRequests(FAULT, place.scene)
    effect.see_first()
    effect.see_traces()

    assert place.scene.seen.event is None


@pytest.mark.parametrize(("share", "met"), [(0.0, False), (0.0069, False), (0.0071, True), (0.01, True), (0.02, False)])
def test_datadog_saw_the_fault_when_the_ratio_came_near_and_stayed_below(
    place: Bench, share: float, *, met: bool
) -> None:
    place.datadog.send(REQUESTS, -10, 11, 1.0, a_minute=6)
    place.datadog.send(ERRORS, 0, 10, share, a_minute=6)

    FailingRequests(FAULT, place.scene).see_at_datadog()

    assert place.said()[DATADOG][0] is met


def test_no_readings_are_said(place: Bench) -> None:
    FailingRequests(FAULT, place.scene).see_at_datadog()

    assert place.said()[DATADOG] == (False, "no readings under a full window")


def by(place: Bench, *ways: Way) -> None:
    """Let the target say ways of its own."""
    place.scene.platform.target = SimpleNamespace(env={"M3CORE_RELEASE": "r"}, drills=DrillLimits(ways=ways))  # type: ignore[assignment]


def test_where_the_target_names_a_header_the_traffic_carries_it_and_sentry_is_not_asked(place: Bench) -> None:
    by(place, HeaderWay(kind="error", name="X-Fail", value="yes"))
    effect = FailingRequests(FAULT, place.scene)
    place.traffic.answer(at(1), status=500)

    effect.announce()
    effect.see_first()
    effect.see_traces()

    assert effect.fault == Header(text="some fail", share=0.01, name="X-Fail", value="yes")
    assert [*place.said()] == [FIRST]
    assert effect.moments() == (("first failed request", at(1)),)


def test_a_header_of_one_tenant_is_carried_by_that_tenants_requests(place: Bench) -> None:
    by(place, HeaderWay(kind="error", name="X-Fail", value="yes"))
    fault = FailingRequests(ErrorSpec(share=0.05, tenant="acme", text="some fail"), place.scene).fault

    assert isinstance(fault, Header)
    assert fault.match == {"tenant": "acme"}
    assert fault.share == pytest.approx(0.15)


def test_a_flag_is_used_for_its_own_share_of_everybody_alone(place: Bench) -> None:
    change, undo = HttpChange(url="https://flags.example/on"), HttpChange(url="https://flags.example/off")
    by(place, FlagWay(kind="error", share=0.01, change=change, undo=undo))

    def made(**fields: Any) -> object:
        return FailingRequests(ErrorSpec(text="some fail", **fields), place.scene).fault

    assert made(share=0.01) == FeatureFlag(text="some fail", share=0.01, change=change, undo=undo)
    assert isinstance(made(share=0.05), Error)
    assert isinstance(made(share=0.01, tenant="acme"), Error)
