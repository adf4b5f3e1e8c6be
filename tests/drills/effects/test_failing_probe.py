"""A probe that fails a few times: the door has hit it, Datadog has counted it, users have seen nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.drills.conftest import Bench, at

from alertproof.drills.effects import FailingProbe, effect_of
from alertproof.errors import NotModelled
from alertproof.requirements import FailingProbeSpec

PROBE = FailingProbeSpec(times=1, text="one run of the probe fails")
RUNS, FAILED = (f"synthetics.probe.{name}{{service:m3core-api,env:drill}}" for name in ("runs", "failed"))
HIT = "the fault makes 1 run(s) of the probe fail"
SAW = "Datadog saw the fault: 1 failed run(s), below 1.44 % of all"


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    """Let the fault have stood for ten minutes after an hour of good runs, each ten seconds."""
    place = bench("api-availability")
    place.fault(began=0, ended=10)
    place.clock.advance(timedelta(minutes=11))
    place.traffic.plan = SimpleNamespace(rate=1.0, probe_every=10.0)
    place.datadog.send(RUNS, -70, 11, 0.1, a_minute=6)
    place.traffic.answer(at(5))
    return place


def at_the_door(place: Bench, *hits: int) -> None:
    states = [SimpleNamespace(kind="error", injected=number) for number in hits]
    door = SimpleNamespace(active=lambda: states)
    cast("Any", place.scene.platform).door_of = lambda _: door


def test_the_door_is_asked_for_errors_of_the_probe_s_own_path(place: Bench) -> None:
    fault = effect_of(PROBE, place.scene).fault

    assert (fault.kind, fault.door) == ("error", "api")
    assert fault.prepare() == {"share": 1.0, "match": {"path": "/healthz"}, "times": 1}


def test_its_share_is_one_of_the_runs_of_a_window(place: Bench) -> None:
    assert effect_of(PROBE, place.scene).bad_share == pytest.approx(1 / 360)


def test_only_a_ratio_shows_it(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(NotModelled, match="shows in a ratio of failed probe runs, and 'p95 latency' is none"):
        effect_of(PROBE, bench("api-latency-p95").scene)


@pytest.mark.parametrize(("hits", "met"), [((1,), True), ((0,), False), ((), False)])
def test_the_door_must_have_hit_the_probe(place: Bench, hits: tuple[int, ...], *, met: bool) -> None:
    at_the_door(place, *hits)
    FailingProbe(PROBE, place.scene).see_first()

    assert place.said()[HIT] == (met, f"the platform's door says {sum(hits)}")


@pytest.mark.parametrize(("failed", "met"), [(0, False), (1, True), (2, False)])
def test_datadog_must_have_counted_as_many_failed_runs(place: Bench, failed: int, *, met: bool) -> None:
    if failed:
        place.datadog.send(FAILED, 5, 5 + failed / 6, 0.1, a_minute=6)
    FailingProbe(PROBE, place.scene).see_at_datadog()

    assert place.said()[SAW][0] is met, place.said()


def test_runs_that_nobody_counted_show_nothing(bench: Callable[[str], Bench]) -> None:
    place = bench("api-availability")
    place.fault(began=0, ended=10)
    place.clock.advance(timedelta(minutes=11))
    FailingProbe(PROBE, place.scene).see_at_datadog()

    assert place.said()[SAW] == (False, "no readings")
