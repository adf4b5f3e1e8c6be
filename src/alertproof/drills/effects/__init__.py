"""What each kind of fault does to requests, and how a drill sees it."""

from __future__ import annotations

from alertproof.drills.effects.delay import LateRequests
from alertproof.drills.effects.effect import Effect
from alertproof.drills.effects.error import FailingRequests
from alertproof.drills.effects.failing_probe import FailingProbe
from alertproof.drills.effects.gauge import RaisedGauge
from alertproof.drills.effects.stop import StoppedApi
from alertproof.drills.scene import Scene
from alertproof.requirements import (
    BacklogSpec,
    DatabaseLoadSpec,
    DelaySpec,
    ErrorSpec,
    FailingProbeSpec,
    FaultSpec,
    StopSpec,
)

__all__ = ["Effect", "FailingProbe", "FailingRequests", "LateRequests", "RaisedGauge", "StoppedApi", "effect_of"]


def effect_of(fault: FaultSpec, scene: Scene) -> Effect:
    """Return the effect of a fault; raises `NotModelled` where the alert's indicator cannot show it."""
    match fault:
        case ErrorSpec():
            return FailingRequests(fault, scene)
        case DelaySpec():
            return LateRequests(fault, scene)
        case BacklogSpec() | DatabaseLoadSpec():
            return RaisedGauge(fault, scene)
        case StopSpec():
            return StoppedApi(fault, scene)
        case FailingProbeSpec():
            return FailingProbe(fault, scene)
