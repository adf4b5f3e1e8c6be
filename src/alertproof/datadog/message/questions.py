"""The helpers of a message, and what may be asked with them [VAR, VAR-2026]."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CALLS", "COMPARISONS", "CONDITIONS", "OCCASIONS", "PRIORITIES", "QUESTIONS"]

#: The conditions on a transition that a block can name.
CONDITIONS = frozenset(
    {
        "is_alert",
        "is_alert_recovery",
        "is_alert_to_warning",
        "is_no_data",
        "is_no_data_recovery",
        "is_recovery",
        "is_renotify",
        "is_unknown",
        "is_warning",
        "is_warning_recovery",
    }
)
#: The questions that compare something: with texts, or a priority.
COMPARISONS = frozenset({"is_exact_match", "is_match", "is_priority"})
#: All that can open a block.
QUESTIONS = CONDITIONS | COMPARISONS
#: The helpers that stand alone.
CALLS = frozenset({"eval", "local_time", "override_priority", "urlencode"})
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")

#: The conditions that hold on each kind of notification. A renotification is one of a state that stays.
OCCASIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "alert": frozenset({"is_alert"}),
        "warning": frozenset({"is_warning"}),
        "alert to warning": frozenset({"is_warning", "is_alert_to_warning"}),
        "no data": frozenset({"is_no_data"}),
        "unknown": frozenset({"is_unknown"}),
        "recovery from alert": frozenset({"is_recovery", "is_alert_recovery"}),
        "recovery from warning": frozenset({"is_recovery", "is_warning_recovery"}),
        "recovery from no data": frozenset({"is_recovery", "is_no_data_recovery"}),
        "recovery from unknown": frozenset({"is_recovery"}),
        "renotified alert": frozenset({"is_alert", "is_renotify"}),
        "renotified warning": frozenset({"is_warning", "is_renotify"}),
        "renotified no data": frozenset({"is_no_data", "is_renotify"}),
    }
)
