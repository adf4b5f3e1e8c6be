"""One text, with everything replaced that a rule finds in any reading of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from m3core.scrubbing.calls import find_calls
from m3core.scrubbing.clues import Clues, clues_in
from m3core.scrubbing.contacts import find_contacts
from m3core.scrubbing.interchange import find_interchanged
from m3core.scrubbing.literals import find_literals
from m3core.scrubbing.numbers import find_numbers
from m3core.scrubbing.packed import packed
from m3core.scrubbing.pairs import find_pairs
from m3core.scrubbing.phrases import find_phrases
from m3core.scrubbing.policy import FILTERED, Finding, Policy
from m3core.scrubbing.readings import is_plain, readings
from m3core.scrubbing.rows import find_rows
from m3core.scrubbing.spoken import find_spaced, find_spoken
from m3core.scrubbing.tokens import find_tokens
from m3core.scrubbing.told import find_told

__all__ = ["is_suspect", "scrub_string"]

# Plain words and short names, which most texts of an event are, hold nothing that any rule finds.
_SUSPECT = re.compile(
    r"[0-9@=:%\\&<$'\"`\x00-\x08\x7f-\U0010ffff]|[\[({] ?[aA][tT] ?[\])}]|(?i:pass|secret|token|bearer)|-----"
)
# Nor do the short names of files and of steps, versions, counts and instants, and where objects are in memory.
_CLEAR = re.compile(
    r"<(?:[A-Za-z_]{1,20}\d{0,2}[a-z_]{0,12}\.){0,8}[A-Za-z_]{1,24} (?:object )?at 0x[0-9a-f]{6,16}>|"
    r"(?:/?(?:[a-z_]{1,20}\d{0,3}[./\-]){0,12}[a-z_]{0,20}\d{0,3}(?:\.py)?|\d{1,5}(?:\.\d{1,3}){0,2}"
    r"|(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+\-]\d\d:\d\d)?)?)"
)
#: A second pass finds what only showed when the first had cut something out; after these few everything goes.
_PASSES = 4
#: How deep a text may be packed into others.
_DEEPEST = 3


def is_suspect(text: str) -> bool:
    """Whether any rule could find anything in a text."""
    if len(text) < 4 or (len(text) <= 120 and _CLEAR.fullmatch(text)):
        return False
    return _SUSPECT.search(text) is not None or max(map(len, text.split()), default=0) >= 20


def scrub_string(text: str, policy: Policy, *, source: bool = False) -> tuple[str, list[str], list[str]]:
    """Return a text scrubbed, the rules that took something out of it, and what was taken out.

    The result is one in which nothing more is found, so that scrubbing it again changes nothing.
    """
    rules: list[str] = []
    taken: list[str] = []
    for _ in range(_PASSES):
        found = list(_found(text, policy, source))
        findings = _merged(found, text, policy) if found else []
        if not findings:
            return text, rules, taken
        rules.extend(finding.rule for finding in findings if finding.rule not in rules)
        taken.extend(text[finding.start : finding.end] for finding in findings)
        text = _without(text, findings)
    return FILTERED, [*rules, "unsettled"], taken


def _found(text: str, policy: Policy, source: bool, depth: int = 0) -> Iterator[Finding]:
    if is_plain(text):
        yield from _in_reading(text, policy, source, depth)
        return
    for reading in readings(text):
        for finding in _in_reading(reading.text, policy, source, depth):
            start, end = reading.where(finding.start, finding.end)
            yield Finding(start, end, finding.rule)


def _in_reading(text: str, policy: Policy, source: bool, depth: int) -> list[Finding]:
    clues = clues_in(text)
    found: list[Finding] = []
    if "=" in text or ":" in text:
        found += find_pairs(text, source=source)
        found += find_spaced(text)
    if clues.made_up or clues.words or "..." in text:
        found += find_tokens(text)
    if clues.numbers:
        found += find_numbers(text, policy)
    if any(clues) or "-" in text:
        found += find_phrases(text, clues, source=source)
    found += _in_forms(text, clues)
    if clues.words or ("<" in text and clues.signs):
        found += find_spoken(text)
    if clues.signs or clues.words:
        found += find_rows(text)
    if depth < _DEEPEST and (clues.made_up or clues.numbers):
        for begin, stop, content in packed(text, clues):
            if is_suspect(content) and any(True for _ in _found(content, policy, source=False, depth=depth + 1)):
                found.append(Finding(begin, stop, "packed"))
    return found


def _in_forms(text: str, clues: Clues) -> Iterator[Finding]:
    """Yield what is found by the form around it: of messages, of programs, of people's cards."""
    lower = text.lower()
    if clues.signs or clues.numbers or "=" in text or "19" in text or "20" in text:
        yield from find_contacts(text, lower, clues)
    if any(clues):
        yield from find_told(text, clues)
        yield from find_literals(text, lower, clues)
    if clues.signs:
        yield from find_calls(text, lower)
    yield from find_interchanged(text)


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
