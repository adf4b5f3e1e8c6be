"""One way has one thing wrong with it at a time, and only ways that lead through this process can be broken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from fractions import Fraction

import pytest

from m3core.breakers import CannotBreak
from m3core.breakers.network import LinkBreaker
from m3core.faults import Fault, Kind
from m3core.links import Links

LINKS = Links()


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield LINKS.open("database", server.getsockname())


def fault(name: str, kind: Kind, **more: float) -> Fault:
    return Fault(id=name, kind=kind, link="database", **more)  # type: ignore[arg-type]


def is_cut(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2) as connection:
            connection.recv(1)
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    raise AssertionError("the connection ended")


def test_a_cut_stands_until_its_own_revert_and_counts_what_it_hits(port: int) -> None:
    breaker = LinkBreaker(LINKS)
    cut = fault("one", Kind.CUT)
    assert not is_cut(port)

    breaker.begin(cut, lease_seconds=30)
    assert is_cut(port)
    assert breaker.tend(cut) >= 1
    breaker.end(fault("other", Kind.CUT))
    assert is_cut(port)

    breaker.end(cut)
    breaker.end(cut)
    assert not is_cut(port)


def test_a_way_that_is_broken_is_not_broken_twice(port: int) -> None:
    breaker = LinkBreaker(LINKS)
    slow = fault("one", Kind.LATENCY, seconds=0.01)
    breaker.begin(slow, lease_seconds=30)

    with pytest.raises(CannotBreak, match="the way to the database is broken already"):
        breaker.begin(fault("two", Kind.CUT), lease_seconds=30)
    assert not is_cut(port)

    breaker.end(slow)
    breaker.begin(fault("two", Kind.CUT), lease_seconds=30)
    assert is_cut(port)
    breaker.end(fault("two", Kind.CUT))


def test_a_way_that_does_not_lead_through_here_is_refused() -> None:
    with pytest.raises(CannotBreak, match="no way to the cache leads through this process"):
        LinkBreaker(LINKS).begin(Fault(id="f", kind=Kind.CUT, link="cache"), lease_seconds=30)


def test_only_a_loss_takes_the_share(port: int) -> None:
    breaker = LinkBreaker(LINKS)
    slow = Fault(id="f", kind=Kind.BANDWIDTH, link="database", share=Fraction(1), bytes_per_second=10_000_000)
    breaker.begin(slow, lease_seconds=30)

    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"x")
        assert not is_cut(port)
    breaker.end(slow)
