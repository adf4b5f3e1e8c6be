"""A drill that is repeated: n of m pass, and the spread of its times is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec
import pytest
from tests.plugin.test_judging import drilled

from alertproof.drills.repeats import Repeat, repeated
from alertproof.journal import DrillJournal, Spread
from alertproof.report import repeats_said
from alertproof.report.summary.drills import row, sentence
from alertproof.verdict import Verdict

MINUTE = timedelta(minutes=1)
P, F, B = Verdict.PASSED, Verdict.FAILED, Verdict.BROKEN


def each(*verdicts: Verdict, detect: tuple[float | None, ...] = ()) -> Callable[[], DrillJournal]:
    """Return a drill that ends as said, one time after the other."""

    def journals() -> Iterator[DrillJournal]:
        for number, verdict in enumerate(verdicts):
            took = detect[number] if detect else None
            yield msgspec.structs.replace(
                drilled(verdict, "" if verdict is P else f"{verdict} {number}"),
                time_to_detect=None if took is None else took * MINUTE,
                began=drilled(P).began + number * MINUTE,
                ended=drilled(P).began + (number + 1) * MINUTE,
            )

    ended = journals()
    return lambda: next(ended)


@pytest.mark.parametrize(
    ("verdicts", "passes", "ends"),
    [
        ((P, P, P), None, P),
        ((P, F, P), None, F),
        ((P, F, P), 2, P),
        ((P, F, F), 2, F),
        ((F, P, P, F), 3, F),
        ((P, B, P), 2, P),
        ((P, B, F), 2, B),
        ((B, F, F), 2, F),
        ((B,), 1, B),
    ],
)
def test_it_passes_when_enough_pass_and_is_broken_where_those_that_could_not_tell_might_have_been_enough(
    verdicts: tuple[Verdict, ...], passes: int | None, ends: Verdict
) -> None:
    journal = repeated(each(*verdicts), Repeat(times=len(verdicts), passes=passes))

    assert journal.verdict is ends
    assert journal.repeats is not None
    assert [one.verdict for one in journal.repeats.tries] == [*verdicts]
    assert journal.repeats.passed == verdicts.count(P)
    assert journal.began < journal.ended
    assert journal.ended - journal.began == len(verdicts) * MINUTE
    assert bool(journal.reason) is (ends is not P)


def test_one_that_failed_too_often_says_how_often_and_why_each_did() -> None:
    journal = repeated(each(F, P, B), Repeat(times=3, passes=3))

    assert journal.reason == "1 of 3 drills passed, 3 have to\ndrill 1 failed: failed 0\ndrill 3 broken: broken 2"


def test_all_are_run_also_when_enough_have_passed_for_their_times_count() -> None:
    journal = repeated(each(P, P, P, P, detect=(3, 2, 9, 4)), Repeat(times=4, passes=1))

    assert journal.repeats is not None
    assert journal.repeats.detect == Spread(p50=3 * MINUTE, p95=9 * MINUTE, count=4)
    assert journal.repeats.page is None


@pytest.mark.parametrize(("count", "p50", "p95"), [(1, 1, 1), (2, 1, 2), (20, 10, 19), (21, 11, 20), (100, 50, 95)])
def test_the_spread_is_of_nearest_ranks(count: int, p50: int, p95: int) -> None:
    shuffled = tuple(float(1 + (each * 7) % count) for each in range(count)) if count % 7 else ()
    times = shuffled or tuple(float(count - each) for each in range(count))
    journal = repeated(each(*[P] * count, detect=times), Repeat(times=count))

    assert journal.repeats is not None
    assert journal.repeats.detect == Spread(p50=p50 * MINUTE, p95=p95 * MINUTE, count=count)


def test_a_time_that_one_try_does_not_have_is_left_out_of_the_count() -> None:
    journal = repeated(each(P, F, detect=(3, None)), Repeat(times=2, passes=1))

    assert journal.repeats is not None
    assert journal.repeats.detect == Spread(p50=3 * MINUTE, p95=3 * MINUTE, count=1)


def test_the_report_says_how_often_and_how_long() -> None:
    journal = repeated(each(P, F, P, detect=(3, 9, 4)), Repeat(times=3, passes=2))

    assert journal.repeats is not None
    said = "2 of 3 drills passed, 2 had to; detected after 4 min in half of 3 (p50), 9 min in 95 % (p95)"
    assert repeats_said(journal.repeats) == said
    assert sentence(journal) == f"{said}."
    assert row(journal).detected == "4 min in half of 3 (p50), 9 min in 95 % (p95)"


def test_a_drill_that_is_not_repeated_has_a_journal_of_its_own() -> None:
    assert repeated(each(P), None).repeats is None


@pytest.mark.parametrize(("times", "passes", "said"), [(0, None, "1 time or more"), (3, 4, "1 to 3"), (3, 0, "1 to 3")])
def test_more_than_all_or_less_than_one_is_refused(times: int, passes: int | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Repeat(times=times, passes=passes)
