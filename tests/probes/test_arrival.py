"""When bytes came, where nobody was there to read them."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from tests.probes.conftest import Link, Server
from tests.probes.conftest import answer as http_answer

from alertproof.clock import SystemClock
from alertproof.probes import Limits
from alertproof.probes.arrival import Arrived, receive, stamped
from alertproof.probes.stopwatch import Stopwatch

MS = timedelta(milliseconds=1)
LATE = 0.3
needs_stamps = pytest.mark.skipif(sys.platform != "linux", reason="only Linux stamps what comes")


def now() -> timedelta:
    return SystemClock().monotonic()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection from both its ends, its stamps asked for at the first."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as here:
        stamped(here)
        there, _ = listener.accept()
        with there:
            yield here, there


@needs_stamps
def test_what_is_read_late_came_when_it_came(pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = pair
    before = datetime.now(UTC)
    there.sendall(b"answer")
    time.sleep(LATE)

    data, at = receive(here, 100, 5, now)

    assert data == b"answer"
    assert at is not None
    # A stamp has microseconds, cut off; and the other end may have been held up before it sent.
    assert before - MS <= at <= datetime.now(UTC) - timedelta(seconds=LATE)


def test_bytes_are_read_in_parts_and_then_the_end(pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = pair
    there.sendall(b"abcdef")
    there.close()

    assert [receive(here, most, 5, now).data for most in (4, 4, 4)] == [b"abcd", b"ef", b""]


def test_silence_ends_with_a_timeout(pair: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        receive(pair[0], 100, 0.05, now)


def test_a_connection_that_is_reset_says_so(pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = pair
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    there.close()

    with pytest.raises(ConnectionResetError):
        receive(here, 100, 5, now)


@pytest.fixture
def secured(
    pair: tuple[socket.socket, socket.socket], authority: trustme.CA, ca_file: str
) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """The same by TLS 1.3, whose server sends tickets after the handshake that are no byte of an answer."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=ca_file)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    made: list[ssl.SSLSocket] = []
    thread = threading.Thread(target=lambda: made.append(server.wrap_socket(pair[1], server_side=True)))
    thread.start()
    with client.wrap_socket(pair[0], server_hostname="127.0.0.1") as here:
        thread.join(10)
        with made[0] as there:
            yield here, there


@needs_stamps
def test_tickets_are_no_answer(secured: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    here, there = secured
    found: list[Arrived] = []
    reader = threading.Thread(target=lambda: found.append(receive(here, 100, 5, now)))
    reader.start()
    time.sleep(0.1)  # the tickets have come, and are no reason to return
    before = datetime.now(UTC)
    there.sendall(b"answer")
    reader.join(10)

    ((data, at),) = found
    assert data == b"answer"
    assert at is not None
    assert at >= before - MS


@needs_stamps
def test_tickets_that_are_read_with_the_answer_do_not_make_it_early(
    secured: tuple[ssl.SSLSocket, ssl.SSLSocket],
) -> None:
    here, there = secured
    time.sleep(0.05)
    before = datetime.now(UTC)
    there.sendall(b"answer")
    time.sleep(LATE)

    data, at = receive(here, 100, 5, now)

    assert data == b"answer"
    assert at is not None
    assert before - MS <= at <= datetime.now(UTC) - timedelta(seconds=LATE)


def test_what_tls_holds_back_comes_without_waiting(secured: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    here, there = secured
    there.sendall(b"abcdef")

    first, second = (receive(here, 3, 5, now) for _ in range(2))

    assert (first.data, second) == (b"abc", Arrived(b"def", None))


def test_silence_by_tls_ends_with_a_timeout(secured: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    with pytest.raises(TimeoutError):
        receive(secured[0], 100, 0.2, now)


@pytest.mark.parametrize(
    ("late", "taken"),
    [
        (50 * MS, True),
        (timedelta(hours=1), False),  # it came before it was asked for: the clock was set
        (-timedelta(hours=1), False),  # it has not come yet
    ],
)
def test_a_stamp_is_taken_where_it_can_be_true(late: timedelta, taken: bool) -> None:
    watch = Stopwatch(Limits(), SystemClock())
    watch.sending()
    time.sleep(0.1)

    watch.received(5, at=datetime.now(UTC) - late)

    first_byte = watch.phases(whole=True).first_byte
    assert first_byte is not None
    assert (first_byte < watch.total(whole=False) - 40 * MS) is taken


_PROBE = """
import os, sys
from alertproof.probes import Prober, Request

with Prober(sys.argv[1], ca_file=sys.argv[2]) as prober:
    found = prober.send(Request(method="GET", path=f"/{os.getpid()}"))
print(found.status, found.phases.first_byte.total_seconds())
"""


@needs_stamps
def test_a_probe_that_is_held_up_while_its_answer_comes_does_not_call_the_platform_slow(
    serve: Callable[..., Server], authority: trustme.CA, ca_file: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def script(link: Link) -> None:
        link.handshake()
        asker = int(link.request().split()[1].removeprefix(b"/"))
        os.kill(asker, signal.SIGSTOP)
        try:
            link.send(http_answer(), mark="answered")
            link.wait(LATE)
        finally:
            link.mark("let go")
            os.kill(asker, signal.SIGCONT)
        link.request()  # an end that came now would be the newest segment, and bear the stamp

    server = serve(script, context=context)
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, server.url, ca_file], capture_output=True, text=True, timeout=60, check=False
    )

    status, _, first_byte = done.stdout.strip().partition(" ")
    assert status == "200", done.stderr
    (link,) = server.links
    assert link.between("answered", "let go") >= timedelta(seconds=LATE)
    # It could not read before it was let go, and yet it knows.
    assert timedelta(seconds=float(first_byte)) < link.between("asked", "let go") - timedelta(seconds=LATE / 2)
