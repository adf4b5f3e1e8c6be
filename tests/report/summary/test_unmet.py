from __future__ import annotations

import msgspec
import pytest

from alertproof.journal import LoadJournal
from alertproof.report.summary.unmet import first_unmet, judgement, red_first, rest_of_reason, unmet
from alertproof.verdict import Expectation, Verdict

replace = msgspec.structs.replace

MET = Expectation(text="a", met=True)
NOT_MET = Expectation(text="b", met=False, last_seen="c")
UNREACHED = Expectation(text="d", met=None)


def test_what_was_not_met_comes_before_what_was_never_reached() -> None:
    assert unmet([UNREACHED, MET, NOT_MET]) == [NOT_MET, UNREACHED]
    assert unmet([MET]) == []


def test_all_expectations_stand_with_the_red_ones_first() -> None:
    assert red_first([MET, UNREACHED, NOT_MET]) == (NOT_MET, UNREACHED, MET)


def test_the_first_unmet_is_said_with_what_was_seen() -> None:
    assert first_unmet([UNREACHED, NOT_MET]) == "“b” was not met (last seen: c)"
    assert first_unmet([UNREACHED]) == "“d” was never reached"
    assert first_unmet([MET]) == ""


@pytest.mark.parametrize(
    ("verdict", "reason", "said"),
    [
        (Verdict.FAILED, "", "Not proven: no reason was recorded."),
        (Verdict.FAILED, "too slow\nby far", "Not proven: too slow."),
        (Verdict.BROKEN, "no answer", "Could not be judged: no answer."),
        (Verdict.SKIPPED, "not allowed", "Skipped: not allowed."),
    ],
)
def test_a_judgement_is_one_sentence(overloaded: LoadJournal, verdict: Verdict, reason: str, said: str) -> None:
    assert judgement(replace(overloaded, verdict=verdict, reason=reason, expectations=())) == said


def test_of_a_reason_only_what_is_not_said_yet_is_left(overloaded: LoadJournal) -> None:
    complaints = f"{NOT_MET.complaint()}\n{UNREACHED.complaint()}"
    load = replace(overloaded, expectations=(NOT_MET, UNREACHED), reason=complaints)
    assert rest_of_reason(load, "Not proven.") == ""
    assert rest_of_reason(replace(load, reason=f"{complaints}\nkept in a folder"), "Not proven.") == "kept in a folder"
    assert rest_of_reason(replace(load, reason="too slow."), "Not proven: too slow.") == ""
    assert rest_of_reason(replace(load, reason="too slow\nby far"), "Not proven: too slow.") == "too slow\nby far"
    assert rest_of_reason(replace(load, reason=""), "Not proven.") == ""
