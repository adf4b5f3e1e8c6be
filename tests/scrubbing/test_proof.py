from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from alertproof.canaries import Flock, Run
from alertproof.clock import Anchor
from alertproof.errors import ConfigError
from alertproof.faults import Error, JobsReadOnly, Ledger
from alertproof.requirements import ClockWire, Endpoints, Target
from alertproof.scrubbing import Door, Proof, Side
from alertproof.scrubbing.proof import _fault


def go(side: Side) -> None:
    """Goes through no door."""


def side(*kinds: str) -> Side:
    canaries = Flock("seed").at(Run.CONTROL, "d", kinds=kinds)
    return Side(run=Run.CONTROL, api="", pages="", mark="canary-1", canaries=canaries)


def test_a_fault_behind_a_door_is_in_force_for_its_mark_alone_and_holds_the_canary_that_is_planted() -> None:
    plain = _fault(Door(name="d", send=go, fault="jobs_read_only"), side())
    planted = _fault(Door(name="d", send=go, fault="error", path="/api/x", plant="password"), side("password"))

    assert isinstance(plain, JobsReadOnly)
    assert isinstance(planted, Error)
    assert planted.match == {"path": "/api/x", "correlation_id": "canary-1"}
    assert planted.plant is not None
    assert planted.plant.reveal() == side("password").canaries["password"].core


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ({"fault": "flood"}, "the door 'd' asks for the fault 'flood'; it is one of requests that fail"),
        (
            {"fault": "error", "plant": "pasword"},
            "the door 'd' plants 'pasword', which is no field of its canaries \\(did you mean 'password'\\?\\)",
        ),
    ],
)
def test_a_door_that_asks_for_what_there_is_not_is_refused_by_its_name(door: Mapping[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _fault(Door(name="d", send=go, **door), side("password"))  # type: ignore[arg-type]


NEEDED = ("DD_API_KEY", "DD_APP_KEY", "SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT", "PAGERDUTY_API_TOKEN")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def proof(tmp_path: Path) -> Iterator[Proof]:
    """A proof on a platform at which nobody answers: of what goes through its doors nothing is sent."""
    anchor = Anchor.at_now(1.0).encode()
    clock = ClockWire(real=anchor["real"], stack=anchor["stack"], factor=anchor["factor"])
    ends = Endpoints(
        m3core=f"{NOWHERE}/scrubbed",
        unscrubbed=f"{NOWHERE}/control",
        datadog=NOWHERE,
        sentry_api=NOWHERE,
        pagerduty="https://127.0.0.1:9",
    )
    target = Target(clock=clock, endpoints=ends, env=dict.fromkeys(NEEDED, "key"))
    with Proof(target, name="t", ledger=Ledger(tmp_path), facets={}) as made:
        yield made


def test_a_door_is_gone_through_on_the_platform_and_then_on_its_control_with_other_canaries(proof: Proof) -> None:
    gone: list[Side] = []

    proof.go_through(Door(name="order", send=gone.append))

    assert [(side.run, side.api) for side in gone] == [
        (Run.SCRUBBED, f"{NOWHERE}/scrubbed"),
        (Run.CONTROL, f"{NOWHERE}/control"),
    ]
    scrubbed, control = gone
    assert scrubbed.mark != control.mark
    assert not {*scrubbed.fields().values()} & {*control.fields().values()}


def test_a_door_of_the_control_alone_is_gone_through_once(proof: Proof) -> None:
    gone: list[Side] = []

    proof.go_through(Door(name="planted", send=gone.append, control_only=True))

    assert [side.run for side in gone] == [Run.CONTROL]


def test_a_second_door_of_one_name_is_refused(proof: Proof) -> None:
    proof.go_through(Door(name="order", send=go))

    with pytest.raises(ConfigError, match="there are two doors named 'order'; give each a name of its own"):
        proof.go_through(Door(name="order", send=go))
