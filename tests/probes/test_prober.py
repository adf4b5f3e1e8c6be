"""What goes over the wire, what comes back, and how many at once."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.probes.conftest import Link, Server, answer, answers

from alertproof.errors import ConfigError
from alertproof.probes import Limits, Prober, Request
from alertproof.probes.transport import resolve_by_system, trust
from alertproof.redact import Secret

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
GET = Request(method="GET", path="/")


def lines(link: Link) -> list[str]:
    return link.received.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_the_request_line_has_the_path_with_its_query(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer()))

    probing(server.url).send(Request(method="GET", path="/api/leads", params={"q": "ä b&c", "limit": 5}))

    assert lines(server.links[0])[0] == "GET /api/leads?q=%C3%A4+b%26c&limit=5 HTTP/1.1"


def test_a_path_goes_on_from_that_of_the_address(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer()))

    probing(f"{server.url}/crm/").send(Request(method="GET", path="/api/leads?limit=5"))

    assert lines(server.links[0])[0] == "GET /crm/api/leads?limit=5 HTTP/1.1"


def test_a_name_is_looked_up_once_and_still_sent_as_the_host(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer()))
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(f"{host}:{port}")
        return ["127.0.0.1"]

    probing(f"http://platform.example:{server.port}", resolve=resolve).send(GET)

    assert asked == [f"platform.example:{server.port}"]
    assert f"Host: platform.example:{server.port}" in lines(server.links[0])


def test_secrets_are_revealed_on_the_wire_and_nowhere_else(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer()))
    request = Request(
        method="POST",
        path="/login",
        headers={"Authorization": Secret("Bearer tok-123")},
        json={"who": "ada", "password": Secret("p4ss"), "more": [Secret("m0re")]},
    )

    found = probing(server.url).send(request)

    assert "Authorization: Bearer tok-123" in lines(server.links[0])
    assert server.links[0].received.endswith(b'{"who":"ada","password":"p4ss","more":["m0re"]}')
    shown = f"{request!r} {request} {found!r} {found.run()!r}"
    assert not [secret for secret in ("tok-123", "p4ss", "m0re") if secret in shown]


def test_the_answer_has_status_headers_body_and_instant(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer(b'{"a": 1}', "X-Correlation-Id: from-the-platform", status="201 Created")))
    before = datetime.now(UTC)

    found = probing(server.url).send(GET)

    assert found.status == 201
    assert found.json() == {"a": 1}
    assert found.headers["content-type"] == "application/json"
    assert found.correlation_id == "from-the-platform"
    assert before <= found.at <= datetime.now(UTC)
    assert found.peer == f"127.0.0.1:{server.port}"


def test_a_request_brings_a_correlation_id_that_is_known_without_an_answer(serve: Serve, probing: Probing) -> None:
    server = serve(lambda link: link.request())

    first, second = (probing(server.url).send(GET) for _ in range(2))

    assert f"X-Correlation-Id: {first.correlation_id}" in lines(server.links[0])
    assert first.correlation_id != second.correlation_id


def test_a_redirect_is_an_answer(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer(b"", "Location: /elsewhere", status="302 Found")))

    found = probing(server.url).send(GET)

    assert (found.status, found.headers["location"]) == (302, "/elsewhere")
    assert len(server.links) == 1


def test_no_cookie_of_an_answer_is_sent_again(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer(b"", "Set-Cookie: session=acme; Path=/")))
    prober = probing(server.url)

    for _ in range(2):
        prober.send(GET)

    assert not [line for link in server.links for line in lines(link) if line.lower().startswith("cookie:")]


def test_no_proxy_of_the_environment_is_used(serve: Serve, probing: Probing, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert probing(serve(answers(answer())).url).send(GET).status == 200


@pytest.mark.parametrize(
    "data",
    [
        answer(gzip.compress(b"0" * 5000), "Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
        % (len(gzip.compress(b"0" * 5000)), gzip.compress(b"0" * 5000)),
    ],
    ids=["length", "chunked"],
)
def test_a_packed_body_is_unpacked_and_its_size_is_that_on_the_wire(
    serve: Serve, probing: Probing, data: bytes
) -> None:
    found = probing(serve(answers(data)).url).send(GET)

    assert found.body == b"0" * 5000
    assert found.size == len(gzip.compress(b"0" * 5000))


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_an_answer_without_a_body_has_a_transfer_of_no_time(serve: Serve, probing: Probing, method: str) -> None:
    data = b"HTTP/1.1 204 No Content\r\n\r\n" if method == "GET" else b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"

    found = probing(serve(answers(data)).url).send(Request(method=method, path="/"))

    assert found.trouble is None
    assert found.phases.transfer == timedelta(0)
    assert found.size == 0


def test_each_request_opens_a_connection_unless_it_keeps_it(serve: Serve, probing: Probing) -> None:
    server = serve(answers(answer()))
    prober = probing(server.url)

    cold = [prober.send(GET).connection for _ in range(3)]
    kept = [prober.send(Request(method="GET", path="/", keep=True)).connection for _ in range(3)]

    assert cold == ["cold", "cold", "cold"]
    assert kept == ["cold", "warm", "warm"]
    assert len(server.links) == 4


def test_a_kept_connection_that_the_platform_closed_is_opened_anew_and_said_to_be_cold(
    serve: Serve, probing: Probing
) -> None:
    closed = threading.Event()

    def script(link: Link) -> None:
        link.request()
        link.send(answer())
        link.close()
        closed.set()

    prober = probing(serve(script).url)
    request = Request(method="GET", path="/", keep=True)

    first = prober.send(request)
    assert closed.wait(5)
    second = prober.send(request)

    assert (first.connection, second.connection) == ("cold", "cold")
    assert second.status == 200


def test_requests_that_are_sent_at_once_are_bounded_and_answered_in_order(serve: Serve, probing: Probing) -> None:
    together = threading.Barrier(3, timeout=10)
    lock = threading.Lock()
    now, most = 0, 0

    def script(link: Link) -> None:
        nonlocal now, most
        path = link.request().split()[1]
        with lock:
            now += 1
            most = max(most, now)
        together.wait()  # nobody is answered before three have asked
        with lock:
            now -= 1
        link.send(answer(b'"%s"' % path))

    prober = probing(serve(script).url, limits=Limits(at_once=3))
    paths = [f"/{number}" for number in range(12)]

    found = prober.send_all(Request(method="GET", path=path) for path in paths)

    assert [one.json() for one in found] == paths
    assert most == 3


def test_one_slow_answer_is_not_counted_to_another(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        if b"/slow" in link.request():
            link.wait(0.3)
        link.send(answer())

    prober = probing(serve(script).url)

    slow, quick = prober.send_all([Request(method="GET", path=path) for path in ("/slow", "/quick")])

    assert slow.total >= timedelta(seconds=0.3)
    assert quick.total < timedelta(seconds=0.3)


def test_no_requests_have_no_answers(probing: Probing) -> None:
    assert probing("http://127.0.0.1:1").send_all([]) == []


def test_tls_is_set_up_once_for_each_file_of_authorities(ca_file: str) -> None:
    assert trust(ca_file) is trust(ca_file)
    assert trust(ca_file) is not trust("")


def test_over_tls_the_name_is_checked_and_sent(
    serve: Serve, probing: Probing, secured: ssl.SSLContext, ca_file: str
) -> None:
    named: list[str | None] = []
    secured.sni_callback = lambda _socket, name, _context: named.append(name)

    def script(link: Link) -> None:
        link.handshake()
        link.request()
        link.send(answer())

    server = serve(script, context=secured)
    prober = probing(f"https://localhost:{server.port}", ca_file=ca_file, resolve=lambda *_: ["127.0.0.1"])

    assert prober.send(GET).status == 200
    assert named == ["localhost"]


def test_the_system_resolves_localhost_to_this_machine() -> None:
    found = resolve_by_system("localhost", 80)

    assert {*found} <= {"127.0.0.1", "::1"}
    assert len(found) == len({*found}) > 0


def test_the_system_says_what_it_cannot_resolve() -> None:
    with pytest.raises(socket.gaierror):
        resolve_by_system("platform.invalid", 80)


@pytest.mark.parametrize(
    "url", ["", "platform.example", "http://xn--", "ftp://platform.example", "http://", "http://a:b", "/api"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="not an address"):
        Prober(url)


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": {"X Broken": "a"}},
        {"headers": {"X-Ümlaut": "a"}},
        {"path": "/" + "a" * 70_000},
        {"json": {"password": Secret("p4ssw0rd"), "more": object()}},
        {"json": ["p4ssw0rd", float("nan")]},
        {"json": "half a pair: \ud800"},
    ],
    ids=["blank", "no-ascii", "long", "object", "nan", "surrogate"],
)
def test_a_request_that_cannot_be_sent_is_the_tests_mistake_and_shows_no_secret(
    serve: Serve, probing: Probing, fields: dict[str, Any]
) -> None:
    request = Request(**{"method": "GET", "path": "/"} | fields)

    with pytest.raises(ConfigError, match="the request cannot be sent: ") as raised:
        probing(serve(answers(answer())).url).send(request)

    assert "p4ssw0rd" not in str(raised.value)


@pytest.mark.parametrize("name", ["dns", "connect", "tls", "write", "read", "total"])
def test_a_limit_of_no_time_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Limits(**{name: timedelta(0)})  # type: ignore[arg-type]  # mypy takes the key for any field


@pytest.mark.parametrize("limits", [{"at_once": 0}, {"body": -1}])
def test_a_limit_that_lets_nothing_through_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"'at_once'.*'body'"):
        Limits(**limits)  # type: ignore[arg-type]  # as above
