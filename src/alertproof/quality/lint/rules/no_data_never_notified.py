"""Missing data that nobody hears of, though the monitor or its message says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import about_handle, about_question, asked
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

_ABOUT = frozenset({"is_no_data", "is_no_data_recovery"})


def _check(subject: Subject) -> Iterator[Complaint]:
    if subject.tells_no_data and subject.tells_nobody_of("no data"):
        handle = subject.reaches[0].handle
        yield about_handle(
            subject, handle, f"Nobody is told of missing data: @{handle} is told of other occasions only."
        )
    if subject.template is None or subject.may_tell_no_data:
        return
    missing = subject.options.get("on_missing_data")
    reason = f"on_missing_data is {missing!r}" if missing else "notify_no_data is not true"
    for block, _ in asked(subject.template):
        if block.question.helper in _ABOUT and not block.negated:
            yield about_question(block, reason)


RULE = Rule(
    id="no-data-never-notified",
    level=Level.WARNING,
    title="Missing data are never told: the monitor does not tell of them, or its message tells nobody.",
    why="""
When the metric stops, so does the monitor, in silence, unless `notify_no_data` is true or `on_missing_data` is
`show_and_notify_no_data`. A block in the message does not switch it on. And where it is switched on, somebody must be
told: a message whose handles all stand in blocks for alerts and recoveries tells nobody of missing data.
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
