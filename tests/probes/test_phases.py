"""Each phase of a request's time, against a server that delays on purpose and notes what it really did."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from tests.probes.conftest import Link, Server, answer

from alertproof.probes import Answer, Limits, Prober, Request

Serve = Callable[..., Server]
Probing = Callable[..., Prober]

HEADERS = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
DELAY = 0.12
#: A request and the phase as the server saw it: what the client measured must come as near as this.
Measured = tuple[timedelta, timedelta]


def near(measure: Callable[[], Measured]) -> None:
    """Measure up to five times: each must be within 5 ms or 5 %, but a busy machine may come between a few times."""
    seen = []
    for _ in range(5):
        try:
            client, server = measure()
        except AssertionError as error:  # what else must hold of a measurement
            seen.append(str(error))
            continue
        assert server >= timedelta(seconds=DELAY), "the server did not delay"
        if abs(client - server) <= max(timedelta(milliseconds=5), 0.05 * server):
            return
        seen.append(f"client {client}, server {server}")
    pytest.fail("; ".join(seen))


def took(phase: timedelta | None) -> timedelta:
    assert phase is not None, "the phase was not measured"
    return phase


def get(prober: Prober) -> Answer:
    found = prober.send(Request(method="GET", path="/"))
    assert found.trouble is None, found.detail
    return found


def test_the_time_to_the_first_byte(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        link.request()
        link.wait(DELAY)
        link.send(answer(), mark="first")

    def measure() -> Measured:
        server = serve(script)
        found = get(probing(server.url))
        return took(found.phases.first_byte), server.links[0].between("asked", "first")

    near(measure)


def test_the_transfer_from_first_byte_to_last(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(HEADERS, mark="first")
        link.wait(DELAY)
        link.send(b"ab")
        link.wait(DELAY / 2)
        link.send(b"cd", mark="last")

    def measure() -> Measured:
        server = serve(script)
        found = get(probing(server.url))
        assert took(found.phases.first_byte) < timedelta(seconds=DELAY)
        return took(found.phases.transfer), server.links[0].between("first", "last")

    near(measure)


def test_the_first_byte_is_not_the_end_of_the_headers(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(HEADERS[:20], mark="first")
        link.wait(DELAY)
        link.send(HEADERS[20:] + b"abcd", mark="last")

    def measure() -> Measured:
        server = serve(script)
        found = get(probing(server.url))
        assert took(found.phases.first_byte) < timedelta(seconds=DELAY)
        return took(found.phases.transfer), server.links[0].between("first", "last")

    near(measure)


def test_the_end_of_a_body_that_only_the_close_of_the_connection_ends(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcd", mark="first")
        link.wait(DELAY)
        link.mark("last")
        link.close()

    def measure() -> Measured:
        server = serve(script)
        found = get(probing(server.url))
        assert found.body == b"abcd"
        return took(found.phases.transfer), server.links[0].between("first", "last")

    near(measure)


def test_the_tls_handshake(serve: Serve, probing: Probing, secured: ssl.SSLContext, ca_file: str) -> None:
    def script(link: Link) -> None:
        link.wait(DELAY)
        link.handshake()
        link.request()
        link.send(answer())

    def measure() -> Measured:
        server = serve(script, context=secured)
        found = get(probing(server.url, ca_file=ca_file))
        assert took(found.phases.connect) < timedelta(seconds=DELAY)
        return took(found.phases.tls), server.links[0].between("accepted", "secured")

    near(measure)


def test_the_look_up_of_the_name(serve: Serve, probing: Probing) -> None:
    looked: list[timedelta] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        assert host == "platform.example"
        began = time.monotonic()
        time.sleep(DELAY)
        looked.append(timedelta(seconds=time.monotonic() - began))
        return ["127.0.0.1"]

    server = serve(_answering)

    def measure() -> Measured:
        found = get(probing(f"http://platform.example:{server.port}", resolve=resolve))
        assert took(found.phases.connect) < timedelta(seconds=DELAY)
        return took(found.phases.dns), looked[-1]

    near(measure)


def test_the_connect_counts_the_addresses_that_did_not_take_it(serve: Serve, probing: Probing, deaf: int) -> None:
    serve(_answering, port=deaf)

    def measure() -> Measured:
        # Two addresses share the limit: the first, which never answers, gets half of it.
        limits = Limits(connect=timedelta(seconds=2 * DELAY))
        prober = probing(
            f"http://platform.example:{deaf}", limits=limits, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]
        )
        found = get(prober)
        assert found.peer == f"127.0.0.1:{deaf}"
        return took(found.phases.connect), timedelta(seconds=DELAY)

    near(measure)


def test_all_phases_of_one_request_and_their_sum(
    serve: Serve, probing: Probing, secured: ssl.SSLContext, ca_file: str
) -> None:
    def script(link: Link) -> None:
        link.handshake()
        link.request()
        link.wait(DELAY)
        link.send(HEADERS)
        link.wait(DELAY)
        link.send(b"abcd")

    server = serve(script, context=secured)

    found = get(probing(f"https://localhost:{server.port}", ca_file=ca_file, resolve=lambda *_: ["127.0.0.1"]))

    phases = found.phases
    parts = [phases.dns, phases.connect, phases.tls, phases.first_byte, phases.transfer]
    assert all(part is not None and part > timedelta(0) for part in parts)
    assert timedelta(seconds=2 * DELAY) < sum(map(took, parts), timedelta(0)) <= found.total


def test_an_address_is_not_looked_up_and_plain_http_has_no_tls(serve: Serve, probing: Probing) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"looked up {host}")

    found = get(probing(serve(_answering).url, resolve=resolve))

    assert found.phases.dns is None
    assert found.phases.tls is None


def test_a_kept_connection_has_no_phases_of_opening(serve: Serve, probing: Probing) -> None:
    prober = probing(serve(_answering).url)
    request = Request(method="GET", path="/", keep=True)

    first, second = prober.send(request), prober.send(request)

    assert (first.connection, second.connection) == ("cold", "warm")
    assert first.phases.connect is not None
    assert (second.phases.dns, second.phases.connect, second.phases.tls) == (None, None, None)
    assert took(second.phases.first_byte) + took(second.phases.transfer) <= second.total


def test_what_ended_early_lacks_the_phases_after_its_end(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(HEADERS)
        link.close()

    found = probing(serve(script).url).send(Request(method="GET", path="/"))

    assert found.phases.first_byte is not None
    assert found.phases.transfer is None


def _answering(link: Link) -> None:
    while link.request():
        link.send(answer())
