from __future__ import annotations

from typing import Any

import pytest

from alertproof.errors import ConfigError
from alertproof.probes import Dns, Tcp, Tls
from alertproof.redact import Secret


@pytest.mark.parametrize(
    ("address", "host", "port", "shown"),
    [
        ("db.example:5432", "db.example", 5432, "TCP db.example:5432"),
        ("127.0.0.1:1", "127.0.0.1", 1, "TCP 127.0.0.1:1"),
        ("[::1]:80", "::1", 80, "TCP [::1]:80"),
        ("postgresql://m3core:hunter22@db.example/crm", "db.example", 5432, "TCP db.example:5432"),
        ("redis://:hunter22@127.0.0.1:6390/0", "127.0.0.1", 6390, "TCP 127.0.0.1:6390"),
        ("https://m3core.example/path", "m3core.example", 443, "TCP m3core.example:443"),
    ],
)
def test_an_address_is_a_host_and_a_port_and_shows_no_password(address: str, host: str, port: int, shown: str) -> None:
    ask = Tcp(address=address)

    assert (ask.host, ask.port, str(ask)) == (host, port, shown)


@pytest.mark.parametrize("address", ["", "db.example", ":80", "db.example:port", "db.example:99999", "::1", "[::1"])
def test_what_is_no_address_is_refused_and_says_how_one_is_written(address: str) -> None:
    with pytest.raises(ConfigError, match=r"write host:port, such as db\.example:5432"):
        Tcp(address=address)


def test_a_url_that_is_no_address_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError, match="a URL is no address") as refused:
        Tcp(address="mysql://root:hunter22@db.example/crm")

    assert "hunter22" not in str(refused.value)


@pytest.mark.parametrize(("address", "asked"), [("m3core.example", "m3core.example:443"), ("::1", "[::1]:443")])
def test_tls_has_a_usual_port(address: str, asked: str) -> None:
    assert Tls(address=address).asked == asked


@pytest.mark.parametrize(
    ("ask", "done"),
    [
        (Tcp(address="a:1"), True),  # it is enough that the port is open
        (Tcp(address="a:1", send=b"PING"), False),
        (Tcp(address="a:1", until=1), False),
        (Tcp(address="a:1", until=b"\n"), False),
    ],
)
def test_it_is_known_whether_something_is_waited_for(ask: Tcp, done: bool) -> None:
    assert ask.done(b"") is done


def test_so_many_bytes_are_waited_for_and_not_fewer() -> None:
    ask = Tcp(address="a:1", until=3)

    assert [ask.done(b"x" * many) for many in (2, 3, 4)] == [False, True, True]
    assert [Tcp(address="a:1", send=b"x").done(got) for got in (b"", b"x")] == [False, True]
    assert [Tcp(address="a:1", until=b"\r\n").done(got) for got in (b"ok\r", b"ok\r\n")] == [False, True]


def test_what_is_sent_could_write_unless_it_is_said_to_read() -> None:
    assert [Tcp(address="a:1").writes, Tls(address="a:1").writes, Dns(host="a").writes] == [False, False, False]
    assert Tcp(address="a:1", send=b"FLUSHALL\r\n").writes
    assert not Tcp(address="a:1", send=b"PING\r\n", reads=True).writes


def test_a_secret_that_is_sent_is_hidden() -> None:
    ask = Tcp(address="a:1", send=Secret("AUTH hunter22\r\n"))

    assert ask.wire == b"AUTH hunter22\r\n"
    assert "hunter22" not in ask.without_secrets("said: AUTH hunter22\r\n") + repr(ask)


@pytest.mark.parametrize(
    ("host", "fields", "said"),
    [
        ("", {}, "no name to look up"),
        ("https://m3core.example", {}, "no name to look up"),
        ("m3core.example", {"record": "SRV"}, "no record 'SRV' is read; known: A, AAAA, CNAME, MX, NS, TXT"),
        ("m3core.example", {"server": "ns:port"}, "is no address of a host and a port"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(host: str, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Dns(host=host, **fields)


def test_a_question_says_what_and_whom() -> None:
    assert str(Dns(host="m3core.example")) == "DNS A m3core.example"
    assert str(Dns(host="m3core.example", record="MX", server="127.0.0.1:5353", name="mail")) == (
        "mail (DNS MX m3core.example at 127.0.0.1:5353)"
    )
