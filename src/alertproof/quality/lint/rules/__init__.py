"""The rules, one module each; `RULES` has them sorted by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.quality.lint.rules.alert_tells_nobody import RULE as ALERT_TELLS_NOBODY
from alertproof.quality.lint.rules.as_count_not_summed import RULE as AS_COUNT_NOT_SUMMED
from alertproof.quality.lint.rules.as_rate_ratio import RULE as AS_RATE_RATIO
from alertproof.quality.lint.rules.dead_scope import RULE as DEAD_SCOPE
from alertproof.quality.lint.rules.handle_leads_nowhere import RULE as HANDLE_LEADS_NOWHERE
from alertproof.quality.lint.rules.missing_runbook import RULE as MISSING_RUNBOOK
from alertproof.quality.lint.rules.no_data_never_notified import RULE as NO_DATA_NEVER_NOTIFIED
from alertproof.quality.lint.rules.no_data_timeframe import RULE as NO_DATA_TIMEFRAME
from alertproof.quality.lint.rules.not_modelled import RULE as NOT_MODELLED
from alertproof.quality.lint.rules.page_never_resolves import RULE as PAGE_NEVER_RESOLVES
from alertproof.quality.lint.rules.recovery_threshold import RULE as RECOVERY_THRESHOLD
from alertproof.quality.lint.rules.refused import RULE as REFUSED
from alertproof.quality.lint.rules.syntax_error import RULE as SYNTAX_ERROR
from alertproof.quality.lint.rules.tag_not_grouped import RULE as TAG_NOT_GROUPED
from alertproof.quality.lint.rules.threshold_mismatch import RULE as THRESHOLD_MISMATCH
from alertproof.quality.lint.rules.unknown_variable import RULE as UNKNOWN_VARIABLE
from alertproof.quality.lint.rules.unreachable_block import RULE as UNREACHABLE_BLOCK
from alertproof.quality.lint.rules.useless_suppression import RULE as USELESS_SUPPRESSION
from alertproof.quality.lint.rules.warning_beyond_critical import RULE as WARNING_BEYOND_CRITICAL
from alertproof.quality.lint.rules.warning_without_threshold import RULE as WARNING_WITHOUT_THRESHOLD
from alertproof.quality.lint.rules.window_too_short import RULE as WINDOW_TOO_SHORT

if TYPE_CHECKING:
    from alertproof.quality.lint.rule import Rule

__all__ = ["RULES"]

_ALL = (
    ALERT_TELLS_NOBODY,
    AS_COUNT_NOT_SUMMED,
    AS_RATE_RATIO,
    DEAD_SCOPE,
    HANDLE_LEADS_NOWHERE,
    MISSING_RUNBOOK,
    NO_DATA_NEVER_NOTIFIED,
    NO_DATA_TIMEFRAME,
    NOT_MODELLED,
    PAGE_NEVER_RESOLVES,
    RECOVERY_THRESHOLD,
    REFUSED,
    SYNTAX_ERROR,
    TAG_NOT_GROUPED,
    THRESHOLD_MISMATCH,
    UNKNOWN_VARIABLE,
    UNREACHABLE_BLOCK,
    USELESS_SUPPRESSION,
    WARNING_BEYOND_CRITICAL,
    WARNING_WITHOUT_THRESHOLD,
    WINDOW_TOO_SHORT,
)
RULES: tuple[Rule, ...] = tuple(sorted(_ALL, key=lambda rule: rule.id))
