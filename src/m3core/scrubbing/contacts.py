"""People in the forms that hold them: cards of contacts, invitations, letters' heads, directories, dates of birth.

Sources: RFC 6350 (vCard), RFC 5545 (iCalendar), RFC 5322 3.4 (mailboxes), RFC 4514 and 2849 (names in directories,
LDIF), ISO/IEC 7813 (the tracks of a card).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.clues import Clues
from m3core.scrubbing.policy import FILTERED, Finding

__all__ = ["find_contacts"]

_CARD_LINE = re.compile(
    r"^[ \t]*(?:item\d\.)?(?:FN|N|NICKNAME|ADR|BDAY|ANNIVERSARY|LABEL|SORT-STRING|X-PHONETIC-[A-Z-]{4,20})"
    r"(?:;[^:\r\n]{0,200})?:(?P<value>[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.MULTILINE | re.IGNORECASE,
)
# A card that is written in one line, its ends escaped or blanks.
_CARD_PART = re.compile(r"(?:\\r)?(?:\\n|;| )(?:FN|N):(?P<value>[^\r\n\\]{2,120}?)(?=\\|;;|[ ;][A-Z]{2,12}[:;]|$)")
_INVITED = re.compile(
    r"\b(?:ORGANIZER|ATTENDEE)(?:;[A-Z\-]{2,20}=[^;:\r\n]{0,80}){0,8}?;CN=(?P<quote>\"?)(?P<value>[^;:\"\r\n]{2,120})"
)
# A name before its address; and one in a directory, among people.
_MAILBOX = re.compile(
    r"(?:(?<=[\"'(,;:\[=> ])|^)(?P<quote>\\?\"?)(?P<value>[^\W\d_][\w.'’\-]{0,40}"
    r"(?:,?[ ][^\W\d_][\w.'’\-]{0,40}){0,3})(?P=quote)"
    r"[ ]{1,2}(?:<|&lt;)(?:\[Filtered\]|[^\s<>@]{1,64}@[^\s<>@]{1,200})(?:>|&gt;)"
)
_NOT_PEOPLE = re.compile(
    r"(?:from|to|cc|bcc|sender|reply-to|by|for|user|mail|email|address|sent|and|of|contact|bounced)\Z", re.IGNORECASE
)
_DIRECTORY = re.compile(
    r"\b(?:cn|displayname|name)=(?P<value>[^,=+\r\n<>\"]{2,80})(?=,\s?(?:ou|cn)=(?:people|users|staff|members"
    r"|employees|accounts|persons|contacts)\b)",
    re.IGNORECASE,
)
_LDIF = re.compile(r"^(?:sn|cn|givenName|displayName|gecos|initials):{1,2} (?P<value>[^\r\n]{2,200})", re.MULTILINE)
_BORN = re.compile(
    r"(?<![\w\-])(?:dob|d\.o\.b\.|born(?: on)?|birth ?date|birthday|date of birth|geboren(?: am)?|geb\.|geburtsdatum"
    r"|n[eé]e? le|date de naissance|nacid[oa] el|fecha de nacimiento|nat[oa] il|data di nascita|geboortedatum"
    r"|geboren op)"
    r"(?: is| was)?[ :=]{1,3}[\"']?(?P<value>\d{4}[\-/.]\d{1,2}[\-/.]\d{1,2}|\d{1,2}[\-/.] ?\d{1,2}[\-/.] ?\d{2,4}"
    r"|\d{1,2}\.? [A-Za-z\u00e4]{3,10}\.?,? \d{4}|[A-Z][a-z]{2,9} \d{1,2},? \d{4})(?!\d)",
    re.IGNORECASE,
)
_BIRTH = ("born", "birth", "dob", "d.o.b", "geb", "e le ", "é le ", "naiss", "nacid", "nacim", "nat", "nascita")
_TRACK = re.compile(r"%?[Bb](?:\d{12,19}|\[Filtered\])\^(?P<name>[^^\r\n]{2,30})\^(?P<rest>[^\s?^]{4,80})")


def find_contacts(text: str, lower: str, clues: Clues) -> Iterator[Finding]:
    """Yield the names and dates of people in a text that are in the forms for them."""
    if clues.signs:
        yield from _in_lines(text, lower)
    if "CN=" in text and ("ATTENDEE" in text or "ORGANIZER" in text):
        yield from _people(_INVITED, text)
    if "ou=" in lower or "cn=people" in lower or "cn=users" in lower:
        yield from _people(_DIRECTORY, text)
    if ("19" in text or "20" in text) and any(map(lower.__contains__, _BIRTH)):
        yield from _people(_BORN, text)
    if "^" in text:
        for match in _TRACK.finditer(text):
            yield Finding(match.start("name"), match.end("rest"), "card")


def _in_lines(text: str, lower: str) -> Iterator[Finding]:
    if "vcard" in lower:
        for pattern in (_CARD_LINE, _CARD_PART):
            yield from _people(pattern, text)
    if "@" in text or FILTERED in text:
        for match in _MAILBOX.finditer(text) if "<" in text or "&lt;" in text else ():
            if any(map(str.isupper, match["value"])) and not _NOT_PEOPLE.match(match["value"]):
                yield Finding(*match.span("value"), "personal-key")
    if "dn: " in text or "givenName: " in text or "objectClass: " in text:
        yield from _people(_LDIF, text)


def _people(pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        if any(map(str.isalnum, match["value"])) and FILTERED not in match["value"]:
            yield Finding(*match.span("value"), "personal-key")
