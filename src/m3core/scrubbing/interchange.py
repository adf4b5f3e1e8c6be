"""Messages of health care in which the place of a value, and no name, says what it is.

Sources: ASC X12 005010X222 (segments NM1, N3, N4, DMG, REF); HL7 v2.5.1 chapter 3 (segments PID, NK1) and 6 (IN1);
DICOM PS3.6 (data elements of group 0010) as its tools print them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.policy import FILTERED, Finding

__all__ = ["find_interchanged"]

#: Of X12 by the segment: the elements that are of somebody. NM1 only where its second element says: a person.
_X12 = {"NM1": (3, 4, 5, 9), "N3": (1, 2), "N4": (1, 3), "DMG": (2,), "REF": (2,)}
_X12_SEGMENT = re.compile(r"(?<![^\s~'\"])(?P<name>NM1|N3|N4|DMG|REF)(?P<rest>(?:\*[^*~\r\n]{0,120}){1,12})")
#: What a reference number is where it is one of a person: SSN, member, subscriber.
_OF_PEOPLE = frozenset(["SY", "0F", "1L", "1W", "EJ"])
#: Of HL7 by the segment: the fields that are of somebody.
_HL7 = {"PID": (2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 18, 19, 20), "NK1": (2, 4, 5, 6), "IN1": (16, 18, 19, 36)}
_HL7_SEGMENT = re.compile(
    r"(?:(?<![^\r\n\"'])|(?<=\\[rn]))(?P<name>PID|NK1|IN1)(?=\|\d{0,4}\|)(?P<rest>(?:\|[^|\r\n\"]{0,300}){4,50})"
)
_DICOM = re.compile(
    r"\((?:(?i:[0-9a-f]{4},[0-9a-f]{4})\)[ \t]+PN"
    r"|0010,(?:0020|0030|0032|1000|1001|1005|1040|1060|2154|2203)\)[ \t]+[A-Z]{2})"
    r"(?:[ \t]+\w{1,40})?:?[ \t]*[\[\"'](?P<value>[^\]\"'\r\n]{1,200})[\]\"']"
)


def find_interchanged(text: str) -> Iterator[Finding]:
    """Yield what is of somebody in the segments and elements of such messages."""
    if "NM1*" in text:
        yield from _x12(text)
    if "PID|" in text or "NK1|" in text or "IN1|" in text:
        for segment in _HL7_SEGMENT.finditer(text):
            yield from _at(segment, "|", _HL7[segment["name"]])
    if "0010," in text or " PN" in text:
        for match in _DICOM.finditer(text):
            if FILTERED[:-1] not in match["value"]:
                yield Finding(*match.span("value"), "personal-element")


def _x12(text: str) -> Iterator[Finding]:
    for segment in _X12_SEGMENT.finditer(text):
        elements = segment["rest"].split("*")
        if segment["name"] == "NM1" and elements[2:3] != ["1"]:
            continue
        if segment["name"] == "REF" and elements[1] not in _OF_PEOPLE:
            continue
        yield from _at(segment, "*", _X12[segment["name"]])


def _at(segment: re.Match[str], sign: str, places: tuple[int, ...]) -> Iterator[Finding]:
    """Yield what stands at some places of a segment; the first is 1."""
    at = segment.start("rest")
    for place, element in enumerate(segment["rest"].split(sign)):
        if place in places and any(map(str.isalnum, element)) and element != FILTERED:
            yield Finding(at, at + len(element), "personal-element")
        at += len(element) + 1
