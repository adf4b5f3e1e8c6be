"""Preflight of monitors: there, as committed, OK, not muted, and with budget left."""

from __future__ import annotations

from typing import Any, cast

from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v2.api.downtimes_api import DowntimesApi
from tests.drills.preflight.conftest import ALERT, Elsewhere

NAME = "M3CoreCRM API error rate above 2 %"


def test_a_monitor_that_is_not_there_is_said_with_the_command_that_makes_it(pushed: Elsewhere) -> None:
    with pushed.account.client() as client:
        MonitorsApi(client).delete_monitor(pushed.monitor_id())  # type: ignore[no-untyped-call]

    assert pushed.problems() == [
        f"monitor {NAME}: it is not there; create it: alertproof monitors push --target staging"
    ]


def test_a_monitor_that_is_not_as_committed_is_said_with_what_differs(pushed: Elsewhere) -> None:
    pushed.account.change(pushed.monitor_id(), options={"thresholds": {"critical": 0.5}}, query=_looser(pushed))

    (said,) = [one for one in pushed.problems() if one.startswith(f"monitor {NAME}")]

    assert "it is not as committed" in said
    assert "thresholds.critical: 0.5 -> 0.02" in said


def _looser(pushed: Elsewhere) -> str:
    (monitor,) = pushed.account.monitors().values()
    return str(monitor["query"]).replace("> 0.02", "> 0.5")


def test_a_muted_monitor_is_said_with_the_downtime(pushed: Elsewhere) -> None:
    identity = pushed.monitor_id()
    attributes = {
        "monitor_identifier": {"monitor_id": identity},
        "scope": "env:staging",
        "schedule": {"start": None, "end": None},
        "message": "deploy",
    }
    with pushed.account.client() as client:
        body = cast("Any", {"data": {"type": "downtime", "attributes": attributes}})
        made = DowntimesApi(client).create_downtime(body=body)  # type: ignore[no-untyped-call]

    (said,) = pushed.problems()

    assert said == (
        f"monitor {identity} ({ALERT}): it is muted: downtime {made['data']['id']} on env:staging; "
        "end that, or wait for its end"
    )


def test_a_monitor_that_is_not_ok_is_said_with_its_state(elsewhere: Elsewhere) -> None:
    elsewhere.push()
    elsewhere.await_state("No Data")

    (said,) = elsewhere.problems()

    assert said.endswith("it is not OK: * is No Data; look into that before a drill")


def test_a_drill_that_brings_its_own_monitors_asks_nothing_of_those_that_are_there(elsewhere: Elsewhere) -> None:
    elsewhere.push()
    elsewhere.monitors = "own"

    assert elsewhere.problems() == []
