"""Who gets a token, how long it is used, and that it is gotten anew."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.probes.conftest import Link, Server, answer
from tests.probes.test_check import check_of

from alertproof.clock import VirtualClock
from alertproof.probes import ClientCredentials, Login, Prober, Request, Sessions
from alertproof.redact import Secret

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
SECRET = "s3cr3t:with/signs"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
ME = Request(method="GET", path="/me", tenant="acme")


class Issuer:
    """Gives tokens one after the other, and says at any other path which token was shown."""

    def __init__(self, **more: Any) -> None:
        self.asked: list[dict[str, str]] = []
        self.more = {"token_type": "Bearer", **more}
        self.valid: set[str] = set()

    def __call__(self, link: Link) -> None:
        while request := link.request():
            head, _, body = request.decode().partition("\r\n\r\n")
            shown = head.partition("Authorization: ")[2].partition("\r\n")[0]
            if head.startswith("POST /token"):
                form = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
                self._give(link, form, shown)
            elif shown.removeprefix("Bearer ") in self.valid:
                link.send(answer(json.dumps({"by": shown}).encode()))
            else:
                link.send(answer(b"{}", status="401 Unauthorized"))

    def _give(self, link: Link, form: dict[str, str], shown: str) -> None:
        known = b64decode(shown.removeprefix("Basic ")).decode() if shown else ""
        self.asked.append(form | {"basic": known})
        if known == "acme-probe:s3cr3t%3Awith%2Fsigns" or form.get("client_secret") == SECRET:
            token = f"tok-{len(self.asked)}-abcdef"
            self.valid = {token}
            link.send(answer(json.dumps({"access_token": token, **self.more}).encode()))
        else:
            said = {"error": "invalid_client", "error_description": f"{form.get('client_secret')} is wrong"}
            link.send(answer(json.dumps(said).encode(), status="401 Unauthorized"))


def credentials(secret: str = SECRET, **fields: Any) -> ClientCredentials:
    return ClientCredentials(path="/token", client=lambda tenant: (f"{tenant}-probe", Secret(secret)), **fields)


@pytest.mark.parametrize("post", [False, True])
def test_a_token_is_asked_for_once_and_sent_along(serve: Serve, probing: Probing, post: bool) -> None:
    issuer = Issuer(expires_in=3600)
    check = check_of(
        probing(serve(issuer).url),
        Sessions(credentials(post=post, scope="leads:read", audience="https://m3core.example")),
    )

    assert check.sign_in("acme") == ""
    assert check.sign_in("acme") == ""
    (found,) = check.send(ME)

    assert found.json() == {"by": "Bearer tok-1-abcdef"}
    asked = {"grant_type": "client_credentials", "scope": "leads:read", "audience": "https://m3core.example"}
    own = {"client_id": "acme-probe", "client_secret": SECRET, "basic": ""}
    assert issuer.asked == [asked | (own if post else {"basic": "acme-probe:s3cr3t%3Awith%2Fsigns"})]
    assert "tok-1-abcdef" not in check.without_secrets("tok-1-abcdef")


def test_a_secret_that_is_refused_is_said_and_not_shown(serve: Serve, probing: Probing) -> None:
    check = check_of(probing(serve(Issuer()).url), Sessions(credentials("wrong-one-123", post=True)))

    said = check.sign_in("acme")

    assert said.startswith("token of acme (POST /token): expected status 200 or 201, last seen: 401 Unauthorized")
    assert "invalid_client" in said
    assert "wrong-one-123" not in said


@pytest.mark.parametrize(
    ("more", "after", "times"),
    [
        ({"expires_in": 100}, 89, 1),
        ({"expires_in": 100}, 90, 2),  # it must not end on its way: ten seconds are spared
        ({"expires_in": 4}, 1, 1),
        ({"expires_in": 4}, 2, 2),  # of a short life half of it
        ({}, 10**6, 1),
        ({"expires_in": "100"}, 10**6, 1),
        ({"expires_in": True}, 10**6, 1),
        ({"expires_in": -5}, 10**6, 1),
    ],
)
def test_a_token_is_used_until_shortly_before_its_end(
    serve: Serve, probing: Probing, more: dict[str, Any], after: int, times: int
) -> None:
    issuer, clock = Issuer(**more), VirtualClock(NOW)
    check = check_of(probing(serve(issuer).url), Sessions(credentials(), clock=clock))

    check.sign_in("acme")
    clock.advance(timedelta(seconds=after))
    check.sign_in("acme")

    assert len(issuer.asked) == times
    (found,) = check.send(ME)
    assert found.json() == {"by": f"Bearer tok-{times}-abcdef"}


def test_a_token_that_the_platform_refuses_is_asked_for_anew_by_who_needs_it_next(
    serve: Serve, probing: Probing
) -> None:
    issuer = Issuer(expires_in=3600)
    check = check_of(probing(serve(issuer).url), Sessions(credentials()))
    check.sign_in("acme")
    issuer.valid.clear()

    (refused,) = check.send(ME)
    check.sign_in("acme")
    (found,) = check.send(ME)

    # Not sent anew by itself: a platform that forgets its tokens is not hidden by it.
    assert [refused.status, found.status] == [401, 200]
    assert len(issuer.asked) == 2
    for token in ("tok-1-abcdef", "tok-2-abcdef"):
        assert token not in check.without_secrets(f"{token} was shown")


def test_an_own_header_that_is_refused_says_nothing_of_the_token(serve: Serve, probing: Probing) -> None:
    issuer = Issuer()
    check = check_of(probing(serve(issuer).url), Sessions(credentials()))
    check.sign_in("acme")

    check.send(Request(method="GET", path="/me", tenant="acme", headers={"Authorization": Secret("Bearer other")}))
    check.sign_in("acme")

    assert len(issuer.asked) == 1


def test_tokens_may_come_from_another_server(serve: Serve, probing: Probing) -> None:
    issuer = Issuer()
    there, here = serve(issuer), serve(issuer)
    check = check_of(probing(here.url), Sessions(credentials(origin=there.url)))

    assert check.sign_in("acme") == ""
    (found,) = check.send(ME)

    assert found.status == 200
    assert [b"POST /token" in link.received for link in there.links] == [True]
    assert [b"GET /me" in link.received for link in here.links] == [True]


def test_a_login_may_know_how_long_its_token_lives(serve: Serve, probing: Probing) -> None:
    logins: list[bytes] = []

    def script(link: Link) -> None:
        logins.append(link.request())
        link.send(answer(b'{"session": {"key": "k-1", "seconds": 60}}'))

    clock = VirtualClock(NOW)
    login = Login(path="/login", body=lambda _: {}, token="$.session.key", expires_in="$.session.seconds")
    check = check_of(probing(serve(script).url), Sessions(login, clock=clock))

    for seconds in (0, 49, 1):
        clock.advance(timedelta(seconds=seconds))
        check.sign_in("acme")

    assert len(logins) == 2


def test_no_token_of_the_platform_is_sent_to_another_server(serve: Serve, probing: Probing) -> None:
    there, here = serve(Issuer()), serve(Issuer())
    check = check_of(probing(here.url), Sessions(credentials()))
    check.sign_in("acme")

    (found,) = check.send(Request(method="GET", path="/me", tenant="acme", origin=there.url))

    assert found.status == 401
    assert b"Authorization" not in there.links[0].received
    assert check.sign_in("acme") == ""
    assert len(here.links) == 1  # and that it was refused there says nothing of the token
