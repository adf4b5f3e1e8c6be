from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.probes.conftest import an_answer

from alertproof.errors import ConfigError
from alertproof.journal import Phases
from alertproof.probes import (
    Answer,
    Expected,
    Part,
    Request,
    Trouble,
    header,
    holds,
    judge,
    satisfies,
    schema,
    status,
    timed,
    value,
    within,
)
from alertproof.redact import Secret
from alertproof.verdict import Expectation

OBJECT = {"title": "thing", "type": "object", "required": ["id"]}
MS = timedelta(milliseconds=1)


def one(answer: Answer, expected: Expected) -> Expectation:
    (found,) = judge(answer, [expected])
    return found


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (status(200), "status 200"),
        (status(404, 200), "status 404 or 200"),
        (header("content-type"), "header content-type"),
        (header("Content-Type", "application/json"), "header Content-Type: application/json"),
        (header("Content-Type", re.compile("^application/")), "header Content-Type with '^application/'"),
        (schema(OBJECT), "the schema 'thing'"),
        (value("$.id", 7), "$.id is 7"),
        (value("$.none", None), "$.none is None"),
        (holds("$.id", "is above 6", lambda found: found > 6), "$.id is above 6"),
        (holds("$.many[*]", "is even", lambda found: found % 2 == 0), "$.many[*] is even"),
        (satisfies("a short body", lambda answer: len(answer.body) < 100), "a short body"),
        (within(), "an answer within 800 ms"),
        (within("120ms"), "an answer within 120 ms"),
        (within(timedelta(seconds=2)), "an answer within 2.00 s"),
        (within(first_byte="110ms", dns="1ms"), "first byte within 110 ms and dns within 1 ms"),
        (timed(), "the time of each phase"),
    ],
)
def test_what_is_as_expected_is_met_and_says_what_was_expected(expected: Expected, text: str) -> None:
    found = one(an_answer(b'{"id": 7, "none": null, "many": [2, 4]}'), expected)

    assert (found.text, found.met) == (text, True)


@pytest.mark.parametrize(
    ("expected", "seen"),
    [
        (status(201), '200 OK: {"id": 7, "many": [2, 3]}'),
        (header("ETag"), "no header ETag"),
        (header("Content-Type", "text/html"), "application/json"),
        (header("Content-Type", re.compile("^html")), "application/json"),
        (schema({"required": ["id", "name"]}), "$: 'name' is missing"),
        (value("$.id", 8), "7"),
        (value("$.id", 7.0), "7"),
        (value("$.id", "7"), "7"),
        (value("$.none", None), "nothing at $.none"),
        (holds("$.many[*]", "is even", lambda found: found % 2 == 0), "3 at $.many[1]"),  # of many, also where
        (holds("$.none[*]", "is even", lambda found: found % 2 == 0), "nothing at $.none[*]"),
        (satisfies("an empty body", lambda answer: not answer.body), '200 OK: {"id": 7, "many": [2, 3]}'),
        (within("119ms"), "120 ms, most of it first byte (110 ms)"),
        (within(timedelta(milliseconds=119.9)), "120.000 ms, most of it first byte (110 ms)"),
        (within(first_byte="109ms"), "first byte 110 ms"),
        (within("1s", transfer="3ms"), "transfer 4 ms"),
    ],
)
def test_what_is_not_as_expected_is_unmet_and_says_what_was_seen(expected: Expected, seen: str) -> None:
    found = one(an_answer(b'{"id": 7, "many": [2, 3]}'), expected)

    assert (found.met, found.last_seen) == (False, seen)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("expected", [schema(OBJECT), value("$", 1), holds("$", "is there", bool)])
def test_a_body_that_is_not_json_is_shown(body: bytes, expected: Expected) -> None:
    found = one(an_answer(body), expected)

    assert found.met is False
    assert found.last_seen.startswith("a body that is not JSON: ")
    assert len(found.last_seen) < 300


def test_true_is_not_one() -> None:
    assert one(an_answer(b'{"id": true}'), value("$.id", 1)).met is False


def test_the_slowest_of_equal_phases_is_not_blamed() -> None:
    phases = Phases(connect=50 * MS, first_byte=50 * MS, transfer=50 * MS)

    assert one(an_answer(total=150 * MS, phases=phases), within("100ms")).last_seen == "150 ms"


def test_a_time_at_its_limit_is_within_it_and_the_next_microsecond_is_not() -> None:
    limit = timedelta(milliseconds=800)

    assert one(an_answer(total=limit), within()).met is True
    over = one(an_answer(total=limit + timedelta(microseconds=1)), within())
    assert over.met is False
    assert over.last_seen.startswith("800.001 ms")


def test_a_wrong_status_leaves_shape_and_values_unreached_and_the_time_judged() -> None:
    answer = an_answer(b"boom", status=500)

    found = judge(answer, [status(200), schema(OBJECT), value("$.id", 1), within(), header("content-type")])

    assert [one.met for one in found] == [False, None, None, True, True]
    assert found[1].last_seen == "not judged without status 200"


def test_a_wrong_shape_leaves_values_unreached() -> None:
    found = judge(an_answer(b"{}"), [status(200), schema(OBJECT), holds("$.id", "is even", lambda one: one % 2 == 0)])

    assert [one.met for one in found] == [True, False, None]


def test_all_that_is_unmet_is_found_at_once() -> None:
    found = judge(an_answer(b'{"id": 1}'), [value("$.id", 2), value("$.id", 3), within("1ms"), header("ETag")])

    assert [one.met for one in found] == [False] * 4


def test_without_an_answer_nothing_is_reached() -> None:
    answer = an_answer(status=0, trouble=Trouble.REFUSED, detail="nothing listens at 127.0.0.1:9")

    found = judge(answer, [status(200), within(), timed()])

    assert [one.met for one in found] == [False, None, None, None]
    assert (found[0].text, found[0].last_seen) == ("an answer", "refused: nothing listens at 127.0.0.1:9")


def test_a_secret_that_the_platform_sends_back_is_not_shown() -> None:
    request = Request(
        method="POST",
        path="/login",
        headers={"Authorization": Secret("Bearer tok-en-12345")},
        json={"password": Secret('p4"ss')},
    )
    answer = an_answer(b'{"got": "p4\\"ss", "by": "tok-en-12345"}', request=request, status=422)

    shown = repr(judge(answer, [status(200), value("$.got", 1), satisfies('a p4"ss', lambda _: False)]))

    assert "p4" not in shown
    assert "tok-en" not in shown
    assert "***" in shown


@pytest.mark.parametrize("padding", range(90, 210, 7))
def test_half_a_secret_is_not_shown_either(padding: int) -> None:
    secret = "s3cr3t-" * 6
    request = Request(method="GET", path="/", headers={"X-Key": Secret(secret)})
    text = "x" * padding + secret
    answer = an_answer(f'{{"id": "{text}"}}'.encode(), request=request, headers=httpx.Headers({"ETag": text}))

    found = [status(201)], [schema({"properties": {"id": {"type": "null"}}})], [value("$.id", 1)], [header("ETag", "a")]

    assert "s3c" not in repr([judge(answer, expected) for expected in found])


@pytest.mark.parametrize(
    ("phases", "url", "connection", "missing"),
    [
        (Phases(first_byte=MS, transfer=MS), "https://platform.example", "warm", ""),
        (Phases(connect=MS, first_byte=MS, transfer=MS), "http://127.0.0.1:8000", "cold", ""),
        (Phases(first_byte=MS, transfer=MS), "http://127.0.0.1:8000", "cold", "connect"),
        (Phases(connect=MS, first_byte=MS, transfer=MS), "http://localhost:8000", "cold", "dns"),
        (Phases(connect=MS, first_byte=MS, transfer=MS), "https://platform.example", "cold", "dns, tls"),
        (Phases(connect=MS), "http://127.0.0.1:8000", "cold", "first byte, transfer"),
    ],
)
def test_each_phase_that_must_have_happened_was_measured(
    phases: Phases, url: str, connection: str, missing: str
) -> None:
    found = one(an_answer(phases=phases, url=httpx.URL(url), connection=connection), timed())

    assert found.met is not bool(missing)
    assert not missing or found.last_seen == f"no time of {missing}"


def test_without_a_budget_within_needs_a_time() -> None:
    with pytest.raises(ConfigError, match=r'say one: within\("800ms"\)'):
        judge(an_answer(budget=None), [within()])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (status, "at least one status"),
        (lambda: within("fast"), "not a duration: 'fast'"),
        (lambda: within(firstbyte="1s"), "no phase 'firstbyte'.*first_byte"),
        (lambda: value("id", 1), "not a place"),
        (lambda: schema({"requird": []}), "requird"),
    ],
)
def test_an_expectation_that_makes_no_sense_is_refused_before_anything_is_sent(make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(ConfigError, match=words):
        make()


EXPECTED = [
    status(200),
    header("ETag"),
    schema(OBJECT),
    value("$.id", 1),
    holds("$.items[*]", "is there", bool),
    within("100ms"),
    timed(),
    satisfies("luck", lambda answer: answer.size % 2 == 0, part=Part.STATUS),
]


@given(
    st.binary(max_size=50) | st.sampled_from([b'{"id": 1}', b'{"id": 1, "items": [1]}', b'{"items": [0]}']),
    st.integers(100, 599),
    st.integers(0, 10_000),
    st.none() | st.sampled_from(Trouble),
    st.lists(st.sampled_from(EXPECTED), max_size=8),
)
def test_every_expectation_is_decided_in_order_and_none_is_met_without_an_answer(
    body: bytes, code: int, took: int, trouble: Trouble | None, expected: list[Expected]
) -> None:
    answer = an_answer(body, status=code, total=took * MS, trouble=trouble, detail="why")

    found = judge(answer, expected)

    texts = [one.text(answer) for one in expected]
    assert [one.text for one in found] == (["an answer", *texts] if trouble else texts)
    assert not (trouble and any(one.met for one in found))
    if any(one.met is None for one in found):
        assert any(one.met is False for one in found)
