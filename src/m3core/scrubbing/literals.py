"""Secrets in the forms in which programs of other languages and stores write values.

Sources: PHP's ``serialize`` and ``var_dump``; Erlang's and Elixir's terms; Rust's ``Debug``; XML-RPC and Hadoop's
properties; the lines of a browser's file of cookies (Netscape's); the protocols' and the statements' own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.clues import Clues
from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, kind_of
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.values import is_chosen, is_harmless, is_opaque

__all__ = ["find_literals"]

_SERIALIZED = re.compile(
    r's:\d{1,4}:\\{0,2}"(?P<key>[\w.\-]{2,60})\\{0,2}";s:\d{1,6}:\\{0,2}"(?P<value>[^"\n]{1,4000}?)\\{0,2}"'
)
_DUMPED = re.compile(
    r"\[\\{0,2}[\"'](?P<key>[\w.\-]{2,60})\\{0,2}[\"'](?::\w+"
    r"|:\"[\w\\]+\":\w+)?\]=>\s{0,20}string\(\d{1,6}\)\s\\{0,2}\"(?P<value>[^\"\n]{1,4000}?)\\{0,2}\""
)
_TERM = re.compile(r"\{(?P<key>[a-z][\w]{1,60}),\s?<<\\{0,2}\"(?P<value>[^\"\n]{1,4000}?)\\{0,2}\">>")
# A value in a shell of the type of secrets: Rust's, Kotlin's, Scala's, Haskell's.
_WRAPPED = re.compile(
    r"(?<![\w.])(?P<key>[A-Z]\w{2,40})\s?(?:\(|\{ ?\w{0,20}:? ?)\s?\\{0,2}[\"'](?P<value>[^\"'\n\\]{4,400})\\{0,2}[\"']"
)
_SIBLING = re.compile(
    r"<(?:\w{1,20}:)?(?:[\w\-]{0,20}name|key|id|field|param(?:eter)?)>\s{0,20}(?P<key>[\w.\-:]{2,80})\s{0,20}</[\w:\-]{1,30}>\s{0,40}"
    r"(?:<[\w:\-]{1,30}>[^<>]{0,60}</[\w:\-]{1,30}>\s{0,40}){0,2}"
    r"<(?:\w{1,20}:)?(?:[\w\-]{0,20}value|val|content|data|string)>\s{0,20}(?:<\w{1,20}>)?(?P<value>[^<]{1,4000})"
)
_JAR = re.compile(
    r"^(?:#HttpOnly_)?[\w.\-]{1,120}(?:\t|\\t)(?:TRUE|FALSE)(?:\t|\\t)/[^\s\\]{0,200}(?:\t|\\t)(?:TRUE|FALSE)(?:\t"
    r"|\\t)\d{1,12}(?:\t|\\t)"
    r"(?P<key>[^\s\\]{1,80})(?:\t|\\t)(?P<value>[^\s\\]{2,4000})",
    re.MULTILINE,
)
_NAMED_BELOW = re.compile(
    r"\bname: ?[\"']?(?P<key>[\w.\-]{2,60})[\"']?\r?\n[ \t]{0,40}"
    r"(?:- )?value: ?[\"']?(?P<value>[^\s\"'][^\r\n\"']{0,400})",
    re.IGNORECASE,
)
# Words of stores and statements that are followed by a password or by a secret's key.
_COMMANDS = re.compile(
    r"\bAUTH (?:[\w.\-]{1,60} )?[\"']?(?P<auth>[^\s\"']{6,200})"
    r"|\bACL SETUSER [^\n]{0,300}?[ ]>(?P<acl>[^\s\"']{4,200})"
    r"|\bIDENTIFIED(?: WITH [\w.]{1,60})? BY [\"']?(?P<by>(?!VALUES\b|PASSWORD\b|RANDOM\b)[^\s\"';,]{4,200})"
    r"|\bsp_(?:addlogin|password|adduser|addlinkedsrvlogin|setapprole)\b[^\n']{0,40}'[^'\n]{0,80}',\s{0,4}N?'"
    r"(?P<sp>[^'\n]{3,200})'"
)
_STORED = re.compile(
    r"\b(?:SET|SETEX|PSETEX|SETNX|GETSET|APPEND|set|setex|add"
    r"|replace)[ ][\"']?(?P<key>[\w.:\-]{2,120})[\"']?(?:[ ]\d{1,10}){0,3}(?:\r?\n|[ ])[\"']?(?P<value>[^\s\"']{4,400})"
)
_SIGNS_IN = re.compile(
    r"\b(?:log_?in|sign_?in|authenticate|auth|check_?password|verify_?password"
    r"|connect)\((?:self, )?[\w.@\-]{1,60}, ?(?P<value>[^\s,()\"']{4,200})\)",
    re.IGNORECASE,
)
# What is given to a cookie or a store of a browser, and what is typed into a field that a label or a selector names.
_HANDED = re.compile(
    r"\.(?:set|set_cookie|setItem|put|append|cookie|add_cookie)\(\s*[\"'](?P<key>[\w.\-]{2,60})[\"']\s*,\s*[\"']"
    r"(?P<value>[^\"'\n]{6,4000})[\"']"
)
_LABELLED = re.compile(
    r"(?:getBy\w{3,16}\(\s*\\*[\"']|get_by_\w{3,16}\(\s*\\*[\"']|#|\[name=\\*[\"']?|placeholder=\\*[\"']?)"
    r"(?P<key>[A-Za-z][\w \-]{1,40})\b[^\n]{0,60}?"
    r"(?:\b(?:fill|type|sendKeys|send_keys|press_sequentially)\(\s*\\*[\"']|\bvalue[=:] ?\\*[\"']?)"
    r"(?P<value>[^\"'\\\n]{3,200}?)(?=\\*[\"']|\s|$)"
)
_FORMS = (
    (";s:", _SERIALIZED),
    ("]=>", _DUMPED),
    ("<<", _TERM),
    ("</", _SIBLING),
    ("TRUE", _JAR),
    ("value:", _NAMED_BELOW),
)


def find_literals(text: str, lower: str, clues: Clues) -> Iterator[Finding]:
    """Yield the secrets in a text that are written as programs and stores write theirs."""
    if clues.signs:
        for hint, pattern in _FORMS:
            if hint in text:
                for match in pattern.finditer(text):
                    yield from _by_name(match)
    if "AUTH " in text or "ACL " in text or "IDENTIFIED" in text or "sp_" in text:
        yield from _commanded(text)
    if clues.words:
        yield from _with_words(text, lower)


def _with_words(text: str, lower: str) -> Iterator[Finding]:
    if "(" in text or "{" in text:
        yield from _called(text)
    if "set" in lower or "add " in lower:
        for match in _STORED.finditer(text):
            if kind_of(match["key"].rpartition(":")[0] or match["key"]) is Kind.SECRET and _is_made(match["value"]):
                yield Finding(*match.span("value"), Kind.SECRET.value)
    if "value" in lower or "fill(" in text or "type(" in text or "keys(" in lower:
        for match in _LABELLED.finditer(text):
            if kind_of(match["key"]) is Kind.SECRET and _is_made(match["value"]):
                yield Finding(*match.span("value"), Kind.SECRET.value)


def _by_name(match: re.Match[str]) -> Iterator[Finding]:
    kind = kind_of(match["key"])
    rule = verdict(kind, match["key"], match["value"])
    if rule is None and match.re is _JAR and is_opaque(match["value"]):
        rule = Kind.OPAQUE.value
    if rule:
        yield Finding(*match.span("value"), rule)


def _commanded(text: str) -> Iterator[Finding]:
    for match in _COMMANDS.finditer(text):
        group = match.lastgroup or ""
        value = match[group]
        if value != FILTERED and not is_harmless(value) and (group in {"sp", "acl"} or _is_made(value)):
            yield Finding(*match.span(group), "credentials")


def _called(text: str) -> Iterator[Finding]:
    for match in _WRAPPED.finditer(text):
        if kind_of(match["key"]) is Kind.SECRET and _is_made(match["value"]):
            yield Finding(*match.span("value"), Kind.SECRET.value)
    for match in _SIGNS_IN.finditer(text) if "," in text else ():
        if is_chosen(match["value"]):
            yield Finding(*match.span("value"), "credentials")
    for match in _HANDED.finditer(text) if "." in text else ():
        if kind_of(match["key"]) in {Kind.SECRET, Kind.GROUP} and _is_made(match["value"]):
            yield Finding(*match.span("value"), Kind.SECRET.value)


def _is_made(value: str) -> bool:
    return is_chosen(value) or is_opaque(value) or (value.isdigit() and 4 <= len(value) <= 8)
