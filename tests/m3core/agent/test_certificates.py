"""Certificates of real servers: how long they are still valid, and what is said of a host that shows none."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import trustme

from m3core.agent.certificates import CertificateCollector
from m3core.agent.rounds import NotHere

if TYPE_CHECKING:
    from tests.m3core.agent.conftest import Measure


@pytest.fixture
def shows() -> Iterator[Callable[[timedelta], tuple[str, int]]]:
    """Start servers whose certificate is valid for so long."""
    authority = trustme.CA()
    with contextlib.ExitStack() as stack:

        def start(left: timedelta) -> tuple[str, int]:
            ends = datetime.now(UTC) + left
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            issued = authority.issue_cert("127.0.0.1", not_before=ends - timedelta(days=90), not_after=ends)
            issued.configure_cert(context)
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                            secured.recv(1)

            threading.Thread(target=serve, daemon=True).start()
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return "127.0.0.1", int(listener.getsockname()[1])

        yield start


@pytest.mark.parametrize("days", [40, 5, -3])
def test_the_days_that_are_left_are_told_of_each_host(
    measure: Measure, shows: Callable[[timedelta], tuple[str, int]], days: int
) -> None:
    (point,) = measure(CertificateCollector([shows(timedelta(days=days))]))

    assert (point.metric, point.kind) == ("synthetics.certificate.days", "g")
    assert point.value == pytest.approx(days, abs=0.01)
    assert "host:127.0.0.1" in point.tags


def test_a_host_that_does_not_answer_is_said_and_the_others_are_measured(
    measure: Measure, shows: Callable[[timedelta], tuple[str, int]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        away = ("127.0.0.1", int(free.getsockname()[1]))

    class Watched:
        name = "certificates"

        def collect(self, gauges: object) -> None:
            with pytest.raises(NotHere, match=rf"127\.0\.0\.1:{away[1]}: .*refused"):
                CertificateCollector([away, shows(timedelta(days=30))]).collect(gauges)  # type: ignore[arg-type]

    assert [point.value for point in measure(Watched())] == [pytest.approx(30, abs=0.01)]
