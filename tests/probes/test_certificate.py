"""The certificate of a platform: read from its own connection, judged at its boundary, fetched when it has expired."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from tests.probes.conftest import Server, answer, answers

from alertproof.errors import ConfigError
from alertproof.probes import Prober, Request, certificate, fetch_certificate, judge, read_certificate

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def shows(serve: Serve, authority: trustme.CA) -> Callable[[datetime], Server]:
    """Start a server whose certificate ends at an instant."""

    def start(ends: datetime, names: Sequence[str] = ("localhost", "127.0.0.1")) -> Server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        begins = min(NOW, ends) - timedelta(days=90)
        authority.issue_cert(*names, not_before=begins, not_after=ends).configure_cert(context)

        def script(link: object) -> None:
            link.handshake()  # type: ignore[attr-defined]
            answers(answer())(link)  # type: ignore[arg-type]

        return serve(script, context=context)

    return start


def test_an_answer_carries_the_certificate_of_its_connection_also_a_kept_one(
    shows: Callable[[datetime], Server], probing: Probing, ca_file: str
) -> None:
    prober = probing(shows(NOW + timedelta(days=30)).url, ca_file=ca_file)
    cold, warm = (prober.send(Request(method="GET", path="/", keep=True)) for _ in range(2))

    assert (cold.connection, warm.connection) == ("cold", "warm")
    for seen in (cold, warm):
        shown = read_certificate(seen.chain[0])
        assert shown.ends == NOW + timedelta(days=30)
        assert shown.names == ("localhost", "127.0.0.1")
        assert "trustme" in shown.issuer


@pytest.mark.parametrize(("spare", "met"), [(timedelta(0), True), (timedelta(seconds=-1), False)])
def test_a_certificate_is_valid_for_long_enough_to_the_second(
    shows: Callable[[datetime], Server], probing: Probing, ca_file: str, spare: timedelta, met: bool
) -> None:
    seen = probing(shows(NOW + timedelta(days=21, hours=3)).url, ca_file=ca_file).send(Request(method="GET", path="/"))
    left = read_certificate(seen.chain[0]).left(seen.at)

    (found,) = judge(seen, [certificate(valid_for=left - spare)])

    assert found.met is met
    assert found.last_seen.startswith("21 d 2 h left, until ")


def test_plain_http_has_no_certificate_and_is_not_met(serve: Serve, probing: Probing) -> None:
    seen = probing(serve(answers(answer())).url).send(Request(method="GET", path="/"))

    (found,) = judge(seen, [certificate(valid_for="1d")])

    assert (found.met, found.text) == (False, "a certificate valid for 1 d or more")
    assert found.last_seen == "no certificate: http has none"


def test_an_expired_certificate_keeps_the_answer_away_and_can_be_fetched_all_the_same(
    shows: Callable[[datetime], Server], probing: Probing, ca_file: str
) -> None:
    server = shows(NOW - timedelta(days=3))
    seen = probing(server.url, ca_file=ca_file).send(Request(method="GET", path="/"))

    assert (seen.trouble, "certificate has expired" in seen.detail) == ("expired", True)
    assert [one.met for one in judge(seen, [certificate(valid_for="1d")])] == [False, None]
    assert fetch_certificate("127.0.0.1", server.port).left(NOW) == timedelta(days=-3)


def test_where_no_tls_is_spoken_nothing_is_fetched(serve: Serve) -> None:
    server = serve(answers(answer()))

    with pytest.raises(OSError, match="timed out"):
        fetch_certificate("127.0.0.1", server.port, limit=timedelta(milliseconds=200))


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="parsing"):
        read_certificate(b"no certificate")


@pytest.mark.parametrize("given", ["soon", "0d", timedelta(0), timedelta(days=-1)])
def test_a_wish_that_means_nothing_is_refused(given: str | timedelta) -> None:
    with pytest.raises(ConfigError, match=r"certificate\(valid_for=\.\.\)"):
        certificate(valid_for=given)


@pytest.mark.parametrize(("spare", "late"), [(timedelta(0), False), (timedelta(seconds=-1), True)])
def test_a_certificate_that_ends_before_long_is_degraded_to_the_second(
    shows: Callable[[datetime], Server], probing: Probing, ca_file: str, spare: timedelta, late: bool
) -> None:
    seen = probing(shows(NOW + timedelta(days=21, hours=3)).url, ca_file=ca_file).send(Request(method="GET", path="/"))
    left = read_certificate(seen.chain[0]).left(seen.at)
    expected = certificate(valid_for="7d", degraded=left - spare)

    assert judge(seen, [expected])[0].met is True
    said = expected.degraded(seen)
    assert bool(said) is late
    assert not late or (said.startswith("a certificate with 21 d 2 h left, until ") and "; less than 21 d 2 h" in said)
    assert certificate(valid_for="7d").degraded(seen) == ""


@pytest.mark.parametrize(("valid_for", "degraded"), [("7d", "7d"), ("7d", "6d"), ("7d", "soon")])
def test_limits_of_a_certificate_that_leave_nothing_between_them_are_refused(
    valid_for: str, degraded: str | None
) -> None:
    with pytest.raises(ConfigError, match=r"^certificate\(valid_for=\.\."):
        certificate(valid_for=valid_for, degraded=degraded)
