"""What is nearly wrong with an answer: the probe passes, and says so."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.probes.conftest import an_answer, answers
from tests.probes.conftest import answer as sent
from tests.probes.test_check import GET, Probing, Serve, check_of

from alertproof.errors import ConfigError
from alertproof.journal import Phases
from alertproof.probes import Expected, body, judge, size, status, within
from alertproof.verdict import Verdict

MS = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (within("300ms", degraded="120ms"), ""),
        (within("300ms", degraded="119ms"), "120 ms, most of it first byte (110 ms), more than 119 ms"),
        (within(degraded="119ms"), "120 ms, most of it first byte (110 ms), more than 119 ms"),
        (within("300ms", degraded={"first_byte": "109ms"}), "first byte 110 ms, more than 109 ms"),
        (within(first_byte="200ms", degraded={"first_byte": "110ms", "dns": "1ms"}), ""),
        (within("300ms"), ""),
        (size(500, degraded=2), ""),
        (size(500, degraded=1), "2 bytes, more than 1"),
        (size(2), ""),
    ],
)
def test_beyond_the_limit_is_said_and_at_it_is_not(expected: Expected, said: str) -> None:
    answer = an_answer()

    (judged,) = judge(answer, [expected])

    assert judged.met
    assert expected.degraded(answer) == said


@pytest.mark.parametrize(
    ("wanted", "met"),
    [("bc", True), ("bd", False), (re.compile("^a.c"), True), (re.compile("^b"), False)],
)
def test_a_body_holds_a_text_or_a_pattern(wanted: str | re.Pattern[str], met: bool) -> None:
    (judged,) = judge(an_answer(b"abc"), [body(wanted)])

    assert judged.met is met
    assert judged.last_seen == ("a body that holds it" if met else "abc")


@pytest.mark.parametrize(("most", "met"), [(2, True), (1, False)])
def test_a_body_is_at_most_so_large(most: int, met: bool) -> None:
    (judged,) = judge(an_answer(), [size(most)])

    assert (judged.met, judged.last_seen) == (met, "2 bytes")


@pytest.mark.parametrize(
    ("total", "degraded", "phases"),
    [
        ("300ms", "300ms", {}),
        (None, {"first_byte": "200ms"}, {"first_byte": "100ms"}),
        ("300ms", {"firstbyte": "1ms"}, {}),
        ("300ms", "soon", {}),
    ],
    ids=["the same", "the other way round", "no phase", "no span"],
)
def test_limits_that_leave_nothing_between_them_are_refused(total: Any, degraded: Any, phases: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"^within\(\)"):
        within(total, degraded=degraded, **phases)


@pytest.mark.parametrize(("most", "degraded"), [(10, 10), (-1, None)])
def test_sizes_that_leave_nothing_between_them_are_refused(most: int, degraded: int | None) -> None:
    with pytest.raises(ConfigError, match=r"^size\(\)"):
        size(most, degraded=degraded)


def test_a_check_that_passed_says_what_was_nearly_wrong_and_one_that_failed_does_not(
    serve: Serve, probing: Probing
) -> None:
    prober = probing(serve(answers(sent(b'{"id": 1}'))).url)
    passed, failed = check_of(prober), check_of(prober)
    for check, allowed in ((passed, 200), (failed, 201)):
        (found,) = check.send(GET)
        check.expect(found, status(allowed), size(1000, degraded=5))

    kept, red = passed.journal(Verdict.PASSED), failed.journal(Verdict.FAILED)

    assert kept is not None
    assert red is not None
    assert (kept.verdict, kept.degraded) == (Verdict.PASSED, ("GET /api/leads as acme: 9 bytes, more than 5",))
    assert (red.verdict, red.degraded) == (Verdict.FAILED, ())


def test_what_took_no_time_is_not_late() -> None:
    answer = an_answer(phases=Phases(first_byte=1 * MS))

    assert within("300ms", degraded={"dns": "1ms", "first_byte": "1ms"}).degraded(answer) == ""
