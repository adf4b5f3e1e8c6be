"""Writes the results of offline tests as JUnit's XML, in the form that pytest writes and CI systems read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from alertproof.offline.run import FileResult, TestResult

__all__ = ["junit_xml"]

#: What XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(files: Sequence[FileResult]) -> bytes:
    """Return a suite for each file with a case for each test.

    A failed test is a ``failure``, a broken one and a file that cannot be read are an ``error``. The assumptions that a
    verdict rests on are properties of its case.
    """
    root = Element("testsuites", name="alertproof monitors test")
    for each in files:
        name = _clean(str(each.file))
        suite = SubElement(root, "testsuite", name=name)
        for result in each.results:
            _case(suite, each, result)
        if each.unreadable:
            case = SubElement(suite, "testcase", classname=name, name="file", time=_seconds(each.wall))
            _complain(case, "error", each.unreadable, each.unreadable)
        _count(suite, each.wall)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _case(suite: Element, file: FileResult, result: TestResult) -> None:
    wall = file.wall / len(file.results)
    case = SubElement(
        suite, "testcase", classname=_clean(str(file.file)), name=_clean(result.name), time=_seconds(wall)
    )
    case.set("file", _clean(str(file.file)))
    case.set("line", result.where.rpartition(":")[2])
    if result.assumptions:
        properties = SubElement(case, "properties")
        for text in result.assumptions:
            SubElement(properties, "property", name="assumption", value=_clean(text))
    if result.verdict is Verdict.FAILED:
        unmet = "; ".join(each.text for each in result.expectations if not each.met)
        _complain(case, "failure", f"not met: {unmet}", result.drawn)
    elif result.verdict is not Verdict.PASSED:
        _complain(case, "error", result.reason, result.reason)


def _complain(case: Element, kind: str, message: str, text: str) -> None:
    SubElement(case, kind, message=_clean(message)).text = _clean(text)


def _count(suite: Element, wall: timedelta) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    suite.set("skipped", "0")
    suite.set("time", _seconds(wall))


def _seconds(wall: timedelta) -> str:
    return f"{wall.total_seconds():.3f}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
