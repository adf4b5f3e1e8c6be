"""From how many locations a check fails, and since when."""

from __future__ import annotations

import pytest
from tests.schedule.making import MINUTE, NOW, run

from alertproof.schedule.outages import outages, standing
from alertproof.schedule.record import ScheduledRun
from alertproof.verdict import Verdict

P, F, B = Verdict.PASSED, Verdict.FAILED, Verdict.BROKEN
THREE = dict.fromkeys(("dublin", "frankfurt", "ohio"), MINUTE)


def said(**verdicts: str) -> list[ScheduledRun]:
    """Read a letter for each minute and location: p passed, f failed, b could not tell, - was not run."""
    letters = {"p": P, "f": F, "b": B}
    return [
        run(letters[letter], minute=minute, location=location)
        for location, row in verdicts.items()
        for minute, letter in enumerate(row)
        if letter != "-"
    ]


def spans(runs: list[ScheduledRun], *, upto: int, quorum: int | None = None) -> list[tuple[float, float | None]]:
    found = outages(runs, locations=THREE, at=NOW + upto * MINUTE, quorum=quorum)
    return [((one.since - NOW) / MINUTE, None if one.until is None else (one.until - NOW) / MINUTE) for one in found]


@pytest.mark.parametrize(
    ("runs", "failing", "words"),
    [
        (said(dublin="p", frankfurt="p", ohio="p"), False, "passing"),
        (said(dublin="f", frankfurt="p", ohio="p"), False, "failing from 1 of 3 locations"),
        (said(dublin="f", frankfurt="f", ohio="p"), True, "failing from 2 of 3 locations"),
        (said(dublin="fp", frankfurt="ff", ohio="p"), False, "failing from 1 of 3 locations"),
        # What could not tell leaves what was said before.
        (said(dublin="fb", frankfurt="fb", ohio="p"), True, "failing from 2 of 3 locations"),
        (said(dublin="f"), None, "failing from 1 of 3 locations, silent at 2 of 3 locations"),
        ([], None, "silent at 3 of 3 locations"),
    ],
)
def test_two_locations_make_a_failure_and_one_does_not(
    runs: list[ScheduledRun], failing: bool | None, words: str
) -> None:
    now = standing(runs, locations=THREE, at=NOW + 2 * MINUTE)

    assert now.failing is failing
    assert now.words == words


@pytest.mark.parametrize(("verdict", "failing"), [(F, True), (P, False)])
def test_where_there_is_one_location_it_decides(verdict: Verdict, failing: bool) -> None:
    now = standing([run(verdict)], locations={"dublin": MINUTE}, at=NOW)

    assert now.failing is failing


@pytest.mark.parametrize(("minutes", "failing"), [(3, True), (3.01, None)])
def test_a_location_says_nothing_three_intervals_after_its_last_run(minutes: float, failing: bool | None) -> None:
    runs = said(dublin="f", frankfurt="f", ohio="p")

    assert standing(runs, locations=THREE, at=NOW + minutes * MINUTE).failing is failing


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (said(dublin="pffpp", frankfurt="ppppp", ohio="ppppp"), []),
        (said(dublin="pffpp", frankfurt="ppffp", ohio="ppppp"), [(2, 3)]),
        (said(dublin="pfffp", frankfurt="pfffp", ohio="pppfp"), [(1, 4)]),
        (said(dublin="pffff", frankfurt="pffff", ohio="ppppp"), [(1, None)]),
        (said(dublin="fpfpp", frankfurt="ffffp", ohio="ppppp"), [(0, 1), (2, 3)]),
        # One after the other is not at once.
        (said(dublin="fpppp", frankfurt="pfppp", ohio="ppfpp"), []),
        # A quarantine's failures are nobody's outage.
        ([run(F, location=name, quarantined=True) for name in THREE], []),
    ],
)
def test_an_outage_lasts_while_two_fail(runs: list[ScheduledRun], expected: list[tuple[float, float | None]]) -> None:
    assert spans(runs, upto=5) == expected


def test_an_outage_ends_when_its_locations_fall_silent() -> None:
    assert spans(said(dublin="ff", frankfurt="ff"), upto=20) == [(0, 4)]


def test_a_failure_before_a_silence_does_not_last_over_it() -> None:
    runs = said(dublin="f---------f", frankfurt="pppppffffff", ohio="ppppppppppp")

    assert spans(runs, upto=10) == [(10, None)]


def test_another_quorum_may_be_asked_for() -> None:
    runs = said(dublin="fp", frankfurt="pp", ohio="pp")

    assert spans(runs, upto=2, quorum=1) == [(0, 1)]


def test_an_outage_names_its_locations_and_the_first_reason() -> None:
    (found,) = outages(said(dublin="ff", frankfurt="-f", ohio="p"), locations=THREE, at=NOW + 2 * MINUTE)

    assert found.locations == ("dublin", "frankfurt")
    assert found.reason == "refused"
