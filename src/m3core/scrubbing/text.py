"""One text, with everything replaced that a rule finds in any reading of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from m3core.scrubbing.numbers import find_numbers
from m3core.scrubbing.packed import packed
from m3core.scrubbing.pairs import find_pairs
from m3core.scrubbing.phrases import find_phrases
from m3core.scrubbing.policy import FILTERED, Finding, Policy
from m3core.scrubbing.readings import readings
from m3core.scrubbing.rows import find_rows
from m3core.scrubbing.tokens import find_tokens

__all__ = ["is_suspect", "scrub_string"]

# Plain words and short names, which most texts of an event are, hold nothing that any rule finds.
_SUSPECT = re.compile(
    r"[0-9@=:%\\&<$'\"`\x00-\x08\x7f-\U0010ffff]|[^\s]{20}|[\[({] ?[aA][tT] ?[\])}]|(?i:pass|secret|token|bearer)|-----"
)
# Nor do the short names of files and of steps, versions, counts and instants.
_CLEAR = re.compile(
    r"(?:/?(?:[a-z_]{1,20}\d{0,3}[./\-]){0,12}[a-z_]{0,20}\d{0,3}(?:\.py)?|\d{1,5}(?:\.\d{1,3}){0,2}"
    r"|(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+\-]\d\d:\d\d)?)?)"
)
#: A second pass finds what only showed when the first had cut something out; after these few everything goes.
_PASSES = 4
#: How deep a text may be packed into others.
_DEEPEST = 3


def is_suspect(text: str) -> bool:
    """Whether any rule could find anything in a text."""
    return len(text) >= 4 and _SUSPECT.search(text) is not None and (len(text) > 120 or _CLEAR.fullmatch(text) is None)


def scrub_string(text: str, policy: Policy, *, source: bool = False) -> tuple[str, list[str], list[str]]:
    """Return a text scrubbed, the rules that took something out of it, and what was taken out.

    The result is one in which nothing more is found, so that scrubbing it again changes nothing.
    """
    rules: list[str] = []
    taken: list[str] = []
    for _ in range(_PASSES):
        findings = _merged(_found(text, policy, source), text, policy)
        if not findings:
            return text, rules, taken
        rules.extend(finding.rule for finding in findings if finding.rule not in rules)
        taken.extend(text[finding.start : finding.end] for finding in findings)
        text = _without(text, findings)
    return FILTERED, [*rules, "unsettled"], taken


def _found(text: str, policy: Policy, source: bool, depth: int = 0) -> Iterator[Finding]:
    for reading in readings(text):
        inner = reading.text
        lower = inner.lower()
        for finding in _in_reading(inner, lower, policy, source):
            start, end = reading.where(finding.start, finding.end)
            yield Finding(start, end, finding.rule)
        if depth < _DEEPEST:
            for begin, stop, content in packed(inner):
                if is_suspect(content) and any(True for _ in _found(content, policy, source=False, depth=depth + 1)):
                    start, end = reading.where(begin, stop)
                    yield Finding(start, end, "packed")


def _in_reading(text: str, lower: str, policy: Policy, source: bool) -> Iterator[Finding]:
    if "=" in text or ":" in text:
        yield from find_pairs(text, source=source)
    yield from find_tokens(text)
    yield from find_numbers(text, lower, policy)
    yield from find_phrases(text, lower, source=source)
    yield from find_rows(text)


def _merged(findings: Iterable[Finding], text: str, policy: Policy) -> list[Finding]:
    """Return what is to go, in order and without overlaps; what the policy allows is not among it."""
    merged: list[Finding] = []
    for finding in sorted(findings):
        written = text[finding.start : finding.end]
        if written == FILTERED or not written or (policy.allow_values and policy.allows(written)):
            continue
        if merged and finding.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Finding(last.start, max(last.end, finding.end), last.rule)
        else:
            merged.append(finding)
    return merged


def _without(text: str, findings: list[Finding]) -> str:
    parts: list[str] = []
    at = 0
    for finding in findings:
        parts += (text[at : finding.start], FILTERED)
        at = finding.end
    return "".join([*parts, text[at:]])
