"""Two steps that say the same are two expectations: a later one that is met hides none before it."""

from __future__ import annotations

from alertproof.drills.checklist import Checklist
from alertproof.drills.course.expecting import Expecting
from alertproof.verdict import Verdict


def test_a_failure_is_not_hidden_by_a_later_step_that_says_the_same() -> None:
    checklist = Checklist()
    checks = Expecting(checklist, [["it escalates", "somebody is told"], ["it escalates"]])
    checks.next()
    checks.expect("it escalates", False, "it did not")
    checks.expect("somebody is told", True, "Ada")
    checks.next()
    checks.expect("it escalates", True, "it did")

    assert [(one.text, one.met) for one in checklist.all()] == [
        ("it escalates", False),
        ("somebody is told", True),
        ("it escalates (2)", True),
    ]
    assert checklist.verdict() is Verdict.FAILED


def test_a_second_step_that_was_never_reached_is_said() -> None:
    checklist = Checklist()
    checks = Expecting(checklist, [["it escalates"], ["it escalates"]])
    checks.next()
    checks.expect("it escalates", True, "it did")

    assert [one.met for one in checklist.all()] == [True, None]
    assert checklist.verdict() is Verdict.BROKEN


def test_what_no_step_said_beforehand_is_decided_all_the_same() -> None:
    checklist = Checklist()
    checks = Expecting(checklist, [["it escalates"]])
    checks.next()
    checks.expect("somebody is on call", False, "nobody is")

    assert checklist.verdict() is Verdict.FAILED
