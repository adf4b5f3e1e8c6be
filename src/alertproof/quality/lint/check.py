"""Puts a monitor under all rules, and leaves out what its file asks to leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from alertproof.datadog.loading import Place, place_at
from alertproof.errors import ConfigError, nearest
from alertproof.quality.lint.finding import Finding
from alertproof.quality.lint.rules import RULES
from alertproof.quality.lint.rules.useless_suppression import RULE as USELESS_SUPPRESSION
from alertproof.quality.lint.subject import Subject

if TYPE_CHECKING:
    from alertproof.datadog.loading import Declared
    from alertproof.quality.lint.rule import Complaint, Rule

__all__ = ["RULES", "lint", "rule_of"]


def lint(declared: Sequence[Declared]) -> tuple[Finding, ...]:
    """Return what all rules find in the monitors, sorted by file and place."""
    return tuple(sorted((found for one in declared for found in _lint(one)), key=lambda found: found.order))


def rule_of(name: str) -> Rule:
    """Return the rule with that id; raises `ConfigError` with the nearest one."""
    found = next((rule for rule in RULES if rule.id == name), None)
    if found is None:
        raise ConfigError(f"there is no finding {name!r}{nearest(name, [rule.id for rule in RULES])}")
    return found


def _lint(declared: Declared) -> Iterator[Finding]:
    subject = Subject(declared)
    ignored = {name for name, _ in declared.ignores}
    used = set()
    for rule in RULES:
        for complaint in rule.check(subject):
            if rule.id in ignored:
                used.add(rule.id)
            else:
                yield _finding(declared, rule, complaint)
    for name, offset in declared.ignores:
        if name not in used and USELESS_SUPPRESSION.id not in ignored:
            place = place_at(declared.text, offset)
            known = any(rule.id == name for rule in RULES)
            reason = "there is nothing to ignore" if known else "there is no such finding"
            hint = "" if known else _close(name)
            yield _at(declared, USELESS_SUPPRESSION, f"{name!r} is ignored, but {reason}{hint}.", (place, place))


def _close(name: str) -> str:
    hint = nearest(name, [rule.id for rule in RULES])
    return hint if "did you mean" in hint else ""


def _finding(declared: Declared, rule: Rule, complaint: Complaint) -> Finding:
    return _at(declared, rule, complaint.text, declared.place(complaint.path, complaint.start, complaint.end))


def _at(declared: Declared, rule: Rule, text: str, span: tuple[Place, Place]) -> Finding:
    begins, ends = span
    return Finding(
        id=rule.id,
        level=rule.level,
        file=declared.source if declared.text else declared.where,
        line=begins.line,
        column=begins.column,
        end_line=ends.line,
        end_column=ends.column,
        monitor=declared.name,
        text=text,
    )
