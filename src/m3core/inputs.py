"""What callers may send: the types of inputs that go on to the database."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import StringConstraints

__all__ = ["LeadId", "Text"]

#: Any text that Postgres can store. It refuses NUL; half a surrogate pair, which has no UTF-8, never matches a
#: pattern.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
#: A lead's number in a path, within Postgres's bigint.
LeadId = Annotated[int, Path(ge=1, le=2**63 - 1)]
