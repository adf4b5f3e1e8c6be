"""What callers may send: the types of inputs that go on to the database."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import StringConstraints

__all__ = ["Email", "Line", "RowId", "Text"]

#: Any text that Postgres can store. It refuses NUL; half a surrogate pair, which has no UTF-8, never matches a
#: pattern.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
#: A name or title.
Line = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$")
]
#: A row's number in a path, within Postgres's bigint.
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
