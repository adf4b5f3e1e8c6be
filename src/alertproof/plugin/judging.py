"""Turns a drill's verdict into pytest's: what is not met fails, and what could not be told is an error."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alertproof.errors import Broken
from alertproof.journal import DrillJournal
from alertproof.verdict import Verdict

__all__ = ["judge", "judge_all"]


def judge(journal: DrillJournal) -> DrillJournal:
    """Return the journal of a drill that passed; raises `Broken` where it could not tell."""
    __tracebackhide__ = True
    if journal.verdict is Verdict.BROKEN:
        raise Broken(journal.reason)
    if journal.verdict is Verdict.FAILED:
        pytest.fail(f"{journal.specified}: not as specified\n{journal.reason}", pytrace=False)
    return journal


def judge_all(journals: Sequence[DrillJournal]) -> DrillJournal:
    """Return the last journal of one drill that was repeated; all of them have to pass.

    Fails, or raises `Broken`, with how many did and why the others did not.
    """
    __tracebackhide__ = True
    red = [(number, one) for number, one in enumerate(journals, start=1) if one.verdict is not Verdict.PASSED]
    if len(journals) == 1 or not red:
        return judge(journals[-1])
    said = f"{journals[-1].specified}: {len(journals) - len(red)} of {len(journals)} drills passed"
    said = "\n".join([said, *(f"drill {number} {one.verdict}: {one.reason}" for number, one in red)])
    if any(one.verdict is Verdict.FAILED for _, one in red):
        pytest.fail(said, pytrace=False)
    raise Broken(said)
