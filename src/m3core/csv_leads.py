"""Leads in a CSV file: which lines are leads, and what is wrong with the others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from pydantic import ValidationError

from m3core.leads import NewLead

__all__ = ["MOST_ROWS", "NotALeadFile", "Rejected", "read_leads"]

#: So many leads in one file; more would hold up the queue.
MOST_ROWS = 5_000
_REQUIRED = ("name", "company", "email")
_KNOWN = (*_REQUIRED, "phone", "source")
_LONGEST_CELL = 10_000


class NotALeadFile(Exception):
    """Nothing of this file can be read; the text says why."""


@final
@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is no lead: its number in the file, from 1, and why. What stands in it is not repeated."""

    line: int
    reason: str


def read_leads(content: bytes) -> Iterator[NewLead | Rejected]:
    """Yield what each line after the header is.

    UTF-8, with a mark at its begin or without; commas or semicolons, as spreadsheets write them. Raises `NotALeadFile`
    for what has no header that fits, and where the file breaks off being CSV.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotALeadFile(f"the file is not UTF-8: byte {error.start + 1} is not; save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from _lines(reader)
    except csv.Error as error:
        raise NotALeadFile(f"line {reader.line_num}: {error}; nothing after it was read") from None
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return ";" if header.count(";") > header.count(",") else ","


def _lines(reader: Iterator[list[str]]) -> Iterator[NewLead | Rejected]:
    header = [name.strip().lower() for name in next(reader, [])]
    _check_header(header)
    rows = 0
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        rows += 1
        if rows > MOST_ROWS:
            raise NotALeadFile(f"there are more than {MOST_ROWS} leads; split the file: those before are imported")
        line: int = reader.line_num  # type: ignore[attr-defined]  # of csv's reader, which typing has no name for
        yield _lead(header, cells, line)


def _check_header(header: list[str]) -> None:
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise NotALeadFile(f"the header has no {' and no '.join(missing)}; it takes {', '.join(_KNOWN)}")
    unknown = [name for name in header if name not in _KNOWN]
    if unknown:
        raise NotALeadFile(f"the header has {len(unknown)} unknown names; it takes {', '.join(_KNOWN)}")
    if len(set(header)) < len(header):
        raise NotALeadFile("the header has a name twice")


def _lead(header: list[str], cells: list[str], line: int) -> NewLead | Rejected:
    if len(cells) != len(header):
        return Rejected(line, f"{len(cells)} cells under {len(header)} names")
    given = {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip() or name in _REQUIRED}
    try:
        return NewLead.model_validate({"source": "import", **given})
    except ValidationError as error:
        return Rejected(line, f"{', '.join(sorted({str(each['loc'][0]) for each in error.errors()}))}: does not fit")
