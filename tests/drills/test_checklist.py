"""A drill passes only if everything that was announced was decided, and met."""

from __future__ import annotations

from alertproof.drills.checklist import Checklist
from alertproof.verdict import Verdict


def test_an_empty_checklist_is_broken_and_not_passed() -> None:
    assert Checklist().verdict() is Verdict.BROKEN


def test_all_met_is_passed() -> None:
    checklist = Checklist()
    checklist.announce("a page")
    checklist.expect("a page", met=True, last_seen="one incident")

    assert checklist.verdict() is Verdict.PASSED
    assert checklist.reason() == ""


def test_one_that_was_never_reached_is_broken() -> None:
    checklist = Checklist()
    checklist.expect("a page", met=True, last_seen="one incident")
    checklist.announce("a resolve")

    assert checklist.verdict() is Verdict.BROKEN
    assert checklist.reason() == "never reached: a resolve; last seen: never reached"


def test_one_that_was_not_met_is_failed_even_if_another_was_never_reached() -> None:
    checklist = Checklist()
    checklist.announce("a resolve")
    checklist.expect("a page", met=False, last_seen="no incident")

    assert checklist.verdict() is Verdict.FAILED
    assert "not met: a page; last seen: no incident" in checklist.reason()


def test_announcing_again_does_not_forget_a_decision() -> None:
    checklist = Checklist()
    checklist.expect("a page", met=False, last_seen="no incident")
    checklist.announce("a page")

    assert checklist.verdict() is Verdict.FAILED
