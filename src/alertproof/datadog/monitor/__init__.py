"""Monitors: definitions, their evaluation, the states and notifications that follow."""

from __future__ import annotations

from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.datadog.monitor.definition import (
    Definition,
    MissingData,
    Options,
    State,
    Thresholds,
    evaluation_instants,
    evaluation_period,
    evaluation_window,
    load_definition,
    retarget,
)
from alertproof.datadog.monitor.evaluate import observe_timeline, queries_of
from alertproof.datadog.monitor.notify import Notification
from alertproof.datadog.monitor.observation import Observation, Observations
from alertproof.datadog.monitor.routing import Routing
from alertproof.datadog.monitor.state import Step, advance, require_modelled
from alertproof.datadog.monitor.status import GroupStatus
from alertproof.datadog.monitor.step import Transition
from alertproof.datadog.monitor.timeline import Timeline, run_timeline
from alertproof.datadog.monitor.validation import DefinitionError

__all__ = [
    "Assumptions",
    "Definition",
    "DefinitionError",
    "GroupStatus",
    "MissingData",
    "Notification",
    "Observation",
    "Observations",
    "Options",
    "Routing",
    "State",
    "Step",
    "Thresholds",
    "Timeline",
    "Transition",
    "advance",
    "evaluation_instants",
    "evaluation_period",
    "evaluation_window",
    "load_definition",
    "observe_timeline",
    "queries_of",
    "require_modelled",
    "retarget",
    "run_timeline",
]
