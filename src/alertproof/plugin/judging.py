"""Turns a drill's verdict into pytest's: what is not met fails, and what could not be told is an error."""

from __future__ import annotations

import pytest

from alertproof.errors import Broken
from alertproof.journal import DrillJournal
from alertproof.verdict import Verdict

__all__ = ["judge"]


def judge(journal: DrillJournal) -> DrillJournal:
    """Return the journal of a drill that passed; raises `Broken` where it could not tell."""
    __tracebackhide__ = True
    if journal.verdict is Verdict.BROKEN:
        raise Broken(journal.reason)
    if journal.verdict is Verdict.FAILED:
        pytest.fail(f"{journal.specified}: not as specified\n{journal.reason}", pytrace=False)
    return journal
