"""Literals of statements of SQL, and the rows and keys that databases quote in their messages.

Sources: ISO/IEC 9075 and PostgreSQL's lexical structure (literals), PostgreSQL's and MySQL's details of errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.keys import Kind, about_secret, kind_of
from m3core.scrubbing.plain import is_reference, is_tag
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.values import is_harmless, is_opaque, is_plain_literal

__all__ = ["find_in_statements"]

_SQL = re.compile(
    r"\b(?:select\s+(?=[^\s()]{1,60}\(|[NEBX]?'|\S{1,60} (?:as|where) )|insert\s+into"
    r"|update\s+\S{1,100}\s+set|delete\s+from|merge\s+into|values\s*\(\s*[^)\s]|where\s+(?:not\s+)?\(*[\w.\"`\[\]()]{1,80}"
    r"\s*(?:=|<|>|!=|~|like\b|ilike\b|in\s*\(|between\b|is\s+(?:not\s+)?null|not\s+(?:in|like))"
    r"|(?:create|alter)\s+(?:user|role)|set\s+password|identified\s+by|call\s+\w+\()",
    re.IGNORECASE,
)
#: What makes a statement of a sentence in which there is something to select.
_SELECT = re.compile(r"\bselect\s", re.IGNORECASE)
_FROM = re.compile(
    r"\bfrom\s+[\w.\"`\[\]]{1,80}(?:\s+(?:as\s+)?\w{1,30})?\s*(?:$|[;,)]|(?:where|join|inner|left|right|cross|limit|order|group"
    r"|having|union|for|on|offset|fetch)\b)",
    re.IGNORECASE,
)
#: What takes a secret, whatever the columns are.
_OPENS = re.compile(r"crypt|identified|digest|hmac|passw|(?:create|alter) (?:user|role)|login", re.IGNORECASE)
_LITERAL = re.compile(
    r"(?<![\w'])[NnEeBbXx]?'(?!\s*(?i:select|insert|update|delete|with|merge)\b)(?P<value>(?:[^'\\]|''|\\.)*+)(?:'|\Z)"
    r"|(?<![\w\\])\"(?P<double>[\w+/=.~\-]{12,400})\"|\$(?P<tag>\w{0,20})\$(?P<dollar>[\s\S]{0,4000}?)\$(?P=tag)\$"
)
_ROW = re.compile(r"(?:Failing row contains|parameters:)\s*[(\[{](?P<value>[^\r\n]{1,4000}?)[)\]}]*\.?(?=\r|\n|\]|$)")
_KEY_DETAIL = re.compile(
    r"Key \((?P<head>[^()]{1,200})\)=\((?P<value>[^\r\n]{1,1000}?)\)(?= (?:already|is not|is still|conflicts)|$|\.)"
)
_DUPLICATE = re.compile(r"Duplicate entry '(?P<value>[^'\r\n]{1,500})'")
#: What columns hold of people, and secrets.
_OF_ANYBODY = frozenset([Kind.SECRET, Kind.GROUP, Kind.PERSON, Kind.ADDRESS, Kind.NUMBER, Kind.PARTY])
#: Columns by which programs call their own records.
_OF_RECORDS = re.compile(
    r"Key \((?:[\w.\"]{0,60}(?:id|slug|sku|version|ref|uuid|key|code|stage|status|type|tenant|day|date|month|year"
    r"|period|locale|currency|country|path|hash|number|no|channel|queue|kind|env|release|position|rank)\"?"
    r"(?:, )?){1,8}\)="
)
#: What a function of a statement computes with.
_HASHES = re.compile(
    r"sha-?(?:1|224|256|384|512)|sha3-\d{3}|md5|blake2[bs]|aes-?\d{3}(?:-(?:cbc|gcm|ecb))?|base64|utf-?8", re.IGNORECASE
)
_SQL_HINT = re.compile(r"select|insert|update|delete|merge|values|where|identified|role|user|call|password")


def find_in_statements(text: str, lower: str) -> Iterator[Finding]:
    """Yield the literals of statements, and the values of rows and keys in a database's messages."""
    if "contains (" in text or "parameters:" in text:
        yield from (
            Finding(*match.span("value"), "sql-values")
            for match in _ROW.finditer(text)
            if FILTERED[:-1] not in match["value"]
        )
    if "Key (" in text:
        yield from (
            Finding(*match.span("value"), "sql-values")
            for match in _KEY_DETAIL.finditer(text)
            if (_is_of_people(match["head"]) and not is_harmless(match["value"]))
            or (
                not all(map(is_plain_literal, match["value"].split(", ")))
                and not (_OF_RECORDS.match(text, match.start()) and is_reference(match["value"]))
            )
        )
    if "Duplicate entry" in text:
        yield from (
            Finding(*match.span("value"), "sql-values")
            for match in _DUPLICATE.finditer(text)
            if not is_plain_literal(match["value"])
        )
    if _SQL_HINT.search(lower) and (_SQL.search(text) or (_SELECT.search(text) and _FROM.search(text))):
        yield from _literals(text, lower)


def _is_of_people(head: str) -> bool:
    """Whether a column of a key is one of a secret or of somebody."""
    kinds = {(name, kind_of(name)) for name in head.replace('"', "").split(", ")}
    return any(kind in {Kind.SECRET, Kind.PERSON} and not about_secret(name, kind) for name, kind in kinds)


def _literals(text: str, lower: str) -> Iterator[Finding]:
    """Yield the literals of a statement; of one that names nothing of anybody those that are tags of a program stay."""
    shape = _LITERAL.sub(" ", text[:2000])
    kinds = {kind_of(word) for word in re.findall(r"[A-Za-z_]\w{1,60}+", shape)}
    personal = not _OF_ANYBODY.isdisjoint(kinds) or _OPENS.search(shape) is not None
    secret = "insert" in lower and personal
    for match in _LITERAL.finditer(text):
        if match["double"]:  # MySQL's, elsewhere a name
            if is_opaque(match["double"]):
                yield Finding(*match.span("double"), "sql-literal")
            continue
        group = "value" if match["value"] is not None else "dollar"
        if (
            match[group]
            and match[group] != FILTERED
            and not _HASHES.fullmatch(match[group])
            and (not is_plain_literal(match[group]) or (secret and not is_harmless(match[group])))
            and (personal or not is_tag(match[group]))
        ):
            yield Finding(*match.span(group), "sql-literal")
