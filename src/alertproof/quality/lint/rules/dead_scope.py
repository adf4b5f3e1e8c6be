"""A scope that no series can be in."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.query.matching import matches
from alertproof.datadog.query.tree import AllOf, CommaList, Excluded, MetricQuery, Negation, Scope, TagIn, TagIs
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject
from alertproof.tags import parse_tag

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    for query in subject.parts(MetricQuery):
        wanted, refused = _asked(query.scope)
        for text, pattern in sorted((text, pattern) for text in wanted for pattern in refused if _fits(text, pattern)):
            yield Complaint(
                path=("query",),
                text=f"No series is in this scope: it wants {text} and refuses {'it' if text == pattern else pattern}.",
                start=query.span.start,
                end=query.span.end,
            )
        for text in sorted(each for each in wanted if _is_variable(each)):
            yield Complaint(
                path=("query",),
                text=f"No series is in this scope: {text} is a dashboard's template variable, which a monitor takes"
                " as it is written.",
                start=query.span.start,
                end=query.span.end,
            )


def _asked(scope: Scope) -> tuple[set[str], set[str]]:
    """Return the tags that a series must have and those that it must not have, alternatives left out."""
    wanted: set[str] = set()
    refused: set[str] = set()
    for part in _all_of(scope):
        match part:
            case TagIn(key=key, values=values, negated=True):
                refused |= {f"{key}:{value}" for value in values}
            case TagIn(key=key, values=(value,)):
                wanted.add(f"{key}:{value}")
            case Excluded():
                refused.add(part.filter.text)
            case Negation(item=TagIs(text=text)):
                refused.add(text)
            case TagIs():
                wanted.add(part.text)
            case _:
                pass
    return wanted, refused


def _all_of(scope: Scope) -> Iterator[Scope]:
    if isinstance(scope, AllOf | CommaList):
        for item in scope.items:
            yield from _all_of(item)
    else:
        yield scope


def _fits(text: str, pattern: str) -> bool:
    """Tell whether a tag, with a wildcard of its own or without, is what another means."""
    return matches(TagIs(pattern), frozenset({parse_tag(text)}))


def _is_variable(text: str) -> bool:
    """Tell a dashboard's ``$env`` or ``env:$env.value`` from a tag; ``${var.env}`` is Terraform's."""
    value = text.partition(":")[2] or text
    return value.startswith("$") and not value.startswith(("${", "$${"))


RULE = Rule(
    id="dead-scope",
    level=Level.WARNING,
    title="No series can be in the scope, so that the monitor never sees data.",
    why="""
A scope that wants a tag and refuses it, or that was copied from a dashboard together with its `$variable`, matches
nothing. Datadog accepts it; the monitor stays in No Data, or in OK, for ever.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod,!env:prod} > 4"),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod,!team:data} > 4"),
    check=_check,
)
