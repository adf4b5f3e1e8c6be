from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alertproof.report import PastRun
from alertproof.report.summary.past import past_words
from alertproof.verdict import Verdict

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)


def runs(*verdicts: Verdict) -> list[PastRun]:
    """One run a day, the last of them now and called ``now``."""
    last = len(verdicts) - 1
    return [
        PastRun(
            run="now" if place == last else f"r{place}",
            at=NOW - timedelta(days=last - place),
            target="local",
            check="c",
            kind="probe",
            verdict=verdict,
        )
        for place, verdict in enumerate(verdicts)
    ]


P, F, B = Verdict.PASSED, Verdict.FAILED, Verdict.BROKEN


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ((), "no earlier run is known"),
        ((P,), "first run on this target"),
        ((F,), "first run on this target"),
        ((P, P), "last 2 runs: all passed"),
        ((F, F), "last 2 runs: all failed"),
        ((F, P, P, P), "last 4 runs: 3 passed, 1 failed 3 days ago"),
        ((F, F, P), "last 3 runs: 1 passed, 2 failed, the last 1 day ago"),
        ((P, F), "last 2 runs: 1 passed, 1 failed, this one"),
        ((F, P, F), "last 3 runs: 1 passed, 2 failed, the last is this one"),
        ((B, F, P), "last 3 runs: 1 passed, 1 failed 1 day ago, 1 broken 2 days ago"),
    ],
)
def test_the_last_runs_are_counted_and_the_red_ones_dated(verdicts: tuple[Verdict, ...], said: str) -> None:
    assert past_words(runs(*verdicts), now=NOW, run="now") == said


def test_a_single_run_of_another_day_is_not_this_one() -> None:
    assert past_words(runs(P), now=NOW, run="later") == "1 run: 1 passed"


def test_what_passed_degraded_is_counted_beside() -> None:
    first, second = runs(P, P)
    over = msgspec.structs.replace(second, reason="412 ms, more than 300 ms")

    assert past_words([first, over], now=NOW, run="now") == "last 2 runs: all passed, 1 of them degraded"
    assert past_words([*runs(F, P), over], now=NOW, run="now").startswith(
        "last 3 runs: 2 passed, 1 of them degraded, 1 f"
    )
