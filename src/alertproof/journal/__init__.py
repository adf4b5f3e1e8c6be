"""What a check saw, in order: the records that the report draws and another tool can read.

There is one kind of journal for each kind of check. A journal carries the name of its check: that of
`CheckFinished`. Nothing in a journal is a secret.
"""

from __future__ import annotations

from typing import TypeAlias

from alertproof.journal.drill import (
    Budgets,
    DrillJournal,
    EventSeen,
    FaultWindow,
    IncidentSeen,
    Reading,
    Repeats,
    Side,
    Spread,
    TransitionSeen,
    Try,
)
from alertproof.journal.folders import folder_name
from alertproof.journal.journey import (
    Artifact,
    InteractionParts,
    JourneyJournal,
    PageSeen,
    PaintParts,
    ResourcesSeen,
    Sampled,
    StepSeen,
)
from alertproof.journal.load import EndpointSeen, FailureSeen, LoadJournal, LoadTick
from alertproof.journal.probe import Hop, Phases, ProbeJournal, ProbeRun
from alertproof.journal.rum import rum_view
from alertproof.journal.schema import drill_schema, dump_schema
from alertproof.journal.scrubbing import CanaryCell, ScrubbingJournal, SourceSearched
from alertproof.journal.telemetry import LineSeen, MetricSeen, TagSeen, TelemetryJournal, VolumeSeen, WidgetSeen

__all__ = [
    "Artifact",
    "Budgets",
    "CanaryCell",
    "DrillJournal",
    "EndpointSeen",
    "EventSeen",
    "FailureSeen",
    "FaultWindow",
    "Hop",
    "IncidentSeen",
    "InteractionParts",
    "Journal",
    "JourneyJournal",
    "LineSeen",
    "LoadJournal",
    "LoadTick",
    "MetricSeen",
    "PageSeen",
    "PaintParts",
    "Phases",
    "ProbeJournal",
    "ProbeRun",
    "Reading",
    "Repeats",
    "ResourcesSeen",
    "Sampled",
    "ScrubbingJournal",
    "Side",
    "SourceSearched",
    "Spread",
    "StepSeen",
    "TagSeen",
    "TelemetryJournal",
    "TransitionSeen",
    "Try",
    "VolumeSeen",
    "WidgetSeen",
    "drill_schema",
    "dump_schema",
    "folder_name",
    "rum_view",
]

Journal: TypeAlias = DrillJournal | ProbeJournal | JourneyJournal | LoadJournal | TelemetryJournal | ScrubbingJournal
