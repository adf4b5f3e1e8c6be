"""Nothing else: both sides of what another alert, another tenant and another page may do."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal, cast

import msgspec
import pytest
from tests.drills.conftest import SPEC, Bench, at

from alertproof.drills.silence import expect_nothing_else
from alertproof.requirements import DrillLimits, ErrorSpec, FiresSpec, QuietSpec
from alertproof.vendors import Incident, MonitorTransition

OWN, LOGINS, LAG, PART = 1, 2, 3, 4
OTHERS = "no other monitor changes state"
TENANTS = "no group of another tenant changes state"
LAG_TOO = "queue-lag fires too"
ONE = "exactly one incident opens"


@pytest.fixture
def drilled(bench: Callable[[str], Bench]) -> Bench:
    """A drill of the error rate, with two monitors beside it; the own one has moved once each way."""
    made = bench("api-error-rate")
    names = {"api-error-rate": OWN, "auth-failures": LOGINS, "queue-lag": LAG, "tenant-error-share": PART}
    platform = cast("Any", made.scene.platform)
    platform.deployment = SimpleNamespace(
        monitors=names, alert_of=lambda number: next(name for name, one in names.items() if one == number)
    )
    made.scene.began = at(0)
    move(made, OWN, "Alert", minutes=3)
    move(made, OWN, "OK", minutes=8)
    page(made, "[Triggered] M3CoreCRM API error rate above 2 %")
    made.clock.sleep(at(10) - at(0))
    return made


def move(made: Bench, monitor: int, state: str, *, group: str = "*", minutes: float = 4) -> None:
    made.datadog.moved.append(
        MonitorTransition(at=at(minutes), monitor_id=monitor, group=group, state=state, title="t")
    )


def page(made: Bench, title: str, *, service: str = "m3core-api") -> None:
    made.pagerduty.opened.append(
        cast("Incident", SimpleNamespace(title=title, service=service, opened_at=at(3), id=title))
    )


def fires(*, tenant: str | None = None, must: tuple[str, ...] = (), may: tuple[str, ...] = ()) -> FiresSpec:
    side = SPEC.alert("api-error-rate").fires
    assert side is not None
    fault = ErrorSpec(text="some fail", share=0.05, tenant=tenant)
    return msgspec.structs.replace(side, fault=fault, must=must, may=may)


def quiet(*, may: tuple[str, ...] = ()) -> QuietSpec:
    side = SPEC.alert("api-error-rate").quiet
    assert side is not None
    return msgspec.structs.replace(side, may=may)


def judged(made: Bench, side: FiresSpec | QuietSpec) -> dict[str, tuple[bool | None, str]]:
    expect_nothing_else(made.scene, side)
    return made.said()


def test_an_alert_that_comes_alone_and_goes_is_all_there_is(drilled: Bench) -> None:
    assert {text: met for text, (met, _) in judged(drilled, fires()).items()} == {
        OTHERS: True,
        "the monitor's own transitions are Alert and OK": True,
        ONE: True,
    }


def test_a_monitor_beside_it_that_fires_is_seen_by_name(drilled: Bench) -> None:
    move(drilled, LAG, "Alert", group="queue:imports")

    assert judged(drilled, fires())[OTHERS] == (False, "queue-lag queue:imports went to Alert")


@pytest.mark.parametrize("moved", [True, False])
def test_one_that_may_fire_is_free_to(drilled: Bench, moved: bool) -> None:
    if moved:
        move(drilled, LAG, "Alert")

    said = judged(drilled, fires(may=("queue-lag",)))

    assert said[OTHERS] == (True, "none did")
    assert LAG_TOO not in said


@pytest.mark.parametrize(("state", "met"), [("Alert", True), ("Warn", False), ("", False)])
def test_one_that_must_fire_has_to_go_to_alert(drilled: Bench, state: str, met: bool) -> None:
    if state:
        move(drilled, LAG, state)

    said = judged(drilled, fires(must=("queue-lag",)))

    assert said[LAG_TOO][0] is met
    assert said[OTHERS][0] is True


def test_the_page_of_one_that_may_fire_is_not_counted_and_any_other_is(drilled: Bench) -> None:
    page(drilled, f"[Triggered] {SPEC.monitor_name('queue-lag')}")
    assert judged(drilled, fires(may=("queue-lag",)))[ONE][0] is True

    page(drilled, "[Triggered] somebody else's")
    assert judged(drilled, fires(may=("queue-lag",)))[ONE][0] is False


@pytest.mark.parametrize(("tenant", "met"), [("acme", True), ("globex", False)])
def test_a_fault_of_one_tenant_moves_no_group_of_another_even_where_the_monitor_may_fire(
    drilled: Bench, tenant: str, met: bool
) -> None:
    move(drilled, LOGINS, "Alert", group=f"tenant:{tenant}")

    said = judged(drilled, fires(tenant="acme", may=("auth-failures",)))

    assert said[TENANTS] == (met, "none did" if met else "auth-failures tenant:globex went to Alert")
    assert said[OTHERS][0] is True


def test_a_fault_of_all_tenants_says_nothing_of_another(drilled: Bench) -> None:
    assert TENANTS not in judged(drilled, fires())


def test_a_part_of_a_composite_may_move_but_in_no_other_tenants_group_and_paging_nobody(drilled: Bench) -> None:
    move(drilled, PART, "Alert", group="tenant:acme")
    assert judged(drilled, fires(tenant="acme"))[OTHERS] == (True, "none did")

    move(drilled, PART, "Alert", group="tenant:globex")
    page(drilled, "[Triggered] M3CoreCRM errors of a tenant")
    said = judged(drilled, fires(tenant="acme"))
    assert said[OTHERS] == (True, "none did")
    assert said[TENANTS] == (False, "tenant-error-share tenant:globex went to Alert")
    assert said[ONE][0] is False


def test_on_the_quiet_side_the_own_monitor_does_not_move_and_nobody_is_paged(drilled: Bench) -> None:
    said = judged(drilled, quiet())

    assert said["the monitor's own transitions are none"] == (False, "Alert, OK")
    assert said["nobody is paged"][0] is False


@pytest.mark.parametrize(("others", "met"), [("all", False), ("monitoring", True)])
def test_a_monitor_and_a_service_that_are_not_of_monitoring_count_where_the_target_does_not_say_otherwise(
    drilled: Bench, others: Literal["all", "monitoring"], met: bool
) -> None:
    cast("Any", drilled.scene.platform.target).drills = DrillLimits(others=others)
    platform = cast("Any", drilled.scene.platform)
    platform.deployment.alert_of = lambda number: f"monitor {number}"
    move(drilled, 99, "Alert")
    page(drilled, "[Triggered] somebody else's", service="billing")

    said = judged(drilled, fires())

    text = OTHERS.replace("monitor", "monitor of monitoring/") if met else OTHERS
    assert said[text] == (met, "none did" if met else "monitor 99 * went to Alert")
    assert said[ONE][0] is met


def test_where_accounts_are_shared_a_monitor_and_a_service_of_monitoring_still_count(drilled: Bench) -> None:
    cast("Any", drilled.scene.platform.target).drills = DrillLimits(others="monitoring")
    move(drilled, LAG, "Alert")
    page(drilled, "[Triggered] another", service="m3core-operations")

    said = judged(drilled, fires())

    assert said["no other monitor of monitoring/ changes state"] == (False, "queue-lag * went to Alert")
    assert said[ONE][0] is False


def test_a_group_that_gets_its_first_data_has_not_moved_and_one_that_recovers_has(drilled: Bench) -> None:
    move(drilled, LAG, "OK", group="queue:imports", minutes=1)
    assert judged(drilled, fires())[OTHERS] == (True, "none did")

    move(drilled, LAG, "Alert", group="queue:imports", minutes=4)
    move(drilled, LAG, "OK", group="queue:imports", minutes=5)
    assert judged(drilled, fires())[OTHERS] == (
        False,
        "queue-lag queue:imports went to Alert; queue-lag queue:imports went to OK",
    )
