"""A no-data timeframe that is shorter than the window."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Example, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    window, timeframe = subject.window, subject.minutes("no_data_timeframe")
    if window is None or timeframe is None or not subject.tells_no_data or subject.options.get("on_missing_data"):
        return
    if timeframe < window:
        applied = next((each for each in subject.declared.defaults if each.option == "no_data_timeframe"), None)
        origin = f" (the default of {applied.origin})" if applied else ""
        yield Complaint(
            path=("options", "no_data_timeframe"),
            text=f"no_data_timeframe is {timeframe.total_seconds() / 60:g} min{origin}, shorter than the window of"
            f" {window.total_seconds() / 60:g} min: missing data are told of too early or not at all.",
        )


_RESOURCE = """
resource "datadog_monitor" "jobs" {
  name           = "No job has run"
  type           = "query alert"
  query          = "sum(last_1h):sum:jobs.done{env:prod}.as_count() < 1"
  message        = "Runbook: https://runbooks.example.com/jobs @slack-ops"
  notify_no_data = true
"""

RULE = Rule(
    id="no-data-timeframe",
    level=Level.WARNING,
    title="Missing data are told of after less than a window.",
    why="""
Datadog wants `no_data_timeframe` to be at least the window, better twice. Terraform's provider sends 10 minutes where
the resource says nothing, which the API does not: a monitor with a window of an hour and `notify_no_data = true` is
wrong without a line that looks wrong.
""",
    bad=Example(_RESOURCE + "}\n", "monitors.tf"),
    good=Example(_RESOURCE + "  no_data_timeframe = 120\n}\n", "monitors.tf"),
    check=_check,
)
