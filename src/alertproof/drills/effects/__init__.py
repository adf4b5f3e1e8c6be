"""What each kind of fault does to requests, and how a drill sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alertproof.drills.effects.delay import LateRequests
from alertproof.drills.effects.effect import Effect
from alertproof.drills.effects.error import FailingRequests
from alertproof.drills.scene import Scene
from alertproof.requirements import FaultSpec

__all__ = ["Effect", "FailingRequests", "LateRequests", "effect_of"]

_EFFECTS: Mapping[str, Callable[[FaultSpec, Scene], Effect]] = {"error": FailingRequests, "delay": LateRequests}


def effect_of(fault: FaultSpec, scene: Scene) -> Effect:
    """Return the effect of a fault; raises `NotModelled` where the alert's indicator cannot show it."""
    return _EFFECTS[fault.kind](fault, scene)
