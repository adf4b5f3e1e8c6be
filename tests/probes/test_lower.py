"""TCP, TLS and DNS, against real servers on loopback."""

from __future__ import annotations

import re
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from tests.probes.conftest import Link, Script, Server, answers
from tests.probes.conftest import answer as http_answer
from tests.probes.naming import Zone, name_server

from alertproof.errors import ConfigError
from alertproof.probes import (
    Answer,
    Dns,
    Expected,
    Limits,
    Prober,
    Request,
    Tcp,
    Tls,
    Trouble,
    body,
    certificate,
    complaint,
    judge,
    records,
    secured,
    size,
    status,
    timed,
    within,
)
from alertproof.redact import Secret

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
NOWHERE = "http://127.0.0.1:1"
SOON = timedelta(milliseconds=150)
HOUR = timedelta(hours=1)


def says(*parts: bytes, hears: bytes = b"", then: Callable[[Link], None] = Link.close) -> Script:
    """Wait for bytes, say something in parts, and do one thing more."""

    def script(link: Link) -> None:
        heard = b""
        while hears not in heard:
            heard += link.read()
        for part in parts:
            link.send(part)
        then(link)

    return script


def waits(link: Link) -> None:
    while link.read():
        pass


def _reset_later(link: Link) -> None:
    link.wait(0.05)  # else what was sent before goes with it
    link.reset()


def met(answer: Answer, expected: Expected) -> bool | None:
    (found,) = judge(answer, [expected])
    return found.met


# TCP


def test_an_open_port_is_enough(serve: Serve, probing: Probing) -> None:
    port = serve(waits).port
    found = probing(NOWHERE).send(Tcp(address=f"127.0.0.1:{port}"))

    assert (found.trouble, found.said, found.connection) == (None, "open", "cold")
    assert found.phases.connect is not None
    assert (found.phases.first_byte, found.phases.transfer) == (None, None)
    assert met(found, timed()) is True
    assert met(found, within("5s")) is True
    assert found.run().answer == "open"
    assert (found.run().method, found.run().path) == ("TCP", f"127.0.0.1:{port}")


def test_a_greeting_is_read_in_parts_until_it_is_whole(serve: Serve, probing: Probing) -> None:
    server = serve(says(b"220 mail.ex", b"ample\r\n", then=waits))

    found = probing(NOWHERE).send(Tcp(address=f"127.0.0.1:{server.port}", until=b"\r\n"))

    assert found.body == b"220 mail.example\r\n"
    assert met(found, timed()) is True
    assert met(found, body(b"220 mail.example\r\n")) is True
    assert met(found, size(18)) is True


def test_what_is_sent_is_answered(serve: Serve, probing: Probing) -> None:
    server = serve(says(b"+PONG\r\n", hears=b"PING\r\n", then=waits))

    found = probing(NOWHERE).send(Tcp(address=f"127.0.0.1:{server.port}", send=b"PING\r\n", until=b"\r\n"))

    assert found.said == "open, 7 bytes: +PONG"
    assert met(found, body("+PONG\r\n")) is True


def test_phases_are_those_of_the_server(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        link.read()
        link.wait(0.1)
        link.send(b"a")
        link.wait(0.15)
        link.send(b"b")
        link.read()

    found = probing(NOWHERE).send(Tcp(address=f"127.0.0.1:{serve(script).port}", send=b"?", until=b"b"))

    assert found.phases.first_byte is not None
    assert found.phases.transfer is not None
    assert found.phases.first_byte >= timedelta(milliseconds=99)
    assert found.phases.transfer >= timedelta(milliseconds=149)
    assert found.total >= timedelta(milliseconds=249)


@pytest.mark.parametrize(
    ("script", "until", "trouble", "said"),
    [
        (says(b"22", then=Link.close), b"\r\n", Trouble.CLOSED, "before all had come; before that came 2 bytes"),
        (says(b"22", then=_reset_later), b"\r\n", Trouble.RESET, "before that came 2 bytes"),
        (waits, 1, Trouble.READ_TIMEOUT, "no first byte within 150 ms"),
        (says(b"x" * 2000, then=waits), b"\r\n", Trouble.TOO_LARGE, "more than 1,000 bytes"),
    ],
)
def test_what_keeps_the_answer_away_has_a_name(
    serve: Serve, probing: Probing, *, script: Script, until: bytes | int, trouble: Trouble, said: str
) -> None:
    prober = probing(NOWHERE, limits=Limits(read=SOON, body=1_000))

    found = prober.send(Tcp(address=f"127.0.0.1:{serve(script).port}", until=until))

    assert found.trouble is trouble
    assert said in found.detail


def test_a_port_at_which_nothing_listens_is_refused(probing: Probing) -> None:
    found = probing(NOWHERE).send(Tcp(address="127.0.0.1:1"))

    assert (found.trouble, found.detail) == (Trouble.REFUSED, "nothing listens at 127.0.0.1:1")
    assert found.run().trouble == "refused"
    assert [one.met for one in judge(found, [body(b"")])] == [False, None]


def test_a_port_that_takes_no_connection_times_out(probing: Probing, deaf: int) -> None:
    found = probing(NOWHERE, limits=Limits(connect=SOON)).send(Tcp(address=f"127.0.0.2:{deaf}"))

    assert found.trouble is Trouble.CONNECT_TIMEOUT


def test_a_secret_that_is_sent_back_is_not_shown(serve: Serve, probing: Probing) -> None:
    server = serve(says(b"-ERR wrong AUTH hunter22\r\n", hears=b"\r\n", then=waits))
    ask = Tcp(address=f"127.0.0.1:{server.port}", send=Secret("AUTH hunter22\r\n"), until=b"\r\n")

    found = probing(NOWHERE).send(ask)

    for expected in (body(b"+OK\r\n"), body("+OK\r\n"), body(re.compile("^\\+OK"))):
        said = complaint(found, judge(found, [expected])) + repr(found.run())
        assert "expected a body" in said
        assert "-ERR wrong" in said
        assert "hunter22" not in said


# TLS


@pytest.fixture(scope="module")
def issue(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    def of(*names: str, by: trustme.CA = authority, **options: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by.issue_cert(*names, **options).configure_cert(context)
        return context

    return of


def shakes(link: Link) -> None:
    link.handshake()
    waits(link)


def test_a_certificate_that_holds(
    serve: Serve, probing: Probing, issue: Callable[..., ssl.SSLContext], ca_file: str
) -> None:
    server = serve(shakes, context=issue("127.0.0.1"))

    found = probing(NOWHERE, ca_file=ca_file).send(Tls(address=f"127.0.0.1:{server.port}"))

    assert found.trouble is None
    assert (found.tls, found.said) == ("TLSv1.3", f"TLSv1.3, {found.cipher}")
    assert found.cipher.startswith("TLS_")
    assert found.phases.tls is not None
    assert found.phases.connect is not None
    assert len(found.chain) >= 1
    for expected in (timed(), secured(), secured("TLSv1.3", cipher="^TLS_"), certificate(valid_for="1d")):
        assert met(found, expected) is True
    assert met(found, secured(cipher="RC4")) is False
    assert found.run().answer == found.said


def test_an_older_version_is_seen(
    serve: Serve, probing: Probing, issue: Callable[..., ssl.SSLContext], ca_file: str
) -> None:
    context = issue("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    found = probing(NOWHERE, ca_file=ca_file).send(Tls(address=f"127.0.0.1:{serve(shakes, context=context).port}"))

    assert [met(found, secured(least)) for least in ("TLSv1.1", "TLSv1.2", "TLSv1.3")] == [True, True, False]


@pytest.mark.parametrize(
    ("names", "ends", "trouble"),
    [
        (("127.0.0.1",), -HOUR, Trouble.EXPIRED),
        (("127.0.0.1",), HOUR, None),
        (("another.example",), HOUR, Trouble.WRONG_HOST),
    ],
)
def test_what_is_wrong_with_a_certificate_has_a_name(
    serve: Serve,
    probing: Probing,
    issue: Callable[..., ssl.SSLContext],
    ca_file: str,
    *,
    names: tuple[str, ...],
    ends: timedelta,
    trouble: Trouble | None,
) -> None:
    server = serve(shakes, context=issue(*names, not_after=datetime.now(UTC) + ends))

    assert probing(NOWHERE, ca_file=ca_file).send(Tls(address=f"127.0.0.1:{server.port}")).trouble is trouble


def test_an_authority_that_nobody_trusts(serve: Serve, probing: Probing, issue: Callable[..., ssl.SSLContext]) -> None:
    server = serve(shakes, context=issue("127.0.0.1", by=trustme.CA()))

    assert probing(NOWHERE).send(Tls(address=f"127.0.0.1:{server.port}")).trouble is Trouble.NOT_TRUSTED


def test_another_name_than_that_of_the_address_can_be_asked_for(
    serve: Serve, probing: Probing, issue: Callable[..., ssl.SSLContext], ca_file: str
) -> None:
    server = serve(shakes, context=issue("m3core.example"))
    prober = probing(NOWHERE, ca_file=ca_file)

    asked = prober.send(Tls(address=f"127.0.0.1:{server.port}", server_name="m3core.example"))
    bare = prober.send(Tls(address=f"127.0.0.1:{server.port}"))

    assert (asked.trouble, bare.trouble) == (None, Trouble.WRONG_HOST)


def test_a_port_that_speaks_no_tls(serve: Serve, probing: Probing) -> None:
    server = serve(says(b"220 mail.example ESMTP\r\n", then=waits))

    assert probing(NOWHERE).send(Tls(address=f"127.0.0.1:{server.port}")).trouble is Trouble.TLS


def test_a_handshake_that_is_not_answered_times_out(serve: Serve, probing: Probing) -> None:
    found = probing(NOWHERE, limits=Limits(tls=SOON)).send(Tls(address=f"127.0.0.1:{serve(waits).port}"))

    assert found.trouble is Trouble.TLS_TIMEOUT


def test_an_answer_over_https_knows_how_it_was_secured(
    serve: Serve, probing: Probing, issue: Callable[..., ssl.SSLContext], ca_file: str
) -> None:
    def script(link: Link) -> None:
        link.handshake()
        answers(http_answer())(link)

    server = serve(script, context=issue("127.0.0.1"))
    prober = probing(server.url, ca_file=ca_file)

    # The second over the connection of the first.
    cold, warm = (prober.send(Request(method="GET", path="/", keep=True)) for _ in range(2))
    assert [met(found, secured("TLSv1.3")) for found in (cold, warm)] == [True, True]
    assert warm.connection == "warm"


# DNS


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    zone: Zone = {
        ("m3core.example", "A"): ["m3core.example A 192.0.2.7", "m3core.example A 192.0.2.8"],
        ("m3core.example", "AAAA"): [],
        ("m3core.example", "MX"): ["m3core.example MX 10 mail.m3core.example."],
        ("m3core.example", "TXT"): ['m3core.example TXT "v=spf1 " "-all"'],
        ("m3core.example", "NS"): ["m3core.example NS ns.m3core.example."],
        ("www.m3core.example", "CNAME"): ["www.m3core.example CNAME m3core.example."],
        ("www.m3core.example", "A"): ["www.m3core.example CNAME m3core.example.", "m3core.example A 192.0.2.7"],
        ("many.example", "TXT"): [f'many.example TXT "{"x" * 200}{n}"' for n in range(20)],
        ("lame.example", "A"): "SERVFAIL",
        ("closed.example", "A"): "REFUSED",
        ("silent.example", "A"): "silent",
        ("garbage.example", "A"): b"\x00\x01 this is no answer",
    }
    with name_server(zone) as address:
        yield address


@pytest.mark.parametrize(
    ("host", "record", "found"),
    [
        ("m3core.example", "A", ("192.0.2.7", "192.0.2.8")),
        ("m3core.example", "AAAA", ()),
        ("m3core.example", "MX", ("10 mail.m3core.example",)),
        ("m3core.example", "TXT", ("v=spf1 -all",)),
        ("m3core.example", "NS", ("ns.m3core.example",)),
        ("www.m3core.example", "CNAME", ("m3core.example",)),
        ("www.m3core.example", "A", ("192.0.2.7",)),
    ],
)
def test_records_are_read(probing: Probing, server: str, host: str, record: str, found: tuple[str, ...]) -> None:
    seen = probing(NOWHERE).send(Dns(host=host, record=record, server=server))

    assert (seen.trouble, seen.records, seen.peer) == (None, found, server)
    assert seen.phases.dns is not None
    assert seen.phases.dns <= seen.total
    assert met(seen, timed()) is True
    assert met(seen, records(*found)) is bool(found)
    assert met(seen, records("192.0.2.99")) is False


def test_the_same_is_said_by_tcp_and_what_is_too_long_for_udp_comes_by_it(probing: Probing, server: str) -> None:
    prober = probing(NOWHERE)

    assert prober.send(Dns(host="m3core.example", server=server, tcp=True)).records == ("192.0.2.7", "192.0.2.8")
    assert len(prober.send(Dns(host="many.example", record="TXT", server=server)).records) == 20


def test_records_that_differ_are_said(probing: Probing, server: str) -> None:
    seen = probing(NOWHERE).send(Dns(host="m3core.example", server=server))

    (found,) = judge(seen, [records("192.0.2.8", "192.0.2.9")])

    assert found.text == "records 192.0.2.8, 192.0.2.9"
    assert found.last_seen == "192.0.2.7, 192.0.2.8\nmissing: 192.0.2.9\nnot expected: 192.0.2.7"


def test_a_name_without_such_a_record_is_no_trouble(probing: Probing, server: str) -> None:
    seen = probing(NOWHERE).send(Dns(host="m3core.example", record="AAAA", server=server))

    (found,) = judge(seen, [records()])
    assert (found.text, found.met, found.last_seen) == ("a record", False, "no such record")


@pytest.mark.parametrize(
    ("host", "trouble", "said"),
    [
        ("nobody.example", Trouble.NXDOMAIN, "knows no nobody.example"),
        ("lame.example", Trouble.SERVFAIL, "could not find out about lame.example"),
        ("closed.example", Trouble.DNS, "answers REFUSED for closed.example"),
        ("silent.example", Trouble.DNS_TIMEOUT, "does not answer within 150 ms"),
        ("garbage.example", Trouble.MALFORMED, "says what is no answer"),
    ],
)
def test_what_keeps_the_records_away_has_a_name(
    probing: Probing, server: str, host: str, trouble: Trouble, said: str
) -> None:
    seen = probing(NOWHERE, limits=Limits(dns=SOON)).send(Dns(host=host, server=server))

    assert seen.trouble is trouble, seen.detail
    assert said in seen.detail
    assert seen.records == ()


@pytest.mark.parametrize("tcp", [False, True])
def test_where_no_name_server_listens(probing: Probing, tcp: bool) -> None:
    seen = probing(NOWHERE).send(Dns(host="m3core.example", server="127.0.0.1:1", tcp=tcp))

    assert seen.trouble is Trouble.REFUSED


def test_a_server_is_given_by_its_address(probing: Probing) -> None:
    with pytest.raises(ConfigError, match="a name server is given by its address"):
        probing(NOWHERE).send(Dns(host="m3core.example", server="ns.example:53"))


def test_a_name_that_is_none_is_refused(probing: Probing) -> None:
    with pytest.raises(ConfigError, match="is no name that could be looked up"):
        probing(NOWHERE).send(Dns(host="a" * 64 + ".example", server="127.0.0.1:1"))


def test_without_its_library_it_is_said_what_to_install(probing: Probing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns.message", None)

    with pytest.raises(ConfigError, match=r"pip install 'alertproof\[dns\]'"):
        probing(NOWHERE).send(Dns(host="m3core.example", server="127.0.0.1:1"))


# What may be expected of what


@pytest.mark.parametrize("expected", [status(200), records(), secured(), certificate(valid_for="1d")])
def test_what_a_kind_cannot_have_cannot_be_expected_of_it(serve: Serve, probing: Probing, expected: Expected) -> None:
    found = probing(NOWHERE).send(Tcp(address=f"127.0.0.1:{serve(waits).port}"))

    with pytest.raises(ConfigError, match="cannot be expected of TCP"):
        judge(found, [expected])


@pytest.mark.parametrize(("least", "cipher"), [("TLS1.3", ""), ("TLSv1.2", "(")])
def test_a_version_or_a_cipher_that_is_none_is_refused(least: str, cipher: str) -> None:
    with pytest.raises(ConfigError, match=r"secured\("):
        secured(least, cipher=cipher)
