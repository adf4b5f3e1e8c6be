"""A monitor that is known and cannot be evaluated offline."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog import Definition
from alertproof.datadog.message import TemplateError
from alertproof.datadog.monitor.evaluate import takes_given
from alertproof.errors import AlertproofError
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import ESCALATION, MESSAGE, Subject

__all__ = ["RULE"]

_LONGEST = 200


def _check(subject: Subject) -> Iterator[Complaint]:
    if isinstance(subject.reached, TemplateError):
        wrong = subject.reached
        text = f"Whom the message tells is not worked out: {wrong.message}."
        path = next(path for path in (MESSAGE, ESCALATION) if subject.telling(path) == wrong.template)
        yield Complaint(path=path, text=text, start=wrong.start, end=wrong.end)
    if subject.query_error is not None or subject.fills_in:
        return
    refused, options = subject.not_modelled, _options(subject.loaded)
    for option in options:
        path = ("options", *option.split("."))
        yield Complaint(path=path, text=f"Offline tests do not evaluate the option {option}.")
    if refused is not None and not options:
        reason = str(refused).removeprefix(f"{subject.declared.where}: ").splitlines()[0]
        shown = reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}..."
        yield Complaint(path=("query",), text=f"Offline tests do not evaluate this monitor: {shown}")


def _options(loaded: Definition | AlertproofError) -> tuple[str, ...]:
    """Return the options that are not evaluated; what a test gives for an anomaly holds for its windows too [ANOM]."""
    if not isinstance(loaded, Definition):
        return ()
    given = takes_given(loaded)
    return tuple(option for option in loaded.options.not_modelled if not given or option != "threshold_windows")


RULE = Rule(
    id="not-modelled",
    level=Level.NOTICE,
    title="The monitor may be right, but offline tests cannot evaluate it.",
    why="""
An offline test of such a monitor is refused by name; nothing is guessed. The other rules still look at it. What
Terraform has yet to fill in is no reason: lint the plan (`terraform show -json`) to see the monitor as it will be.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", min_failure_duration=60),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4"),
    check=_check,
)
