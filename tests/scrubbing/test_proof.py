from __future__ import annotations

from collections.abc import Mapping

import pytest

from alertproof.canaries import Flock, Run
from alertproof.errors import ConfigError
from alertproof.faults import Error, JobsReadOnly
from alertproof.scrubbing import Door, Side
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
