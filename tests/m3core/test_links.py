"""A link hands on what it gets; what is broken on it comes late or not at all, and whole again after the revert."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from m3core.links import Links, Trouble

LINKS = Links()


class Echo:
    """A server that says what it hears, on the loopback or on a Unix socket."""

    def __init__(self, path: Path | None = None) -> None:
        self._socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._socket.bind(str(path) if path else ("127.0.0.1", 0))
        self._socket.listen()
        self.upstream = str(path) if path else self._socket.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                each, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(each,), daemon=True).start()

    @staticmethod
    def _answer(each: socket.socket) -> None:
        with each:
            try:
                while heard := each.recv(65_536):
                    each.sendall(heard)
            except ConnectionError:
                return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    found = Echo()
    yield found
    found.close()


@pytest.fixture
def port(echo: Echo) -> Iterator[int]:
    yield LINKS.open("way", echo.upstream)
    LINKS.change("way", Trouble())


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as found:
        yield found


def said(connection: socket.socket, text: bytes) -> bytes:
    """Say something and return as much of what comes back, which is less only where the connection ends."""
    connection.sendall(text)
    found = b""
    while len(found) < len(text) and (more := connection.recv(65_536)):
        found += more
    return found


def took(connection: socket.socket, text: bytes = b"x") -> float:
    began = time.monotonic()
    assert said(connection, text) == text
    return time.monotonic() - began


def hits() -> int:
    link = LINKS.find("way")
    assert link is not None
    return link.hits


def test_a_link_hands_on_everything_in_order_and_the_end_too(port: int) -> None:
    text = bytes(range(256)) * 4_000
    with connected(port) as connection:

        def say() -> None:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)

        threading.Thread(target=say).start()
        found = b""
        while more := connection.recv(65_536):
            found += more

    assert found == text
    assert hits() == 0


def test_a_link_leads_to_a_unix_socket_as_well(tmp_path: Path) -> None:
    server = Echo(tmp_path / "s")
    with connected(LINKS.open("unix", server.upstream)) as connection:
        assert said(connection, b"hello") == b"hello"
    server.close()


def test_a_server_that_is_away_is_a_connection_that_is_reset_and_no_hit() -> None:
    with pytest.raises(ConnectionResetError), connected(LINKS.open("way", ("127.0.0.1", 1))) as connection:
        connection.recv(1)
    assert hits() == 0


def test_latency_is_added_there_and_back_until_the_revert(port: int) -> None:
    with connected(port) as connection:
        assert took(connection) < 0.1
        LINKS.change("way", Trouble(seconds=0.15))
        assert 0.3 <= took(connection) < 0.6
        assert hits() == 2
        LINKS.change("way", Trouble())
        assert took(connection) < 0.1


def test_what_still_waits_goes_on_at_once_when_the_link_is_mended(port: int) -> None:
    LINKS.change("way", Trouble(seconds=60))
    with connected(port) as connection:
        connection.sendall(b"late")
        time.sleep(0.1)
        began = time.monotonic()
        LINKS.change("way", Trouble())
        assert connection.recv(10) == b"late"
    assert time.monotonic() - began < 1


def test_a_share_of_what_is_sent_is_lost_and_sent_again_exactly(port: int) -> None:
    LINKS.change("way", Trouble(share=Fraction(1, 10)))
    with connected(port) as connection:
        times = [took(connection) for _ in range(20)]

    assert hits() == 4  # of forty, half of which go each way
    assert len([each for each in times if each >= 0.2]) == 4


def test_a_narrow_link_takes_its_bytes_a_second(port: int) -> None:
    LINKS.change("way", Trouble(bytes_per_second=20_000))
    with connected(port) as connection:
        seconds = took(connection, b"x" * 8_000)

    # There and back overlap but for the first piece.
    assert 0.4 <= seconds < 1.0
    assert hits() >= 12


def test_a_cut_resets_what_is_open_and_what_is_tried(port: int) -> None:
    with connected(port) as connection:
        assert said(connection, b"x") == b"x"
        LINKS.change("way", Trouble(cut=True))
        with pytest.raises(ConnectionResetError):
            said(connection, b"x")
    before = hits()
    with pytest.raises(ConnectionResetError), connected(port) as connection:
        connection.recv(1)
    assert before >= 1
    assert hits() == before + 1

    LINKS.change("way", Trouble())
    with connected(port) as connection:
        assert said(connection, b"x") == b"x"


def test_a_server_that_breaks_a_connection_is_seen_to_break_it() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        connected(LINKS.open("way", server.getsockname())) as connection,
    ):
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
