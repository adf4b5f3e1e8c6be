from __future__ import annotations

from datetime import timedelta

import msgspec

from alertproof.journal import DrillJournal
from alertproof.report import Report
from alertproof.report.summary import row, sentence, sorted_drills
from alertproof.verdict import Expectation, Verdict

replace = msgspec.structs.replace


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


def test_a_course_is_said_to_be_what_follows(quiet: DrillJournal) -> None:
    assert row(msgspec.structs.replace(quiet, side="course")).side == "what follows"


def test_a_course_is_told_by_its_own_name_and_a_side_by_its_fault(quiet: DrillJournal) -> None:
    written = msgspec.structs.replace(
        quiet, side="course", check="drills/a.drill.yaml::a page of low urgency never rises"
    )
    coded = msgspec.structs.replace(quiet, side="course", check="drills/test_a.py::test_an_answer_stops_it")

    assert (row(written).about, row(coded).about) == ("a page of low urgency never rises", "an answer stops it")
    assert row(written).name == f"{quiet.alert} (a page of low urgency never rises)"
    assert row(quiet).name == f"{quiet.alert} (must stay quiet)"
    assert quiet.fault is not None
    assert row(quiet).about == quiet.fault.text
