"""Values that a message quotes somewhere beside the name of their field, as those who check input write them.

``Cast to String failed for value "x" at path "password"``; ``X-Hook-Secret 'x' does not match``. Sources: what
pydantic, jsonschema, Django, marshmallow, Zod, Joi, mongoose, class-validator, Spring, Hibernate, GraphQL, Prisma and
browsers say; SQL's and OData's comparisons.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from m3core.scrubbing.clues import Clues
from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import is_secret_key, kind_of
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.values import is_algorithm, is_chosen, is_harmless, is_message, is_opaque

__all__ = ["find_told"]

_NAME = r"[\w\-.$\[\]]{2,60}"
# The name of a field: in quotes, after the word for one, or as a header is written.
_FIELD = re.compile(
    rf"[\"'`“‘]\$?(?P<quoted>{_NAME})[\"'`”’]"
    rf"|\b(?:field|path|column|param(?:eter)?|arg(?:ument)?|property(?:Path)?|attribute|variable|header|cookie|setting"
    rf"|option|key|input|loc(?:ation)?|item|element)[ :=]{{1,3}}[\"'`“]?\$?(?P<said>{_NAME})"
    r"|(?<![\w\-])(?P<header>[A-Z][a-z]{0,20}(?:-[A-Z][A-Za-z]{1,20}){1,5})(?![\w\-])"
)
# A value, in quotes or brackets or after the word for one.
_VALUE = re.compile(
    r"(?P<open>\\{0,2}[\"'`“‘])(?P<quoted>[^\"'`“”‘’\n\\]{3,400})\\{0,2}[\"'`”’]"
    r"|\b(?:value|got|received|provided|supplied|entered|given|was|found|actual|rejected|invalidValue|input)"
    r"(?: value)?(?:: ?| ?= ?|[ ])[\[(]?(?P<said>[^\s\"'`“”‘’,;()\[\]]{4,400})"
    r"|\[(?P<bracketed>[^\[\]\"'\s]{4,400})\]",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"match|invalid|incorrect|wrong|too (?:short|long|weak|common)|reject|not valid|refused")
_WITH_DIGITS = re.compile(
    r"(?!(?:hs|rs|es|sha|md|aes|v|utf|base)[\-_]?\d)(?!.*[\-.])(?=.*[a-z])\w{4,}\d{2,}", re.IGNORECASE
)
#: How far apart a name and its value may stand.
_NEAR = 160
_LONGEST_NAME = 64
_MOST_NAMES = 100
# A comparison of a field with a literal, outside of a whole statement.
_COMPARED = re.compile(
    rf"(?<![\w.\-])(?P<key>{_NAME})\)?[ \t]+(?:eq|ne|like|ilike|contains|startswith|=~|~|in)[ \t]*\(?[ \t]*"
    r"(?P<quote>['\"])%?(?P<value>[^'\"\n]{2,400})(?P=quote)"
    rf"|\b(?:contains|startswith|endswith|tolower)\((?P<called>{_NAME}),[ ]?'(?P<argument>[^'\n]{{2,400}})'",
    re.IGNORECASE,
)
_INPUT_NUMBER = re.compile(
    r"^(?P<key>[\w.]{1,120})\r?\n[ \t]+[^\n]{0,400}?\binput_value=(?P<value>[\d.]{3,40})(?=[,\]])", re.MULTILINE
)
_ON_INSTANCE = re.compile(
    r"\bOn instance(?:\[[^\]\n]{1,60}\]){0,8}\['(?P<key>[^'\n]{1,60})'\]:\s{1,10}'(?P<value>[^'\n]{1,400})'"
)
_ROUTE = re.compile(
    r"[\"']path[\"']:\s{0,8}\[(?P<path>[^\[\]]{0,200})\][^{}]{0,200}?[\"'](?:received|input|value)[\"']:\s{0,4}\""
    r"(?P<value>[^\"\n]{1,400})\""
)
# Parameters that are bound to a statement, as Hibernate and MyBatis log them.
_BOUND = re.compile(
    r"\bbinding parameter [\[(](?P<place>\d+)(?::\w+)?[\])](?: as \[\w+\])? (?:-|<-) \[(?P<bound>[^\]\n]{1,400})\]"
    r"|(?:\bParameters: |, )(?P<typed>[^,()\n]{1,400})\((?:String|Date|Timestamp)\)"
)
#: By which a public key is called.
_NUMBER_OF_KEY = re.compile(r"0x[0-9A-Fa-f]{8,16}|[0-9A-F]{16}|[0-9A-F]{40}")
_SQL_PLAIN = re.compile(r"[a-z_]{1,24}|[\d\-:. +TZ]{0,35}")


def find_told(text: str, clues: Clues) -> Iterator[Finding]:
    """Yield the values in a text that it tells beside the names of their fields."""
    if clues.signs and ("'" in text or '"' in text):
        for match in _COMPARED.finditer(text):
            group = "value" if match["key"] else "argument"
            yield from _by_name(match, match["key"] or match["called"], group)
    if "input_value=" in text:
        yield from (each for match in _INPUT_NUMBER.finditer(text) for each in _by_name(match, match["key"], "value"))
    if "On instance" in text:
        yield from (each for match in _ON_INSTANCE.finditer(text) for each in _by_name(match, match["key"], "value"))
    if "path" in text and "[" in text:
        for match in _ROUTE.finditer(text):
            yield from _by_name(match, match["path"].strip().rpartition(",")[2].strip(" \n\"'"), "value")
    if "binding parameter" in text or "Parameters: " in text:
        for match in _BOUND.finditer(text):
            group = "bound" if match["bound"] else "typed"
            if match[group] != FILTERED and not _SQL_PLAIN.fullmatch(match[group]):
                yield Finding(*match.span(group), "sql-values")
    if clues.words:
        yield from _beside(text)


def _by_name(match: re.Match[str], key: str, group: str) -> Iterator[Finding]:
    rule = verdict(kind_of(key), key, match[group])
    if rule:
        yield Finding(*match.span(group), rule)


def _beside(text: str) -> Iterator[Finding]:
    names = [
        (match.start(), match.end())
        for match in _FIELD.finditer(text)
        if is_secret_key(match[match.lastgroup or 0].strip(".[]"))
    ]
    if not names:
        return
    refused = _REFUSED.search(text) is not None
    for match in _VALUE.finditer(text):
        group = "quoted" if match["quoted"] else "said" if match["said"] else "bracketed"
        begin, end = match.span(group)
        value = text[begin:end].rstrip(".:!?" if group == "said" else "")
        near = _is_near(names, begin, end)
        if near and (_is_told(value) or (group == "quoted" and refused and _WITH_DIGITS.fullmatch(value))):
            yield Finding(begin, begin + len(value), "spoken-secret")


def _is_near(names: list[tuple[int, int]], begin: int, end: int) -> bool:
    """Whether a value stands near one of names, which are in their order, and is none of them."""
    first = bisect_left(names, (begin - _NEAR - _LONGEST_NAME, 0))
    for start, stop in names[first : first + _MOST_NAMES]:
        if start - end >= _NEAR:
            return False
        if begin - stop < _NEAR and not start <= begin < stop:
            return True
    return False


def _is_told(value: str) -> bool:
    return (
        (is_chosen(value) or is_opaque(value))
        and not is_harmless(value)
        and not is_message(value)
        and "=" not in value
        and not is_algorithm(value)
        and not _NUMBER_OF_KEY.fullmatch(value)
    )
