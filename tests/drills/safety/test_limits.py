"""What a target allows to drills: both sides of each limit, and what is said where one is passed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alertproof.drills.safety import beyond_limits, planned, require_within_limits
from alertproof.errors import ConfigError
from alertproof.requirements import (
    ClockWire,
    DrillLimits,
    Endpoints,
    FlagWay,
    HeaderWay,
    HttpChange,
    Span,
    Target,
    load_specification,
)

SPEC = load_specification(Path(__file__).parents[3] / "monitoring")
ALL = DrillLimits(
    faults=("backlog", "database_load", "delay", "error", "failing_probe", "scrubbing_off", "stop"),
    hosts=("api.example", "keeper.example"),
    longest=Span(timedelta(hours=1)),
    share=1.0,
)


def target(limits: DrillLimits | None = ALL, **fields: Any) -> Target:
    environment = fields.pop("environment", "staging")
    made = Target(
        clock=ClockWire(real=0.0, stack=0.0, factor=1.0),
        endpoints=Endpoints(m3core="https://api.example", m3core_keeper="https://keeper.example:8443"),
        env={"DD_ENV": environment},
        allow=("read", "faults"),
        drills=limits,
    )
    return msgspec.structs.replace(made, **fields)


def said(of: Target, *alerts: str, production: bool = False) -> list[str]:
    plan = planned(of, SPEC, alerts or tuple(SPEC.alerts))
    return [str(problem) for problem in beyond_limits(of, "x", plan, production=production)]


def with_limits(**changes: Any) -> Target:
    return target(msgspec.structs.replace(ALL, **changes))


def test_what_is_all_allowed_has_no_problem() -> None:
    assert said(target()) == []


def test_a_stack_has_no_limits() -> None:
    assert said(target(None, allow=(), environment="prod")) == []


def test_without_a_line_nothing_may_be_broken() -> None:
    found = said(target(DrillLimits()), "api-error-rate")

    assert "api-error-rate, fires: the fault error is not allowed" in found[0]
    assert any("the host api.example is not allowed to be broken" in one for one in found)


def test_a_target_must_allow_faults() -> None:
    (found,) = said(target(allow=("read",)))

    assert found.startswith("target x: it does not allow faults; ")


@pytest.mark.parametrize("environment", ["prod", "Production", "live"])
def test_what_is_called_production_must_say_so(environment: str) -> None:
    (found,) = said(target(environment=environment))

    assert f"its environment is {environment!r}, and it does not say production = true" in found


@pytest.mark.parametrize(("flag", "problems"), [(False, 1), (True, 0)])
def test_production_needs_a_flag_on_the_command_line(flag: bool, problems: int) -> None:
    found = said(target(environment="prod", production=True), production=flag)

    assert len(found) == problems
    assert all("say --production on the command line" in one for one in found)


def test_the_flag_does_not_stand_for_the_line() -> None:
    assert len(said(target(environment="prod"), production=True)) == 1


def test_a_fault_that_is_not_listed_is_named_with_the_line_that_allows_it() -> None:
    found = said(with_limits(faults=("error", "scrubbing_off")), "api-latency-p95")

    assert found == [
        f"api-latency-p95, {side}: the fault delay is not allowed; "
        "allow it in [targets.x.drills]: faults = [.., 'delay'], or leave this alert out"
        for side in ("fires", "quiet")
    ]


def test_what_a_drill_injects_besides_must_be_allowed_too() -> None:
    (found,) = said(with_limits(faults=("error",)), "api-error-rate")

    assert found.startswith("api-error-rate, fires: the fault scrubbing_off is not allowed")


def test_each_door_is_a_host_of_its_own() -> None:
    (found,) = said(with_limits(hosts=("api.example",)), "api-availability")

    assert "the host keeper.example is not allowed to be broken" in found


def test_a_door_that_is_not_known_is_said() -> None:
    no_keeper = target(endpoints=Endpoints(m3core="https://api.example"))

    (found,) = said(no_keeper, "api-availability")

    assert "the platform's door for stop is not known; say where it is: keeper_url in [targets.x]" in found


def test_the_agent_s_door_is_one_of_its_own() -> None:
    no_keeper = target(endpoints=Endpoints(m3core="https://api.example", m3core_keeper="https://keeper.example"))

    found = said(no_keeper, "queue-depth-no-data")

    assert any("say where it is: agent_keeper_url in [targets.x]" in one for one in found)


@pytest.mark.parametrize(("share", "problems"), [(0.15, 0), (0.149, 1)])
def test_no_larger_share_of_the_requests_that_a_fault_is_aimed_at_is_broken(share: float, problems: int) -> None:
    found = said(with_limits(share=share), "api-error-rate")

    assert len(found) == problems
    assert all("it breaks 15 % of the requests, 14.9 % are allowed" in one for one in found)


@pytest.mark.parametrize(("requests", "problems"), [(30_750, 0), (30_749, 1)])
def test_a_drill_does_not_begin_that_must_send_more_than_is_allowed(requests: int, problems: int) -> None:
    found = said(with_limits(drill_requests=requests), "api-error-rate")

    assert len(found) == problems
    assert all(
        "api-error-rate, quiet: its traffic alone sends 30750 requests while the fault stands, 30749 are allowed; "
        "raise drill_requests or lower rate in [targets.x.drills]" in one
        for one in found
    )


@pytest.mark.parametrize(("seconds", "problems"), [(615, 0), (614, 1)])
def test_a_fault_does_not_stand_longer_than_is_allowed_its_lease_included(seconds: int, problems: int) -> None:
    found = said(with_limits(longest=Span(timedelta(seconds=seconds))), "api-error-rate")

    assert len(found) == problems
    assert all("api-error-rate, quiet: its fault may stand for 615 s, 614 s are allowed" in one for one in found)


@pytest.mark.parametrize(
    ("limits", "told"), [(ALL, "alertproof-drill"), (msgspec.structs.replace(ALL, monitors="pushed"), "m3core-api")]
)
def test_the_plan_says_who_is_paged(limits: DrillLimits, told: str) -> None:
    fires, quiet = planned(target(limits), SPEC, ["api-error-rate"])

    assert (fires.told, fires.urgency) == (told, "low" if told == "alertproof-drill" else "high")
    assert (quiet.told, quiet.urgency) == ("nobody", "")


@pytest.mark.parametrize("changed", [{"allow": ("read",)}, {"environment": "prod"}])
def test_a_run_is_refused_as_a_whole_where_the_target_does_not_allow_drills(changed: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="target x: "):
        require_within_limits(target(**changed), "x", production=False)

    require_within_limits(target(), "x", production=False)


FLAG = FlagWay(
    kind="error",
    share=0.01,
    change=HttpChange(url="https://flags.example:8443/on"),
    undo=HttpChange(url="https://flags.example:8443/off"),
)
HEADER = HeaderWay(kind="error", name="X-Fail", value="yes")


def test_a_way_of_the_target_is_what_must_be_allowed_and_where() -> None:
    found = said(with_limits(ways=(FLAG, HEADER), faults=("flag",)), "api-error-rate")

    # A flag of 1 % of everybody is the lesser fault; the reference fault is of another share.
    assert len(found) == 2
    assert "api-error-rate, fires: the fault header is not allowed" in found[0]
    assert "api-error-rate, quiet: the host flags.example is not allowed to be broken" in found[1]
    allowed = with_limits(ways=(FLAG, HEADER), faults=("flag", "header"), hosts=("flags.example", "api.example"))
    assert said(allowed, "api-error-rate") == []
