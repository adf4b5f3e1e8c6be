"""A block for missing data in a monitor that never tells of missing data."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import asked
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

_ABOUT = frozenset({"is_no_data", "is_no_data_recovery"})


def _check(subject: Subject) -> Iterator[Complaint]:
    if subject.template is None or subject.tells_no_data:
        return
    missing = subject.options.get("on_missing_data")
    reason = f"on_missing_data is {missing!r}" if missing else "notify_no_data is not true"
    for block, _ in asked(subject.template):
        if block.question.helper in _ABOUT and not block.negated:
            yield Complaint(
                path=("message",),
                text=f"{{{{#{block.question.helper}}}}} is never sent: {reason}.",
                start=block.question.span.start,
                end=block.question.span.end,
            )


RULE = Rule(
    id="no-data-never-notified",
    level=Level.WARNING,
    title="The message has a block for missing data, and the monitor never tells of them.",
    why="""
When the metric stops, so does the monitor, in silence, unless `notify_no_data` is true or `on_missing_data` is
`show_and_notify_no_data`. A block in the message does not switch it on.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_no_data}}No data!{{/is_no_data}} Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_no_data}}No data!{{/is_no_data}} Runbook: https://runbooks.example.com/x @slack-ops",
        notify_no_data=True,
        no_data_timeframe=20,
    ),
    check=_check,
)
