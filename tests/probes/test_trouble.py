"""What keeps an answer away has a name of its own, and says where and when it happened."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from tests.probes.conftest import Link, Server, answer, answers

from alertproof.probes import Answer, Limits, Prober, Request, Trouble

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
GET = Request(method="GET", path="/")
SOON = timedelta(milliseconds=100)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def lost(found: Answer, trouble: Trouble, *words: str) -> None:
    """Check that the answer did not come, for this reason, in these words."""
    assert (found.trouble, found.status) == (trouble, 0), found.detail
    for word in words:
        assert word in found.detail
    assert found.run().trouble == trouble.value


def test_a_name_without_an_address(probing: Probing) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    found = probing("http://platform.example", resolve=resolve).send(GET)

    lost(found, Trouble.DNS, "platform.example", "Name or service not known")
    assert found.phases.dns is None


@pytest.mark.parametrize("host", ["a..example", f"{'a' * 64}.example"], ids=["an-empty-part", "a-part-too-long"])
def test_a_name_that_is_none(probing: Probing, host: str) -> None:
    found = probing(f"http://{host}").send(GET)

    lost(found, Trouble.DNS, f"{host} has no address: it is no name: ")
    assert found.total < timedelta(seconds=4)  # it was not waited for


def test_a_resolver_that_finds_nothing(probing: Probing) -> None:
    lost(probing("http://platform.example", resolve=lambda *_: []).send(GET), Trouble.DNS, "has no address")


def test_a_resolver_that_hangs(probing: Probing, serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()

    blocked = serve(script)

    def resolve(host: str, port: int) -> Sequence[str]:
        with socket.create_connection(("127.0.0.1", blocked.port)) as connection:
            connection.recv(1)  # nothing comes before the server is closed, at the end of the test
        return []

    found = probing("http://platform.example", resolve=resolve, limits=Limits(dns=SOON)).send(GET)

    lost(found, Trouble.DNS_TIMEOUT, "no address of platform.example within 100 ms")
    assert found.total >= SOON


def test_a_port_where_nothing_listens(probing: Probing) -> None:
    port = free_port()

    lost(probing(f"http://127.0.0.1:{port}").send(GET), Trouble.REFUSED, f"nothing listens at 127.0.0.1:{port}")


def test_each_address_that_was_tried_is_named(probing: Probing) -> None:
    port = free_port()
    prober = probing(f"http://platform.example:{port}", resolve=lambda *_: ["::1", "127.0.0.1"])

    lost(prober.send(GET), Trouble.REFUSED, f"[::1]:{port}", f"127.0.0.1:{port}")


def test_the_next_address_is_tried_when_one_refuses(probing: Probing, serve: Serve) -> None:
    server = serve(answers(answer()))
    prober = probing(f"http://platform.example:{server.port}", resolve=lambda *_: ["127.0.0.3", "127.0.0.1"])

    assert prober.send(GET).peer == f"127.0.0.1:{server.port}"


def test_a_connection_that_is_never_taken(probing: Probing, deaf: int) -> None:
    found = probing(f"http://127.0.0.2:{deaf}", limits=Limits(connect=SOON)).send(GET)

    lost(found, Trouble.CONNECT_TIMEOUT, f"no connection to 127.0.0.2:{deaf} within 100 ms")


def test_a_certificate_of_another_host(
    probing: Probing, serve: Serve, secured_as_another: ssl.SSLContext, ca_file: str
) -> None:
    server = serve(_secure, context=secured_as_another)

    found = probing(f"https://localhost:{server.port}", ca_file=ca_file, resolve=_here).send(GET)

    lost(found, Trouble.WRONG_HOST, "certificate", "Hostname mismatch", "'localhost'")


def test_a_certificate_of_an_authority_that_nobody_trusts(
    probing: Probing, serve: Serve, secured: ssl.SSLContext
) -> None:
    lost(probing(serve(_secure, context=secured).url).send(GET), Trouble.NOT_TRUSTED, "certificate", "unable to get")


def test_a_server_that_does_not_speak_tls(probing: Probing, serve: Serve) -> None:
    def script(link: Link) -> None:
        link.send(b"220 mail.example ESMTP\r\n")

    server = serve(script)

    lost(probing(f"https://127.0.0.1:{server.port}").send(GET), Trouble.TLS, "no TLS with 127.0.0.1")


def test_a_connection_that_is_closed_during_the_handshake(probing: Probing, serve: Serve) -> None:
    def script(link: Link) -> None:
        link.half_close()
        link.request()

    server = serve(script)

    lost(probing(f"https://127.0.0.1:{server.port}").send(GET), Trouble.TLS, "closed", "handshake")


def test_a_handshake_that_hangs(probing: Probing, serve: Serve) -> None:
    server = serve(_silent)

    found = probing(f"https://127.0.0.1:{server.port}", limits=Limits(tls=SOON)).send(GET)

    lost(found, Trouble.TLS_TIMEOUT, f"no TLS with 127.0.0.1:{server.port} within 100 ms")


def test_a_server_that_never_answers(probing: Probing, serve: Serve) -> None:
    found = probing(serve(_silent).url, limits=Limits(read=SOON)).send(GET)

    lost(found, Trouble.READ_TIMEOUT, "no first byte within 100 ms")


def test_a_server_that_stops_in_the_middle(probing: Probing, serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(answer(b"abcdef")[:-2])
        link.request()

    found = probing(serve(script).url, limits=Limits(read=timedelta(seconds=1))).send(GET)

    lost(found, Trouble.READ_TIMEOUT, "nothing more of the answer within 1.00 s", "status 200 and 4 bytes")
    assert found.size == 4


def test_a_server_that_trickles_is_ended_by_the_total(probing: Probing, serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        for byte in answer(b"x" * 1000):
            link.send(bytes([byte]))
            link.wait(0.01)

    found = probing(serve(script).url, limits=Limits(total=SOON)).send(GET)

    lost(found, Trouble.TOTAL_TIMEOUT, "not done within 100 ms")
    assert found.total < timedelta(seconds=5)


def test_a_server_that_does_not_read(probing: Probing, serve: Serve) -> None:
    seen = threading.Event()

    def script(link: Link) -> None:
        seen.wait(30)

    request = Request(method="POST", path="/", json="x" * 16_000_000)

    found = probing(serve(script).url, limits=Limits(write=SOON)).send(request)
    seen.set()

    lost(found, Trouble.WRITE_TIMEOUT, "the request was not taken within 100 ms")


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nConte", answer(b"abcdef")[:-2]], ids=["0", "head", "body"])
def test_a_connection_that_is_reset(probing: Probing, serve: Serve, sent: bytes) -> None:
    def script(link: Link) -> None:
        link.request()
        if sent:
            link.send(sent)
            link.wait(0.05)  # a reset takes away what was not read yet
        link.reset()

    lost(probing(serve(script).url).send(GET), Trouble.RESET, "reset the connection")


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nConte", answer(b"abcdef")[:-2]], ids=["0", "head", "body"])
@pytest.mark.parametrize("half", [False, True], ids=["closed", "half-closed"])
def test_a_connection_that_is_closed_too_early(probing: Probing, serve: Serve, sent: bytes, half: bool) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(sent)
        if half:
            link.half_close()
            link.request()

    lost(probing(serve(script).url).send(GET), Trouble.CLOSED, "closed before the answer was whole")


def test_a_half_closed_connection_does_not_hurt_an_answer_that_is_whole(probing: Probing, serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(answer(b"abc"))
        link.half_close()
        link.request()

    found = probing(serve(script).url).send(GET)

    assert (found.status, found.body) == (200, b"abc")


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    ],
    ids=["ssh", "no-status", "two-lengths", "no-chunk", "no-gzip"],
)
def test_an_answer_that_is_not_http(probing: Probing, serve: Serve, data: bytes) -> None:
    found = probing(serve(answers(data)).url).send(GET)

    lost(found, Trouble.MALFORMED)
    assert "bytearray" not in found.detail


def test_a_body_as_large_as_allowed_and_one_byte_more(probing: Probing, serve: Serve) -> None:
    server = serve(answers(answer(b"x" * 1000)))

    assert len(probing(server.url, limits=Limits(body=1000)).send(GET).body) == 1000
    found = probing(server.url, limits=Limits(body=999)).send(GET)

    lost(found, Trouble.TOO_LARGE, "larger than 999 bytes")


def test_a_body_that_grows_when_it_is_decoded_is_bounded_too(probing: Probing, serve: Serve) -> None:
    packed = gzip.compress(b"0" * 100_000)
    server = serve(answers(answer(packed, "Content-Encoding: gzip")))

    found = probing(server.url, limits=Limits(body=50_000)).send(GET)

    assert len(packed) < 50_000
    lost(found, Trouble.TOO_LARGE)


def test_headers_without_end(probing: Probing, serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            link.send(b"X-More: " + b"x" * 10_000 + b"\r\n")

    lost(probing(serve(script).url).send(GET), Trouble.MALFORMED)


def _secure(link: Link) -> None:
    link.handshake()
    link.request()
    link.send(answer())


def _silent(link: Link) -> None:
    while link.request():
        pass


def _here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]
