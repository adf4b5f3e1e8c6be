"""What must be true: the platform's specification (the oracle) and the targets it is verified on."""

from alertproof.requirements.durations import Span, parse_span
from alertproof.requirements.reading import read_struct
from alertproof.requirements.specification import (
    AlertSpec,
    FaultSpec,
    FiresSpec,
    HistorySeries,
    HistorySpec,
    Indicator,
    Interval,
    QuietSpec,
    SentrySpec,
    Specification,
    Told,
    load_specification,
)
from alertproof.requirements.targets import (
    ClockWire,
    Endpoints,
    Target,
    TargetEntry,
    TargetsFile,
    choose,
    load_targets,
    read_stack_line,
)

__all__ = [
    "AlertSpec",
    "ClockWire",
    "Endpoints",
    "FaultSpec",
    "FiresSpec",
    "HistorySeries",
    "HistorySpec",
    "Indicator",
    "Interval",
    "QuietSpec",
    "SentrySpec",
    "Span",
    "Specification",
    "Target",
    "TargetEntry",
    "TargetsFile",
    "Told",
    "choose",
    "load_specification",
    "load_targets",
    "parse_span",
    "read_stack_line",
    "read_struct",
]
