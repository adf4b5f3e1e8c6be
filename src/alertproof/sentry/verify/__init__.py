"""Verifies what arrived at Sentry: events, issues, samples, sessions, check-ins, reports of SDKs and their start.

Pure: it takes what Sentry's web API showed and returns what is not as expected.
"""

from __future__ import annotations

from alertproof.sentry.verify.check_ins import CheckIn, judge_check_ins
from alertproof.sentry.verify.counted import Outcome, Outcomes, ReleaseHealth, judge_crash_free
from alertproof.sentry.verify.expect import (
    Expected,
    Found,
    breadcrumb,
    environment,
    has_tag,
    in_app,
    in_app_only,
    level,
    other_issue_than,
    release,
    same_issue_as,
    sample_rate,
    satisfies,
    tag,
    title,
    trace,
    user,
)
from alertproof.sentry.verify.judge import Judged, complaint, difference, judge
from alertproof.sentry.verify.sampling import allowed_range, judge_sampling
from alertproof.sentry.verify.seen import Breadcrumb, SentryEvent, StackFrame, read_seen_event
from alertproof.sentry.verify.startup import ClientKey, Dsn, judge_dsn, read_dsn
from alertproof.sentry.verify.unexpected import Allowance, unexpected_events, unexpected_text

__all__ = [
    "Allowance",
    "Breadcrumb",
    "CheckIn",
    "ClientKey",
    "Dsn",
    "Expected",
    "Found",
    "Judged",
    "Outcome",
    "Outcomes",
    "ReleaseHealth",
    "SentryEvent",
    "StackFrame",
    "allowed_range",
    "breadcrumb",
    "complaint",
    "difference",
    "environment",
    "has_tag",
    "in_app",
    "in_app_only",
    "judge",
    "judge_check_ins",
    "judge_crash_free",
    "judge_dsn",
    "judge_sampling",
    "level",
    "other_issue_than",
    "read_dsn",
    "read_seen_event",
    "release",
    "same_issue_as",
    "sample_rate",
    "satisfies",
    "tag",
    "title",
    "trace",
    "unexpected_events",
    "unexpected_text",
    "user",
]
