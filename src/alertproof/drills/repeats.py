"""A drill that is repeated m times and passes when n of them do, with the spread of its times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import msgspec

from alertproof.journal import DrillJournal, Repeats, Spread, Try
from alertproof.ranks import nearest
from alertproof.verdict import Verdict

__all__ = ["Repeat", "repeated"]


class Repeat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Drill so many ``times``, of which so many have to be ``passes``: all of them where nothing is said."""

    times: int
    passes: int | None = None

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError(f"times: a drill is repeated 1 time or more, got {self.times}")
        if self.passes is not None and not 1 <= self.passes <= self.times:
            raise ValueError(f"passes: 1 to {self.times} of {self.times} drills have to pass, got {self.passes}")

    @property
    def needed(self) -> int:
        """How many have to pass."""
        return self.times if self.passes is None else self.passes


def repeated(drill: Callable[[], DrillJournal], repeat: Repeat | None) -> DrillJournal:
    """Run a drill as often as said, always to the last, and return one journal for all.

    It is broken rather than failed where those that could not tell might have made up the number.
    """
    if repeat is None:
        return drill()
    journals = [drill() for _ in range(repeat.times)]
    passed, broken = (sum(one.verdict is verdict for one in journals) for verdict in (Verdict.PASSED, Verdict.BROKEN))
    verdict = (
        Verdict.PASSED
        if passed >= repeat.needed
        else Verdict.BROKEN
        if passed + broken >= repeat.needed
        else Verdict.FAILED
    )
    shown = next(one for one in reversed(journals) if one.verdict is verdict)
    return msgspec.structs.replace(
        shown,
        verdict=verdict,
        reason="" if verdict is Verdict.PASSED else _reason(journals, repeat),
        began=journals[0].began,
        ended=journals[-1].ended,
        wall=sum((one.wall for one in journals), timedelta(0)),
        repeats=_repeats(journals, repeat.needed),
    )


def _reason(journals: Sequence[DrillJournal], repeat: Repeat) -> str:
    passed = sum(one.verdict is Verdict.PASSED for one in journals)
    lines = [f"{passed} of {repeat.times} drills passed, {repeat.needed} have to"]
    numbered = enumerate(journals, start=1)
    lines += [f"drill {number} {one.verdict}: {one.reason}" for number, one in numbered if one.reason]
    return "\n".join(lines)


def _repeats(journals: Sequence[DrillJournal], needed: int) -> Repeats:
    return Repeats(
        needed=needed,
        tries=tuple(
            Try(
                verdict=one.verdict,
                reason=one.reason,
                time_to_detect=one.time_to_detect,
                time_to_page=one.time_to_page,
                time_to_acknowledge=one.time_to_acknowledge,
                time_to_resolve=one.time_to_resolve,
            )
            for one in journals
        ),
        detect=_spread(one.time_to_detect for one in journals),
        page=_spread(one.time_to_page for one in journals),
        acknowledge=_spread(one.time_to_acknowledge for one in journals),
        resolve=_spread(one.time_to_resolve for one in journals),
    )


def _spread(times: Iterable[timedelta | None]) -> Spread | None:
    there = sorted(one for one in times if one is not None)
    if not there:
        return None

    return Spread(p50=nearest(there, 0.5), p95=nearest(there, 0.95), count=len(there))
