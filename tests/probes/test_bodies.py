"""What is sent besides JSON, and what one step gives to the next."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.probes.conftest import Link, Server, an_answer, answer
from tests.probes.test_check import check_of

from alertproof.errors import Broken, ConfigError
from alertproof.probes import File, Prober, Request, status, value
from alertproof.redact import Secret

Serve = Callable[..., Server]
Probing = Callable[..., Prober]


def test_what_one_step_gave_is_used_by_the_next(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        head = link.request().partition(b" HTTP/1.1")[0].decode()
        link.send(answer(json.dumps({"items": [{"id": 7}], "asked": head}).encode()))

    check = check_of(probing(serve(script).url))
    (listed,) = check.send(Request(method="GET", path="/leads"))
    (read,) = check.send(Request(method="GET", path=f"/leads/{listed.capture('$.items[0].id')}"))

    assert check.expect(read, status(200), value("$.asked", "GET /leads/7")) == ""


@pytest.mark.parametrize(
    ("body", "place"), [(b'{"id": 7}', "$.key"), (b"<html>", "$.id"), (b"[" * 300 + b"]" * 300, "$..id")]
)
def test_what_is_not_there_cannot_be_used(body: bytes, place: str) -> None:
    with pytest.raises(Broken, match="that could be used; expect it first"):
        an_answer(body).capture(place)


def test_a_form_and_files_are_sent_as_servers_read_them(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(answer())

    server = serve(script)
    prober = probing(server.url)

    prober.send(Request(method="POST", path="/a", form={"name": "Ann & Bo", "pin": Secret("12 34"), "n": 3}))
    leads = File(name="leads.csv", content=b"name\nAnn\n", type="text/csv")
    prober.send(Request(method="POST", path="/b", form={"kind": "leads"}, files={"file": leads}))

    form, parts = (link.received for link in server.links)
    assert b"Content-Type: application/x-www-form-urlencoded" in form
    assert form.endswith(b"\r\n\r\nname=Ann+%26+Bo&pin=12+34&n=3")
    assert b"Content-Type: multipart/form-data; boundary=" in parts
    assert b'Content-Disposition: form-data; name="kind"\r\n\r\nleads\r\n' in parts
    assert b'name="file"; filename="leads.csv"\r\nContent-Type: text/csv\r\n\r\nname\nAnn\n\r\n' in parts


def test_a_secret_of_a_form_is_hidden_and_entrusted() -> None:
    request = Request(method="POST", path="/a", form={"pin": Secret("12-34-56")})

    assert request.without_secrets("pin=12-34-56") == "pin=***"
    assert request.entrusts


def test_a_form_and_json_are_two_bodies() -> None:
    with pytest.raises(ConfigError, match="a request has one body"):
        Request(method="POST", path="/a", form={"a": 1}, json={"a": 1})
