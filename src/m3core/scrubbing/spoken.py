"""Secrets that a conversation tells: commands of mail protocols, calls of functions, codes that are sent to people.

Sources: RFC 4954 (AUTH of SMTP), RFC 9051 6.2.3 (LOGIN of IMAP), RFC 1939 7 and RFC 959 4.1.1 (PASS); Apple's property
lists (a key and its value are elements one after the other); WebDriver and Playwright for what is typed into a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, kind_of
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.values import is_harmless, is_message, is_of_code, is_opaque

__all__ = ["find_spaced", "find_spoken"]

_MAIL = re.compile(
    r"\bAUTH (?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-MD5) (?P<sasl>[A-Za-z0-9+/]{8,}={0,2})"
    r"|\bLOGIN \"?[\w.@+\-]{1,80}\"? \"?(?P<imap>[^\s\"']{4,200})"
    r"|(?:^|[\n\"'>:][ ]?)PASS (?P<pass>[^\s\"']{4,200})"
)
# A user and a password with a colon between them, in what is said of somebody who signs in.
_SIGNED_IN = re.compile(
    r"\b(?:log ?in|sign ?in|auth|credentials?|user)(?:[ =:]{1,3}"
    r"|(?:[ ](?:failed|denied|refused|rejected))?[ ](?:for|as|with|of|by)[ ](?:user[ ])?)[\"']?[\w.@+\-]{1,60}:"
    r"(?P<value>[^\s\"',;:/@]{4,100})(?=[\s\"',;]|$)",
    re.IGNORECASE,
)
_SIGNING_IN = re.compile(r"log|sign|auth|user|cred")
_CODE = re.compile(r"(?<![\w.\-])(?P<value>\d{4,8}) (?:is|as) (?:your|the)\b[\w ,\-]{0,40} code\b", re.IGNORECASE)
# What is said of a credential, before it is shown.
_EXPECTED = re.compile(
    r"\b(?:csrf|xsrf|jwt|token|session|cookie|signature|secret|api[ _-]?key|password)\b[^.\n\"']{0,30}?"
    r"\b(?:expected|got|received|actual|value|is|was)[: ]{1,2}[\"']?(?P<value>[\w+/=.~\-]{10,400})",
    re.IGNORECASE,
)
# What was there in place of what was expected.
_OTHER = re.compile(
    r"[\"']?[,;]? (?:but |and )?(?:got|received|actual|was|is|not)[: ]{1,2}[\"']?(?P<value>[\w+/=.~\-]{10,400})",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:session|jwt|cookie|nonce|signature)(?: id)?[ \t]+[\"']?(?P<value>[\w+/=.~\-]{12,400})", re.IGNORECASE
)
# A name with its parts joined, and a value after it: an argument of a command.
_ARGUMENT = re.compile(
    r"(?<![\w\-/.])(?P<key>[A-Za-z]{2,20}(?:[_\-][A-Za-z]{2,20}){1,5})[ \t]+(?P<value>[\w+/=.~\-]{8,400})"
)
_TYPED_IN = re.compile(
    r"(?P<key>[A-Za-z_]\w{1,40})['\")\]]{0,3}\.(?:set_?text|send_?keys|type|fill|set_?value|val|write|input)"
    r"\(\s*[\"'](?P<value>[^\"'\n]{3,200})[\"']",
    re.IGNORECASE,
)
_HANDED = re.compile(
    r"\(\s*[\"']?[#.]?(?P<key>[A-Za-z_][\w\-]{1,40})[\"']?\s*,\s*[\"'](?P<value>[^\"'\n]{3,200})[\"']\s*\)"
)
_PROPERTY = re.compile(r"<key>(?P<key>[^<>\n]{2,60})</key>\s*<\w{1,20}>(?P<value>[^<]{1,4000})")
_VALUE_FIRST = re.compile(
    r"<[A-Za-z][^<>]{0,200}?\b(?:value|content)=\\{0,3}[\"'](?P<value>[^\"'<>\\]{1,400})\\{0,3}[\"'][^<>]{0,200}?"
    r"\b(?:name|id|key)=\\{0,3}[\"'](?P<key>[\w:./\-\[\]]{2,80})"
)
_NAMED_BARE = re.compile(
    r"\b(?:name|key|header|field|param)(?:[=:] ?|[ ])[\"']?(?P<key>[\w\-]{2,60})[\"']?[,;]? {0,2}"
    r"\b(?:value|val)[=:] ?[\"']?(?P<value>[^\s\"',;<>]{3,400})",
    re.IGNORECASE,
)
# A name with blanks between its letters.
_SPACED = re.compile(r"(?<!\w)(?P<key>(?:[A-Za-z] ){3,24}[A-Za-z]) ?[=:] ?[\"']?(?P<value>[^\s\"']{3,200})")
_LETTERS_APART = re.compile(r" [A-Za-z] [A-Za-z] ")
#: An address that is its own key, as those of calendars are.
_PRIVATE = re.compile(r"/private[-_](?P<value>[A-Za-z0-9]{16,200})")
_CELLS = re.compile(r"(?:^|[\n ])(?P<key>[A-Za-z][\w\-]{2,40}),(?P<value>[\w+/=.~\-]{8,400})(?=$|[\s,])")


def find_spoken(text: str) -> Iterator[Finding]:
    """Yield the secrets that are said, typed or handed on in a text."""
    lower = text.lower()
    if "AUTH " in text or "LOGIN " in text or "PASS " in text:
        yield from _grouped(_MAIL, text, "credentials")
    if ":" in text and _SIGNING_IN.search(lower):
        yield from _mixed(_SIGNED_IN, text)
    if "code" in lower:
        yield from _grouped(_CODE, text, "spoken-secret")
    yield from _compared(text)
    yield from _argued(text)
    if "/private" in text:
        yield from (Finding(*match.span("value"), "path-token") for match in _PRIVATE.finditer(text))
    if "(" in text:
        yield from _typed_in(text)
    if "val" in lower or "<key>" in text or "content" in lower:
        for pattern in (_PROPERTY, _VALUE_FIRST, _NAMED_BARE):
            for match in pattern.finditer(text):
                yield from _by_name(match)


def _compared(text: str) -> Iterator[Finding]:
    for pattern in (_EXPECTED, _CALLED):
        for match in pattern.finditer(text):
            for said in (match, _OTHER.match(text, match.end())):
                if said and is_opaque(said["value"]):
                    yield Finding(*said.span("value"), "spoken-secret")


def find_spaced(text: str) -> Iterator[Finding]:
    """Yield the values under names that are written with a blank after each letter."""
    if _LETTERS_APART.search(text):
        for match in _SPACED.finditer(text):
            yield from _by_name(match)


def _argued(text: str) -> Iterator[Finding]:
    for pattern in (_ARGUMENT, _CELLS) if "_" in text or "-" in text or "," in text else ():
        for match in pattern.finditer(text):
            if is_opaque(match["value"]) and kind_of(match["key"]) is Kind.SECRET:
                yield from _by_name(match)


def _grouped(pattern: re.Pattern[str], text: str, rule: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        group = match.lastgroup or ""
        written = (group == "sasl" or any(map(str.isdigit, match[group]))) and not is_of_code(match[group])
        if written and match[group] != FILTERED and not is_harmless(match[group]):
            yield Finding(*match.span(group), rule)


def _mixed(pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        value = match["value"]
        if any(map(str.isdigit, value)) and any(map(str.isalpha, value)):
            yield Finding(*match.span("value"), "spoken-secret")


def _by_name(match: re.Match[str]) -> Iterator[Finding]:
    rule = verdict(kind_of(match["key"]), match["key"], match["value"])
    if rule:
        yield Finding(*match.span("value"), rule)


def _typed_in(text: str) -> Iterator[Finding]:
    for pattern in (_TYPED_IN, _HANDED):
        for match in pattern.finditer(text):
            value = match["value"]
            if kind_of(match["key"]) is Kind.SECRET and not is_message(value) and any(map(str.isdigit, value)):
                yield from _by_name(match)
