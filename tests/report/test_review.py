"""The review: both sides of what counts as proven, fired, noisy and used."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.report.conftest import after
from tests.report.test_alert_history import alert_run

from alertproof.report import Finding, review
from alertproof.report.alert_history import AlertRun, SignalSeen
from alertproof.report.review import Kind
from alertproof.requirements import load_specification
from alertproof.verdict import Verdict

SPEC = load_specification(Path(__file__).parents[2] / "monitoring")
OWN = "api-error-rate"


def of(kind: Kind, found: tuple[Finding, ...]) -> dict[str, str]:
    return {one.name: one.said for one in found if one.kind is kind}


def looked(*runs: AlertRun, days: int = 40, signals: tuple[SignalSeen, ...] = ()) -> tuple[Finding, ...]:
    return review(SPEC, runs, signals, now=after() + timedelta(days=days))


def test_without_any_drill_what_is_promised_is_unproven_and_the_rest_has_never_fired() -> None:
    found = looked()

    said = of(Kind.NEVER_PROVEN, found)
    assert said.keys() == SPEC.drilled.keys()
    assert said[OWN] == "no drill has yet shown that it comes and that it stays quiet"
    never = of(Kind.NEVER_FIRED, found)
    assert never.keys() == SPEC.supporting.keys() - SPEC.drilled.keys()
    assert never["web-vitals-cls"] == "it came in none of 0 drills"


def test_the_side_that_is_missing_is_said() -> None:
    found = looked(alert_run("fires"), alert_run("quiet", verdict=Verdict.FAILED))

    assert of(Kind.NEVER_PROVEN, found)[OWN] == "no drill has yet shown that it stays quiet"


def test_each_thing_stands_once_under_the_worst_of_it_and_what_wakes_somebody_comes_first() -> None:
    runs = [alert_run("fires", days=day, fired="queue-lag queue-depth") for day in range(5)]
    found = looked(*runs)

    assert len({one.name for one in found}) == len(found)
    assert "queue-depth" in of(Kind.NEVER_PROVEN, found)
    assert "queue-lag" in of(Kind.ALWAYS_FIRES, found)
    kinds = [[*Kind].index(one.kind) for one in found]
    assert kinds == sorted(kinds)
    never = [one for one in found if one.kind is Kind.NEVER_FIRED]
    assert [one.wakes for one in never] == sorted((one.wakes for one in never), reverse=True)
    undrilled = SPEC.supporting.keys() - SPEC.drilled.keys()
    high = [name for name in undrilled if SPEC.supporting[name].told.urgency == "high"]
    assert [one.name for one in never if one.wakes] == sorted(high)
    assert high


@pytest.mark.parametrize(("days", "stale"), [(30, False), (31, True)])
def test_a_proof_of_more_than_thirty_days_is_stale(days: int, *, stale: bool) -> None:
    found = looked(alert_run("fires", days=9), alert_run("quiet"), days=days)

    assert OWN not in of(Kind.NEVER_PROVEN, found)
    said = {OWN: "both sides last passed 31 days ago"} if stale else {}
    assert of(Kind.STALE, found) == said


def test_an_alert_that_came_beside_another_has_fired_and_lacks_a_drill_of_its_own() -> None:
    found = looked(alert_run("fires", fired=f"{OWN} queue-lag"))

    assert of(Kind.OFFLINE_ONLY, found) == {"queue-lag": "it came in a drill of another alert"}
    never = of(Kind.NEVER_FIRED, found)
    assert {OWN, "queue-lag"}.isdisjoint(never)
    assert never["web-vitals-cls"] == "it came in none of 1 drill"


@pytest.mark.parametrize(("drills", "noisy"), [(4, False), (5, True)])
def test_an_alert_that_came_in_the_last_five_drills_of_others_comes_always(drills: int, *, noisy: bool) -> None:
    runs = [alert_run("fires", days=day, fired="queue-lag") for day in range(drills)]

    assert ("queue-lag" in of(Kind.ALWAYS_FIRES, looked(*runs))) is noisy


def test_an_alert_that_comes_in_its_own_drills_alone_is_not_noisy_nor_is_one_that_rested_once() -> None:
    own = [alert_run("fires", days=day, fired=OWN) for day in range(6)]
    rested = [alert_run("fires", days=day, fired="" if day == 3 else "queue-lag") for day in range(6)]

    assert of(Kind.ALWAYS_FIRES, looked(*own, *rested)) == {}


def test_a_metric_that_nobody_looks_at_is_named_and_one_that_is_used_is_not() -> None:
    signals = tuple(
        SignalSeen(target="local", run="r", at=after(), name=name, used=used)
        for name, used in (("wasted", False), ("watched", True))
    )

    assert of(Kind.UNUSED, looked(signals=signals)).keys() == {"wasted"}
