"""What must be true: the platform's specification (the oracle) and the targets it is verified on."""

from alertproof.requirements.budgets import JourneyBudget, ProbeBudget, SyntheticsSpec, VitalsBudget
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
    Permission,
    Target,
    TargetEntry,
    TargetsFile,
    choose,
    load_targets,
    platform_at,
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
    "JourneyBudget",
    "Permission",
    "ProbeBudget",
    "QuietSpec",
    "SentrySpec",
    "Span",
    "Specification",
    "SyntheticsSpec",
    "Target",
    "TargetEntry",
    "TargetsFile",
    "Told",
    "VitalsBudget",
    "choose",
    "load_specification",
    "load_targets",
    "parse_span",
    "platform_at",
    "read_stack_line",
    "read_struct",
]
