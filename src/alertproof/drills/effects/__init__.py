"""What each kind of fault does to requests, and how a drill sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alertproof.drills.effects.delay import LateRequests
from alertproof.drills.effects.effect import Effect
from alertproof.drills.effects.error import FailingRequests
from alertproof.drills.effects.failing_probe import FailingProbe
from alertproof.drills.effects.gauge import RaisedGauge
from alertproof.drills.effects.login_attack import FailingLogins
from alertproof.drills.effects.overload import Overloaded, overloading
from alertproof.drills.effects.silence import SilentAgent
from alertproof.drills.effects.stop import StoppedApi
from alertproof.drills.scene import Scene
from alertproof.requirements import (
    AgentStoppedSpec,
    BacklogSpec,
    DatabaseLoadSpec,
    DelaySpec,
    ErrorSpec,
    FailingProbeSpec,
    FaultSpec,
    LoginAttackSpec,
    StopSpec,
)

__all__ = [
    "Effect",
    "FailingLogins",
    "FailingProbe",
    "FailingRequests",
    "LateRequests",
    "Overloaded",
    "RaisedGauge",
    "SilentAgent",
    "StoppedApi",
    "effect_of",
    "overloading",
]


_EFFECTS: Mapping[type[FaultSpec], Callable[..., Effect]] = {
    AgentStoppedSpec: SilentAgent,
    BacklogSpec: RaisedGauge,
    DatabaseLoadSpec: RaisedGauge,
    DelaySpec: LateRequests,
    ErrorSpec: FailingRequests,
    FailingProbeSpec: FailingProbe,
    LoginAttackSpec: FailingLogins,
    StopSpec: StoppedApi,
}


def effect_of(fault: FaultSpec, scene: Scene) -> Effect:
    """Return the effect of a fault; raises `NotModelled` where the alert's indicator cannot show it."""
    return _EFFECTS[type(fault)](fault, scene)
