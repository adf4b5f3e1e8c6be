"""A drill that could not tell because the machine was too busy is run anew; what was judged is never tried again.

On a clock of 60 times real time a busy machine need only pause for a third of a second, at 600 for a tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alertproof.errors import Broken
from alertproof.journal import DrillJournal

__all__ = ["AGAIN", "SLIPPED", "TooBusy", "believe", "run_anew"]

#: How often at the most a drill is run anew.
AGAIN = 2
#: How what says that a clock slipped begins.
SLIPPED = "clock slipped"


class TooBusy(Broken):
    """The machine was too busy for this drill: its clock slipped, or the fault did not get what it was to take."""


def believe(trouble: Sequence[str]) -> None:
    """Raise why what was seen cannot be believed: `TooBusy` where a clock slipped, `Broken` for all else."""
    if trouble:
        slipped = any(text.startswith(SLIPPED) for text in trouble)
        raise (TooBusy if slipped else Broken)("; ".join(trouble))


def run_anew(attempt: Callable[[Sequence[str]], tuple[DrillJournal, bool]]) -> DrillJournal:
    """Return the journal of the first attempt for which the machine was not too busy, or of the last.

    An attempt takes the notes of those before it, for its journal, and returns whether the machine was too busy.
    """
    notes: list[str] = []
    while True:
        journal, too_busy = attempt(tuple(notes))
        if not too_busy or len(notes) == AGAIN:
            return journal
        notes.append(f"run anew: {journal.reason.partition(chr(10))[0]}")
