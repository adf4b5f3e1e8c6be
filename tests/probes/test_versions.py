"""HTTP/2 beside 1.1, and the two families of addresses: what is asked for is what is measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from h2.connection import H2Connection
from tests.probes.broken.certificates import Certificates
from tests.probes.broken.secured import speak_http2, whole
from tests.probes.conftest import Link, Server, answer, answers

from alertproof.errors import ConfigError
from alertproof.probes import Prober, Request
from alertproof.probes.frames import Frames
from alertproof.probes.trouble import NoAnswer

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
DELAY = 0.15


@pytest.fixture
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates") / "ca.pem")


def test_what_was_spoken_is_said_and_http2_is_only_offered_when_asked_for(
    serve: Serve, probing: Probing, certificates: Certificates
) -> None:
    server = serve(partial(speak_http2, then=whole), context=certificates.of_server("good", http2=True))
    prober = probing(server.url, ca_file=str(certificates.ca_file))

    assert prober.send(Request(method="GET", path="/", http="2")).version == "HTTP/2"
    assert prober.send(Request(method="GET", path="/")).version != "HTTP/2"


def test_a_server_that_knows_only_the_old_version_is_answered_in_it(
    serve: Serve, probing: Probing, certificates: Certificates
) -> None:
    def script(link: Link) -> None:
        link.handshake()
        link.request()
        link.send(answer())

    server = serve(script, context=certificates.of_server("good", http2=False))

    found = probing(server.url, ca_file=str(certificates.ca_file)).send(Request(method="GET", path="/", http="2"))

    assert (found.status, found.version, found.run().version) == (200, "HTTP/1.1", "HTTP/1.1")


def test_the_first_byte_over_http2_is_that_of_the_answer_and_not_of_the_connection(
    serve: Serve, probing: Probing, certificates: Certificates
) -> None:
    def slow(state: H2Connection, stream: int, link: Link) -> None:
        link.wait(DELAY)  # its settings went out long before
        whole(state, stream)

    def script(link: Link) -> None:
        speak_http2(link, partial(slow, link=link))

    server = serve(script, context=certificates.of_server("good", http2=True))

    found = probing(server.url, ca_file=str(certificates.ca_file)).send(Request(method="GET", path="/", http="2"))

    assert found.phases.first_byte is not None
    assert found.phases.transfer is not None
    assert found.phases.first_byte >= timedelta(seconds=DELAY)
    assert found.phases.transfer < found.phases.first_byte


def test_a_kept_connection_of_http2_is_used_by_one_request_at_a_time(
    serve: Serve, probing: Probing, certificates: Certificates
) -> None:
    server = serve(partial(speak_http2, then=whole), context=certificates.of_server("good", http2=True))
    prober = probing(server.url, ca_file=str(certificates.ca_file))

    found = prober.send_all([Request(method="GET", path="/", http="2", keep=True)] * 6)

    assert [one.connection for one in found].count("cold") == 1
    assert {one.status for one in found} == {200}
    assert len(server.links) == 1


@pytest.mark.parametrize(("family", "peer"), [("ipv4", "127.0.0.1"), ("ipv6", "[::1]")])
def test_the_family_that_is_asked_for_is_connected_to(serve: Serve, probing: Probing, family: str, peer: str) -> None:
    server = serve(answers(answer()))
    six = serve(answers(answer()), address="::1", port=server.port)
    prober = probing(f"http://platform.example:{six.port}", resolve=lambda *_: ["127.0.0.1", "::1"])

    found = prober.send(Request(method="GET", path="/", family=family))  # type: ignore[arg-type]

    assert (found.status, found.peer) == (200, f"{peer}:{six.port}")


def test_a_version_or_a_family_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match="http is '1.1' or '2'"):
        Request(method="GET", path="/", http="3")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="family 'ipv4' or 'ipv6'"):
        Request(method="GET", path="/", family="ip4")  # type: ignore[arg-type]


def test_frames_are_read_wherever_the_network_cuts_them() -> None:
    settings, headers = b"\0\0\6\4\0\0\0\0\0abcdef", b"\0\0\3\1\4\0\0\0\1xyz"

    for size in range(1, 30):
        frames = Frames()
        data = settings + headers
        seen = [frames.answer(data[at : at + size]) for at in range(0, len(data), size)]
        assert seen.count(True) == 1
        assert seen.index(True) == (len(settings) + 8) // size


def test_what_does_not_begin_with_settings_is_no_http2() -> None:
    with pytest.raises(NoAnswer, match="it begins with 'HTTP/1.1 '"):
        Frames().answer(b"HTTP/1.1 200 OK")
