from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from alertproof.journal import DrillJournal
from alertproof.report import Report, headline
from alertproof.report.summary import row, sentence, sorted_drills
from alertproof.verdict import CheckFinished, Expectation, RunFinished, Verdict

replace = msgspec.structs.replace


def test_a_run_in_which_all_passed_says_which_alerts_are_proven(proven: Report) -> None:
    top = headline(proven)
    assert top.verdict is Verdict.PASSED
    assert top.sentence == "1 alert proven: error rate > 2 % for 5 min."
    assert top.details == ("1 check passed.",)


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
    assert top.details == ("Of 2 checks: 1 passed and 1 failed.",)


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


def test_drills_are_sorted_by_alert_and_the_firing_side_comes_first(mixed: Report) -> None:
    assert [drill.check for drill in sorted_drills(mixed)] == [
        "error-rate-fires",
        "error-rate-stays-quiet",
        "latency-fires",
        "queue-fires",
    ]


def test_the_firing_side_says_when_and_whom(firing: DrillJournal) -> None:
    said = row(firing)
    assert said.detected == "2 min 40 s (2.7 s real)"
    assert said.paged == "on-call-first@m3core.example after 2 min 43 s (2.7 s real)"
    assert said.resolved == "3 min 32 s (3.5 s real)"


def test_the_quiet_side_says_that_nobody_was_paged(quiet: DrillJournal) -> None:
    said = row(quiet)
    assert (said.detected, said.resolved) == ("no alert", "—")
    assert said.paged == "nobody was paged, as specified"


def test_a_quiet_side_that_paged_does_not_say_as_specified(quiet: DrillJournal, firing: DrillJournal) -> None:
    loud = replace(quiet, incidents=firing.incidents, verdict=Verdict.FAILED)
    assert row(loud).paged == "on-call-first@m3core.example"


def test_a_firing_side_that_paged_nobody_says_so(firing: DrillJournal) -> None:
    mute = replace(
        firing,
        incidents=(),
        time_to_detect=None,
        time_to_page=None,
        time_to_resolve=None,
        verdict=Verdict.FAILED,
    )
    said = row(mute)
    assert (said.detected, said.paged, said.resolved) == ("not detected", "nobody was paged", "not resolved")


def test_an_incident_that_told_nobody_names_its_service(firing: DrillJournal) -> None:
    incident = replace(firing.incidents[0], told=())
    assert row(replace(firing, incidents=(incident,))).paged.startswith("nobody at m3core-api after ")


def test_somebody_told_twice_is_named_once(firing: DrillJournal) -> None:
    twice = replace(firing, incidents=firing.incidents * 2)
    assert row(twice).paged == row(firing).paged


def test_a_broken_drill_claims_nothing(broken: DrillJournal) -> None:
    said = row(broken)
    assert (said.detected, said.paged, said.resolved) == ("—", "—", "—")


def test_the_sentence_of_a_passed_firing_side_is_the_whole_chain(firing: DrillJournal) -> None:
    assert sentence(firing) == (
        "The fault (5 % of API requests fail) raised the alert after 2 min 40 s, paged "
        "on-call-first@m3core.example after 2 min 43 s and was resolved 3 min 32 s after its revert."
    )


def test_the_sentence_of_a_passed_quiet_side(quiet: DrillJournal) -> None:
    assert sentence(quiet) == ("The fault (1 % of API requests fail) raised no alert: nobody was paged, as specified.")


def test_the_sentence_of_a_failed_drill_is_its_first_failed_expectation(failed: DrillJournal) -> None:
    expectations = (Expectation(text="never reached", met=None), *failed.expectations)
    assert sentence(replace(failed, expectations=expectations)) == (
        "Not proven: “the monitor goes to Alert 3 to 6 min after the fault” was not met "
        "(last seen: Alert after 6 min 40 s)."
    )


def test_an_expectation_that_was_never_reached_is_the_reason_when_none_failed(failed: DrillJournal) -> None:
    waiting = replace(failed, expectations=(Expectation(text="it resolves", met=None),))
    assert sentence(waiting) == "Not proven: “it resolves” was never reached."


def test_a_failed_drill_without_expectations_gives_its_reason(failed: DrillJournal) -> None:
    assert sentence(replace(failed, expectations=())) == "Not proven: The alert came after the allowed interval."


def test_the_sentence_of_a_broken_drill_is_its_reason(broken: DrillJournal) -> None:
    assert sentence(broken).startswith("Could not be judged: the steady state did not hold")
    assert sentence(broken).endswith("is the worker running?")


def test_times_are_said_once_on_a_real_clock(firing: DrillJournal) -> None:
    live = replace(firing, factor=1.0, time_to_detect=timedelta(minutes=3))
    assert row(live).detected == "3 min"
