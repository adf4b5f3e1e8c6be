"""What a rule found, and where."""

from __future__ import annotations

from enum import StrEnum

import msgspec

__all__ = ["Finding", "Level"]


class Level(StrEnum):
    """How bad it is: refused or never right, probably a mistake, worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; lines and columns count from 1, the end is behind the last character.

    The names are the schema of ``monitors lint --json``.
    """

    id: str
    level: Level
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    monitor: str
    text: str

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Return what findings are sorted by."""
        return self.file, self.line, self.column, self.id, self.text
