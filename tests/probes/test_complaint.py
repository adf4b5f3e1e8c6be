from __future__ import annotations

from datetime import timedelta

from tests.probes.conftest import an_answer

from alertproof.journal import Phases
from alertproof.probes import Expected, Part, Request, Trouble, complaint, judge, satisfies, schema, status, within


def said_of(answer_fields: dict[str, object], *expected: Expected, body: bytes = b"{}") -> str:
    answer = an_answer(body, **answer_fields)
    return complaint(answer, judge(answer, expected))


def test_nothing_is_said_when_all_is_as_expected() -> None:
    assert said_of({}, status(200), within()) == ""


def test_a_slow_answer_says_how_slow_and_where_the_time_went() -> None:
    ms = timedelta(milliseconds=1)
    slow = {"total": 1210 * ms, "phases": Phases(connect=0.43 * ms, first_byte=1200 * ms, transfer=2 * ms)}

    assert said_of(slow, status(200), within()) == (
        "GET /api/leads?limit=5 as acme: expected an answer within 800 ms, "
        "last seen: 1.21 s, most of it first byte (1.20 s)\n"
        "  met      status 200\n"
        "  time     1.21 s over a new connection to 127.0.0.1:8000: "
        "connect 0.43 ms, first byte 1.20 s, transfer 2 ms\n"
        "  answer   status 200, 2 bytes\n"
        "  look up  correlation id c0ffee, sent at 2026-03-02 14:05:10.250 UTC"
    )


def test_the_first_line_has_the_cause_and_the_next_what_else() -> None:
    shape = schema({"title": "lead", "type": "object", "required": ["id", "name"]})

    lines = said_of({}, shape, within("1ms")).splitlines()

    assert lines[:3] == [
        "GET /api/leads?limit=5 as acme: expected the schema 'lead', last seen: $: 'id' is missing",
        "  $: 'name' is missing",
        "  also expected an answer within 1 ms, last seen: 120 ms, most of it first byte (110 ms)",
    ]


def test_what_was_seen_is_said_once() -> None:
    small = satisfies("a body of one byte", lambda answer: answer.size == 1, part=Part.HEADER)

    lines = said_of({}, small, status(404)).splitlines()

    assert lines[0].endswith("expected a body of one byte, last seen: 200 OK: {}")
    assert lines[1] == "  also expected status 404"


def test_an_answer_that_did_not_come_has_no_status_and_still_a_correlation_id() -> None:
    lost = {"status": 0, "trouble": Trouble.REFUSED, "detail": "nothing listens at 127.0.0.1:9", "peer": ""}

    assert said_of({**lost, "phases": Phases()}, status(200), within()) == (
        "GET /api/leads?limit=5 as acme: expected an answer, last seen: refused: nothing listens at 127.0.0.1:9\n"
        "  not reached  status 200, an answer within 800 ms\n"
        "  time         120 ms\n"
        "  look up      correlation id c0ffee, sent at 2026-03-02 14:05:10.250 UTC"
    )


def test_a_request_goes_by_its_name_where_it_has_one() -> None:
    named = Request(method="POST", path="/api/login", name="login of acme")

    assert said_of({"request": named}, status(201)).startswith("login of acme (POST /api/login): expected status 201")


def test_a_kept_connection_is_said_to_be_kept() -> None:
    assert "over a kept connection to" in said_of({"connection": "warm"}, status(201))
