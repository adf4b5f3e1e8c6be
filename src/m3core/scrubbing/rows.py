"""Values whose names stand elsewhere in the text: columns of a table by its head, fields of a letter by the others.

Sources: RFC 4180 (CSV); PostgreSQL's messages for ``COPY``; pydantic's report of errors; Python's ``pickletools``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, kind_of
from m3core.scrubbing.policy import FILTERED, Finding

__all__ = ["find_rows"]

_HEAD = re.compile(
    r"""^[ \t]*["'|]?[ \t]*[^\W\d][\w.\-]{0,40}(?:[ ][\w.\-]{1,30}){0,2}[ \t]*["']?
        (?:[ ]?[,;|\t][ ]?["']?[ \t]*[^\W\d][\w.\-]{0,40}(?:[ ][\w.\-]{1,30}){0,2}[ \t]*["']?){1,60}
        [ \t]*\|?[ \t]*\r?$""",
    re.MULTILINE | re.VERBOSE,
)
_CELL = {
    sign: re.compile(rf'[ ]*(?:"(?P<quoted>(?:[^"]|"")*+)"|(?P<bare>[^{sign}\r\n]*+))[ ]*(?:{sign}|(?=\r?$))')
    for sign in (",", ";", r"\t", r"\|")
}
#: Rules between the head of a table and its rows.
_RULE = re.compile(r"[-+=| :]{3,}")
_COPY = re.compile(
    r"\bCOPY [\w.\"]{1,80} \((?P<head>[\w ,\"]{1,500})\)[^\n]{0,100}?\bline \d{1,12}: \\*\""
    r"(?P<row>[^\n]{1,4000}?)\\*\"(?=\s|$)"
)
_COLUMN = re.compile(r"\bcolumn \"?(?P<key>\w{1,60})\"?: \\*\"(?P<value>[^\n\"]{1,1000})\"")
_INPUT = re.compile(
    r"^(?P<key>[\w.]{1,120})\r?\n[ \t]+[^\n]{0,400}?\binput_value="
    r"(?P<quote>['\"])(?P<value>[^\n]{1,400}?)(?P=quote)(?=[,\]])",
    re.MULTILINE,
)
_LOCATED = re.compile(
    r"['\"]loc['\"]: ?[(\[][^)\]\n]{0,200}?['\"](?P<key>\w{2,60})['\"],?[)\]][^{}\n]{0,400}?['\"]input['\"]: ?"
    r"(?P<quote>['\"])(?P<value>[^'\"\n]{1,400})(?P=quote)"
)
_PICKLED = re.compile(
    r"(?P<key>[A-Za-z]\w{1,60})(?:\\x94\\x8c|q\\x[0-9a-f]{2}X|q.X)(?:\\x[0-9a-f]{2}|\\[nrt])?(?:\\x00){0,3}"
    r"(?P<value>[^\\\n]{3,400}?)(?=\\x94|q\\x)"
)
# A name and its value with a zero between them, as records of octets have them.
_ENDED = re.compile(r"(?<![A-Za-z])(?P<key>[A-Za-z][\w\-]{2,40})(?:\\x00|\\0)(?=(?P<value>[^\\\s\"']{4,400}))")
# The head of a table whose columns are set apart by blanks, and one of its rows.
_BLANK_HEAD = re.compile(r"^[ \t]*[^\W\d][\w.\-]{0,40}(?:[ \t]+[^\W\d][\w.\-]{0,40}){1,30}[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"^[ \t>]{0,8}(?P<key>[^\W\d][\w \-]{1,30}):[ \t]+(?P<value>[^\r\n]{2,200})", re.MULTILINE)
_NAMES = frozenset(["name", "customer", "contact", "city", "attn", "to"])


#: The users and passwords that cloud-init is to set.
_CHPASSWD = re.compile(r"\bchpasswd:[ \t]*\r?\n(?P<lines>(?:[ \t]+[^\r\n]{0,200}(?:\r?\n|$)){1,60})")
_USER_LINE = re.compile(r"^[ \t]+(?:- )?[\w.\-]{1,32}:(?P<value>[^\s:]{1,128})[ \t]*\r?$", re.MULTILINE)


def find_rows(text: str) -> Iterator[Finding]:
    """Yield the values in a text whose names stand in its head or beside them in another line."""
    if "column " in text or "COPY " in text:
        yield from _copied(text)
    if "loc" in text and "input" in text:
        yield from _under(_LOCATED, text)
    if "\\x" in text:
        yield from _under(_PICKLED, text)
        yield from _under(_ENDED, text)
    if "\n" not in text:
        return
    yield from _users(text)
    found: list[Finding] = []
    if "input_value=" in text:
        yield from _under(_INPUT, text)
    if ": " in text:
        yield from _letter(text)
    at = 0
    while head := _BLANK_HEAD.search(text, at):
        found = []
        at = _blank_table(text, head, found)
        yield from found
    if "," in text or ";" in text or "\t" in text or "|" in text:
        at = 0
        while head := _HEAD.search(text, at):
            found = []
            at = _table(text, head, found)
            yield from found


def _under(pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        rule = verdict(kind_of(match["key"]), match["key"], match["value"])
        if rule:
            yield Finding(*match.span("value"), rule)


def _users(text: str) -> Iterator[Finding]:
    for block in _CHPASSWD.finditer(text):
        for line in _USER_LINE.finditer(text, *block.span("lines")):
            if line["value"] not in {FILTERED, "R", "RANDOM"}:
                yield Finding(*line.span("value"), Kind.SECRET.value)


def _copied(text: str) -> Iterator[Finding]:
    yield from _under(_COLUMN, text)
    for match in _COPY.finditer(text):
        names = [name.strip(' "') for name in match["head"].split(",")]
        at = match.start("row")
        for name, cell in zip(names, re.split(r"\t", match["row"]), strict=False):
            rule = verdict(kind_of(name), name, cell)
            if rule:
                yield Finding(at, at + len(cell), rule)
            at += len(cell) + 1


def _letter(text: str) -> Iterator[Finding]:
    """Yield a name that stands among the fields of a person: an address, a telephone number."""
    fields = list(_FIELD.finditer(text))
    if any(kind_of(field["key"]) in {Kind.ADDRESS, Kind.PERSON} for field in fields):
        for field in fields:
            if field["key"].lower() in _NAMES and FILTERED not in field["value"]:
                yield Finding(*field.span("value"), Kind.PERSON.value)


def _table(text: str, head: re.Match[str], found: list[Finding]) -> int:
    """Enter the values of a table that go by their columns, and return where the table ends."""
    line = head[0].rstrip("\r")
    sign = max((",", ";", r"\t", r"\|"), key=lambda each: line.count("\t" if each == r"\t" else each[-1]))
    names = [text[begin:end].strip(" \t\"'") for begin, end in _cells(text, head.start(), sign)]
    kinds = [kind_of(name) for name in names]
    at = head.end()
    if not any(kind not in {Kind.ORDINARY, Kind.OPAQUE} for kind in kinds):
        return at
    while next_line := text.find("\n", at) + 1:
        cells = _cells(text, next_line, sign)
        if len(cells) != len(names):
            if not _RULE.match(text, next_line):
                break
            at = next_line
            continue
        for name, kind, (begin, end) in zip(names, kinds, cells, strict=True):
            rule = verdict(kind, name, text[begin:end])
            if rule:
                found.append(Finding(begin, end, rule))
        at = max(next_line, cells[-1][1])
    return at


def _blank_table(text: str, head: re.Match[str], found: list[Finding]) -> int:
    """Enter the secrets of a table as programs print it, and return where it ends.

    Its cells have no blanks, and a number may lead the row.
    """
    names = head[0].split()
    secret = [kind_of(name) is Kind.SECRET for name in names]
    at = head.end() + 1
    while any(secret) and at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        cells = list(re.finditer(r"\S+", text[at:end]))
        if len(cells) - len(names) not in {0, 1}:
            break
        for name, gone, cell in zip(reversed(names), reversed(secret), reversed(cells), strict=False):
            rule = verdict(Kind.SECRET, name, cell[0]) if gone and any(map(str.isdigit, cell[0])) else None
            if rule:
                found.append(Finding(at + cell.start(), at + cell.end(), rule))
        at = end + 1
    return max(at, head.end())


def _cells(text: str, at: int, sign: str) -> list[tuple[int, int]]:
    """Return where the cells of a line are."""
    line = text.find("\n", at)
    line = len(text) if line < 0 else line
    cells: list[tuple[int, int]] = []
    while at <= line and len(cells) < 100:
        match = _CELL[sign].match(text, at, line)
        if match is None:
            return []
        group = "quoted" if match["quoted"] is not None else "bare"
        begin, end = match.span(group)
        cells.append((begin, begin + len(text[begin:end].rstrip(" \r"))))
        if match.end() >= line or match.end() == at or text[match.end() - 1] not in ",;\t|":
            break
        at = match.end()
    return cells
