from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.probes.conftest import Link, Server, answer, answers

from alertproof.errors import Broken
from alertproof.probes import Check, Login, Prober, Request, Sessions, status, value, within
from alertproof.redact import Secret
from alertproof.verdict import Verdict

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
GET = Request(method="GET", path="/api/leads", tenant="acme")


def check_of(prober: Prober, sessions: Sessions | None = None) -> Check:
    return Check(prober, name="a test", target="local", sessions=sessions, budget=timedelta(milliseconds=800))


def logging_in(link: Link) -> None:
    """Give a token to who has the password, and to the token the tenant's name."""
    while request := link.request():
        head, _, body = request.partition(b"\r\n\r\n")
        if head.startswith(b"POST /login"):
            sent = json.loads(body)
            if sent["password"] == "p4ss":
                link.send(answer(json.dumps({"token": f"tok-{sent['tenant']}"}).encode()))
            else:
                link.send(answer(b'{"detail": "wrong p4ssw0rd"}', status="401 Unauthorized"))
        else:
            token = head.partition(b"Authorization: ")[2].split(b"\r\n")[0]
            link.send(answer(json.dumps({"by": token.decode()}).encode()))


def login_with(password: str, **fields: str) -> Sessions:
    return Sessions(
        Login(path="/login", body=lambda tenant: {"tenant": tenant, "password": Secret(password)}, **fields)
    )


def test_a_check_that_went_well_is_one_journal_with_all_requests_and_expectations(
    serve: Serve, probing: Probing
) -> None:
    check = check_of(probing(serve(answers(answer(b'{"id": 1}', "X-Correlation-Id: c0ffee"))).url))

    (first,) = check.send(GET)
    assert check.expect(first, status(200), value("$.id", 1)) == ""
    for found in check.send(GET, GET):
        assert check.expect(found, within("10s")) == ""
    journal = check.journal(Verdict.PASSED)

    assert journal is not None
    assert (journal.check, journal.target, journal.verdict) == ("a test", "local", Verdict.PASSED)
    assert journal.budget == timedelta(seconds=10)
    assert [(run.tenant, run.status, run.correlation_id) for run in journal.runs] == [("acme", 200, "c0ffee")] * 3
    assert [one.text for one in journal.expectations[:2]] == [
        "GET /api/leads as acme: status 200",
        "GET /api/leads as acme: $.id is 1",
    ]
    assert len(journal.expectations) == 4
    assert journal.began <= journal.runs[0].at
    assert journal.wall >= journal.runs[0].total


def test_each_run_has_the_time_that_was_expected_of_it(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(answers(answer())).url))

    first, second, third, fourth = check.send(GET, GET, GET, GET)
    check.expect(first, status(200))
    check.expect(second, within())
    check.expect(third, within("5s"), within("300ms"))
    check.expect(third, status(200))
    check.expect(fourth, within(first_byte="5s"))
    journal = check.journal(Verdict.PASSED)

    ms = timedelta(milliseconds=1)
    assert journal is not None
    assert [run.budget for run in journal.runs] == [None, 800 * ms, 300 * ms, None]
    assert journal.budget == 800 * ms


def test_what_is_not_as_expected_is_said_and_kept(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(answers(answer(b'{"id": 1}'))).url))

    (found,) = check.send(GET)
    said = check.expect(found, status(201), value("$.id", 2))
    journal = check.journal(Verdict.FAILED, said)

    assert said.startswith("GET /api/leads as acme: expected status 201, last seen: 200 OK")
    assert journal is not None
    assert journal.reason == said
    assert [one.met for one in journal.expectations] == [False, None]


def test_a_journal_that_claims_too_much_is_corrected(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(answers(answer())).url))

    (found,) = check.send(GET)
    nothing_expected = check.journal(Verdict.PASSED)
    check.expect(found, status(201))
    unmet = check.journal(Verdict.PASSED)

    assert nothing_expected is not None
    assert nothing_expected.verdict is Verdict.BROKEN
    assert "nothing is expected of GET /api/leads as acme" in nothing_expected.reason
    assert unmet is not None
    assert unmet.verdict is Verdict.FAILED


def test_a_check_that_sent_nothing_has_no_journal(probing: Probing) -> None:
    assert check_of(probing("http://127.0.0.1:1")).journal(Verdict.PASSED) is None


def test_a_request_of_which_nothing_is_expected_is_named(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(answers(answer())).url))

    first, _ = check.send(GET, Request(method="GET", path="/forgotten"))
    check.expect(first, status(200))

    assert check.unjudged().startswith("nothing is expected of GET /forgotten: ")


def test_to_expect_nothing_is_refused(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(answers(answer())).url))

    (found,) = check.send(GET)

    with pytest.raises(Broken, match=r"nothing is expected of GET /api/leads as acme.*status\(200\)"):
        check.expect(found)


def test_a_tenant_logs_in_once_and_its_token_is_sent(serve: Serve, probing: Probing) -> None:
    sessions = login_with("p4ss")
    prober = probing(serve(logging_in).url)

    first, second = check_of(prober, sessions), check_of(prober, sessions)
    assert first.sign_in("acme", "globex", "acme", "") == ""
    assert second.sign_in("acme") == ""
    (mine,) = first.send(GET)
    (nobodys,) = first.send(Request(method="GET", path="/"))

    assert mine.json() == {"by": "Bearer tok-acme"}
    assert nobodys.json() == {"by": ""}
    journal, untouched = first.journal(Verdict.PASSED), second.journal(Verdict.PASSED)
    assert journal is not None
    assert untouched is None
    assert [run.name for run in journal.runs[:2]] == ["login of acme", "login of globex"]
    assert [one.text for one in journal.expectations[:2]] == [
        "login of acme (POST /login): status 200 or 201",
        "login of acme (POST /login): a token at $.token",
    ]


def test_a_header_of_the_request_outranks_the_token(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(logging_in).url), login_with("p4ss"))
    check.sign_in("acme")

    (found,) = check.send(Request(method="GET", path="/", tenant="acme", headers={"authorization": "Mine"}))

    assert found.json() == {"by": ""}  # the server looks for the other spelling
    assert "Bearer" not in found.text


def test_a_login_that_is_refused_says_so_without_the_password(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(logging_in).url), login_with("p4ssw0rd"))

    said = check.sign_in("acme")

    assert said.startswith(
        'login of acme (POST /login): expected status 200 or 201, last seen: 401 Unauthorized: {"detail": "wrong ***"}'
    )
    assert "p4ss" not in said + repr(check.journal(Verdict.FAILED, said))


@pytest.mark.parametrize("body", [b'{"tokens": "tok-1"}', b'{"token": ""}', b'{"token": 7}', b"tok-1", b'"tok-1"'])
def test_an_answer_without_a_token_is_not_shown(serve: Serve, probing: Probing, body: bytes) -> None:
    check = check_of(probing(serve(answers(answer(body))).url), login_with("p4ss"))

    said = check.sign_in("acme")

    assert "expected a token at $.token, last seen: 200 without one" in said
    assert "tok-1" not in said


@pytest.mark.parametrize("status", ["202 Accepted", "206 Partial Content"])
def test_a_login_with_another_2xx_is_refused_and_its_body_not_shown(
    serve: Serve, probing: Probing, status: str
) -> None:
    check = check_of(probing(serve(answers(answer(b'{"token": "tok-acme"}', status=status))).url), login_with("p4ss"))

    said = check.sign_in("acme")

    assert f"expected status 200 or 201, last seen: {status[:3]}" in said
    assert "tok-acme" not in said + repr(check.journal(Verdict.FAILED))


def test_a_text_of_the_test_is_freed_of_what_was_sent_and_of_tokens(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(logging_in).url), login_with("p4ss"))

    check.sign_in("acme")

    assert check.without_secrets("p4ss gives tok-acme, not tok") == "*** gives ***, not tok"


def test_a_login_that_failed_is_tried_again(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer(b"", status="503 Service Unavailable")))
    check = check_of(probing(server.url), login_with("p4ss"))

    assert check.sign_in("acme")
    assert check.sign_in("acme")
    assert len(server.links) == 2


def test_a_token_may_stand_elsewhere_and_go_elsewhere(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer(b'{"session": {"key": "k-1"}}')))
    sessions = login_with("p4ss", token="$.session.key", header="X-Api-Key", scheme="")
    check = check_of(probing(server.url), sessions)

    assert check.sign_in("acme") == ""
    check.send(GET)

    assert b"\r\nX-Api-Key: k-1\r\n" in server.links[-1].received


def test_without_a_login_a_tenant_is_only_a_name(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer()))
    check = check_of(probing(server.url))

    assert check.sign_in("acme") == ""
    (found,) = check.send(GET)

    assert b"Authorization" not in server.links[0].received
    assert found.run().tenant == "acme"


def test_a_token_that_the_platform_sends_back_is_not_shown(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(logging_in).url), login_with("p4ss"))
    check.sign_in("acme")

    (found,) = check.send(GET)
    said = check.expect(found, status(201))

    assert '200 OK: {"by": "***"}' in said
    assert "tok-acme" not in said + repr(check.journal(Verdict.FAILED, said)) + repr(found)
