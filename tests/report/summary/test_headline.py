from __future__ import annotations

import msgspec
import pytest

from alertproof.journal import DrillJournal, JourneyJournal, LoadJournal, ProbeJournal
from alertproof.report import Report, headline
from alertproof.report.summary import tallies
from alertproof.verdict import CheckFinished, RunFinished, Verdict

replace = msgspec.structs.replace


def test_a_run_in_which_all_passed_says_which_alerts_are_proven(proven: Report) -> None:
    top = headline(proven)
    assert top.verdict is Verdict.PASSED
    assert top.sentence == "1 alert proven: error rate > 2 % for 5 min."
    assert top.details == ("1 check passed.",)


def test_checks_beside_red_alerts_are_never_all_of_them(mixed: Report, check: CheckFinished) -> None:
    checks = (check, replace(check, check="tests/test_other.py::test_other"))
    assert headline(replace(mixed, checks=checks)).details[-1] == "2 checks passed."


def test_a_mixed_run_says_what_failed_and_what_could_not_be_judged(mixed: Report) -> None:
    top = headline(mixed)
    assert top.verdict is Verdict.FAILED
    assert top.sentence == (
        "1 of 3 alerts proven; failed: p95 > 800 ms for 10 min; could not be judged: queue depth > 10k."
    )


def test_an_alert_is_proven_only_when_both_its_sides_passed(proven: Report, quiet: DrillJournal) -> None:
    loud = replace(quiet, verdict=Verdict.FAILED)
    top = headline(replace(proven, journals=(loud, proven.drills[1])))
    assert top.verdict is Verdict.FAILED
    assert top.sentence == "No alert proven; failed: error rate > 2 % for 5 min."


@pytest.mark.parametrize(("place", "side"), [(0, "quiet"), (1, "firing")])
def test_half_a_proof_is_said_to_be_half_a_proof(proven: Report, place: int, side: str) -> None:
    top = headline(replace(proven, journals=(proven.drills[place],)))
    assert f"Only the {side} side was drilled: error rate > 2 % for 5 min." in top.details
    assert top.sentence == "No alert proven; one side passed: error rate > 2 % for 5 min."


def test_a_broken_drill_makes_the_run_broken(proven: Report, broken: DrillJournal) -> None:
    assert headline(replace(proven, journals=(*proven.drills, broken))).verdict is Verdict.BROKEN


def test_a_skipped_drill_beside_a_passed_one_does_not_spoil_the_run(proven: Report, broken: DrillJournal) -> None:
    skipped = replace(broken, verdict=Verdict.SKIPPED)
    top = headline(replace(proven, journals=(*proven.drills, skipped)))
    assert top.verdict is Verdict.PASSED
    assert top.sentence == "1 of 2 alerts proven; skipped: queue depth > 10k."


def test_a_failed_check_fails_the_run_although_every_alert_is_proven(proven: Report, check: CheckFinished) -> None:
    top = headline(replace(proven, checks=(check, replace(check, check="other", verdict=Verdict.FAILED))))
    assert top.verdict is Verdict.FAILED
    assert top.sentence == "1 of 2 other checks failed; 1 alert proven: error rate > 2 % for 5 min."
    assert top.details == ("Of 2 checks: 1 passed and 1 failed.",)


@pytest.mark.parametrize(("verdict", "words"), [(Verdict.FAILED, "failed"), (Verdict.BROKEN, "could not be judged")])
def test_the_only_other_check_is_said_when_it_is_red(
    proven: Report, check: CheckFinished, verdict: Verdict, words: str
) -> None:
    top = headline(replace(proven, checks=(replace(check, verdict=verdict),)))
    assert top.verdict is verdict
    assert top.sentence.startswith(f"1 other check {words}; 1 alert proven")


def test_a_run_without_a_check_has_proven_nothing(finished: RunFinished) -> None:
    top = headline(Report(finished=finished))
    assert (top.verdict, top.sentence) == (Verdict.BROKEN, "Nothing ran, so nothing was proven.")


def test_a_run_that_skipped_everything_has_proven_nothing(finished: RunFinished, check: CheckFinished) -> None:
    top = headline(Report(finished=finished, checks=(replace(check, verdict=Verdict.SKIPPED),)))
    assert top.verdict is Verdict.BROKEN
    assert top.sentence == "Every check was skipped, so nothing was proven."


def test_a_run_of_checks_alone_says_that_they_passed(finished: RunFinished, check: CheckFinished) -> None:
    top = headline(Report(finished=finished, checks=(check, replace(check, check="other"))))
    assert (top.verdict, top.sentence) == (Verdict.PASSED, "All 2 checks passed.")


def test_a_run_that_did_not_finish_is_broken(proven: Report) -> None:
    top = headline(replace(proven, finished=None))
    assert top.verdict is Verdict.BROKEN
    assert "The run did not finish: this is what it had seen by then." in top.details


def test_a_record_with_a_problem_is_broken(proven: Report) -> None:
    top = headline(replace(proven, problems=("line 5 is cut off",)))
    assert top.verdict is Verdict.BROKEN
    assert "Line 5 is cut off." in top.details


def test_a_run_whose_process_failed_is_never_green(proven: Report, finished: RunFinished) -> None:
    top = headline(replace(proven, finished=replace(finished, exit_code=4)))
    assert top.verdict is Verdict.BROKEN
    assert "No check failed, yet the run ended with exit code 4." in top.details


@pytest.fixture
def green(proven: Report, probes: tuple[ProbeJournal, ...], walked: JourneyJournal, carried: LoadJournal) -> Report:
    """A run of every kind in which all passed."""
    passed = [replace(probe, verdict=Verdict.PASSED) for probe in probes]
    second = replace(walked, check="another journey")
    return replace(proven, journals=(*proven.journals, *passed, walked, second, carried))


def test_a_green_run_of_every_kind_says_it_in_one_sentence(green: Report) -> None:
    top = headline(green)
    assert top.verdict is Verdict.PASSED
    assert top.sentence == (
        "1 alert proven: error rate > 2 % for 5 min; all 8 probes, 2 journeys and 1 load run passed."
    )
    assert top.red == ()


def test_without_drills_the_sentence_begins_with_the_rest(green: Report, carried: LoadJournal) -> None:
    assert headline(replace(green, journals=green.probes)).sentence == "All 8 probes passed."
    assert headline(replace(green, journals=green.loads)).sentence == "1 load run passed."


def test_what_failed_comes_before_what_is_proven(green: Report, slow_probe: ProbeJournal) -> None:
    top = headline(replace(green, journals=(*green.judged, slow_probe)))
    assert top.verdict is Verdict.FAILED
    assert top.sentence == (
        "1 of 8 probes failed; 1 alert proven: error rate > 2 % for 5 min; all 2 journeys and 1 load run passed."
    )
    assert top.red == ("Probe that failed: the list of leads answers within its budget.",)


def test_kinds_that_ended_alike_are_said_in_one_breath(everything: Report) -> None:
    assert headline(everything).sentence == (
        "1 of 3 alerts proven; failed: p95 > 800 ms for 10 min; could not be judged: queue depth > 10k; "
        "1 of 8 probes, 1 of 2 journeys, 1 of 2 load runs and 1 of 2 telemetry checks failed; "
        "1 of 8 probes could not be judged."
    )


def test_all_of_a_kind_that_failed_are_said_to_be_all(green: Report) -> None:
    journals = tuple(replace(journey, verdict=Verdict.FAILED) for journey in green.journeys)
    assert headline(replace(green, journals=journals)).sentence == "All 2 journeys failed."
    assert headline(replace(green, journals=journals[:1])).sentence == "1 journey failed."


def test_what_was_skipped_comes_last_and_what_passed_beside_it_is_counted(green: Report) -> None:
    first, *rest = green.probes
    top = headline(replace(green, journals=(replace(first, verdict=Verdict.SKIPPED), *rest)))
    assert top.verdict is Verdict.PASSED
    assert top.sentence == "7 of 8 probes passed; 1 of 8 probes skipped."


def test_a_probe_that_sent_nothing_is_counted_among_the_probes(green: Report, check: CheckFinished) -> None:
    mute = replace(check, check="mute", kind="probe", verdict=Verdict.BROKEN)
    top = headline(replace(green, checks=(check, mute)))
    assert top.verdict is Verdict.BROKEN
    assert top.sentence.startswith("1 of 9 probes could not be judged; ")
    assert top.details == ("1 check passed.",)


def test_a_check_with_several_journals_is_counted_once_by_its_worst(green: Report, slow_probe: ProbeJournal) -> None:
    (tally, *_) = (tally for tally in tallies(replace(green, journals=(slow_probe, *green.probes))))
    assert (tally.total, tally.having(Verdict.FAILED)) == (8, [slow_probe.check])


def test_a_test_that_failed_after_its_measurement_passed_is_red(green: Report, check: CheckFinished) -> None:
    after = replace(check, check=green.journeys[0].check, kind="journey", verdict=Verdict.FAILED, reason="E   no lead")
    top = headline(replace(green, checks=(after,)))
    assert top.verdict is Verdict.FAILED
    assert top.sentence.startswith("1 of 2 journeys failed; ")


def test_many_red_ones_are_counted_and_not_named(green: Report) -> None:
    def red(count: int) -> tuple[str, ...]:
        named = (replace(green.journeys[0], check=f"j{place}", verdict=Verdict.FAILED) for place in range(count))
        return headline(replace(green, journals=tuple(named))).red

    assert red(4) == ("Journeys that failed: j0, j1, j2 and j3.",)
    assert red(5) == ()


def test_a_run_that_skipped_all_that_measures_has_proven_nothing(green: Report) -> None:
    skipped = tuple(replace(journey, verdict=Verdict.SKIPPED) for journey in green.journeys)
    top = headline(replace(green, journals=skipped, checks=()))
    assert top.verdict is Verdict.BROKEN
    assert top.sentence == "All 2 journeys skipped; nothing was proven."


def test_courses_are_told_beside_the_alerts_and_prove_no_side(proven: Report, quiet: DrillJournal) -> None:
    course = replace(quiet, side="course", check="what follows")
    top = headline(replace(proven, journals=(*proven.drills, course, replace(course, verdict=Verdict.FAILED))))

    assert top.verdict is Verdict.FAILED
    assert "1 of 2 courses after a page as specified" in top.sentence
    assert "1 alert proven: error rate > 2 % for 5 min" in top.sentence


def test_courses_alone_prove_no_alert(proven: Report, quiet: DrillJournal) -> None:
    top = headline(replace(proven, journals=(replace(quiet, side="course"),)))

    assert top.sentence == "1 of 1 course after a page as specified."
    assert not any("side was drilled" in text for text in top.details)


def test_what_journeys_did_not_judge_is_said_once_for_all(green: Report) -> None:
    some = [replace(journey, unjudged=("p75 of the vitals is not judged: 1 run",)) for journey in green.journeys]
    top = headline(replace(green, journals=(*green.probes, *some)))
    assert top.verdict is Verdict.PASSED
    assert "2 journeys: p75 of the vitals is not judged: 1 run." in top.details
