"""The same bytes through the lane and through uvicorn's own way: the same answers, and the same is kept."""

from __future__ import annotations

import asyncio
import base64
import gzip
import re
import socket
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from uvicorn.server import ServerState

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.control.connections import reachable
from alertproof.standins.control.door import Control
from alertproof.standins.control.later import Later
from alertproof.standins.control.manners import sentry_refusal
from alertproof.standins.control.reset import Reset
from alertproof.standins.lane import Lane, with_lane
from alertproof.standins.process import listening
from alertproof.standins.protocol import HttpProtocol
from alertproof.standins.sentry.intake.direct import ENVELOPES
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.serve import Standin
from alertproof.standins.sentry.store import Store

KEY = "a" * 32
ANCHOR = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=60)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
NO_HTTP = b"Invalid HTTP request received."
#: Turns of the event loop after which nothing more comes of what was sent: nothing in the app waits for time.
_TURNS = 30


@dataclass
class Seen:
    """What came back, whether the connection was closed, and what was kept."""

    answers: bytes
    closed: bool
    envelopes: list[Any]
    items: list[Any]
    counts: list[Any]
    requests: list[Any]


class Way:
    """A Sentry stand-in behind a socket, with the lane or without."""

    def __init__(self, *, lane: bool) -> None:
        clock = ScaledClock(ANCHOR)
        projects = [
            Project(org="acme", slug="api", public_key=KEY, project_id="1"),
            Project(org="acme", slug="web", public_key="b" * 32, project_id="2"),
        ]
        self.store = Store(projects, ANCHOR)
        standin = Standin(self.store, clock)
        self.control = Control(
            sites=("sentry_api",),
            manners=sentry_refusal,
            clock=clock,
            later=Later(),
            reset=Reset(),
            token="token",
            unknown=standin.unknown,
            overview=standin.overview,
        )
        app = self.control.around(standin.app, "sentry_api")
        self._config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        self._config.load()
        take = self.control.around_lane(standin.door.answer, "sentry_api")
        lane_of = Lane(urls=ENVELOPES, is_open=self.control.is_out_of_the_way, take=take)
        self._protocol: Any = reachable(with_lane(lane_of) if lane else HttpProtocol)

    async def told(self, pieces: Iterable[bytes]) -> tuple[bytes, bool]:
        """Send pieces on a new connection, each for itself; returns the answers and whether it was closed."""
        loop = asyncio.get_running_loop()
        listener = listening(0)
        server = await loop.create_server(
            lambda: self._protocol(config=self._config, server_state=ServerState(), app_state={}), sock=listener
        )
        client = socket.create_connection(listener.getsockname())
        client.setblocking(False)
        answers, closed = b"", False
        for piece in [b"", *pieces]:
            if piece and not closed:
                await loop.sock_sendall(client, piece)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
                try:
                    got = client.recv(1 << 20)
                except BlockingIOError:
                    continue
                except ConnectionResetError:
                    got = b""
                answers, closed = answers + got, closed or not got
        client.close()
        server.close()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return answers, closed

    def seen(self, answers: bytes, *, closed: bool) -> Seen:
        kept = [(each.project.slug, each.raw, each.encoding, each.event_id) for each in self.store.received]
        self.store.settle()
        return Seen(
            re.sub(rb"date: [^\r]+\r\n", b"", answers),
            closed=closed,
            envelopes=kept,
            items=[(each.project.slug, each.event_id, each.item) for each in self.store.items(self.store.projects)],
            counts=sorted((*each.key, each.quantity) for each in self.store.outcomes.between(ANCHOR.stack, LATER)),
            requests=[
                # How much of a body was read of what is refused unread is each way's own.
                {name: value for name, value in row.items() if name not in {"at", "size", "truncated"}}
                for row in self._rows()
            ],
        )

    def _rows(self) -> list[dict[str, Any]]:
        with TestClient(Starlette(routes=self.control.requests.routes(""))) as client:
            rows: list[dict[str, Any]] = client.get("/requests").json()["requests"]
        return rows


def both(*pieces: bytes) -> tuple[Seen, Seen]:
    """Return what is seen with the lane and without."""

    async def run() -> tuple[bytes, bool, bytes, bool]:
        return *await laned.told(pieces), *await usual.told(pieces)

    laned, usual = Way(lane=True), Way(lane=False)
    by_lane, closed_by_lane, by_usual, closed_by_usual = asyncio.run(run())
    return laned.seen(by_lane, closed=closed_by_lane), usual.seen(by_usual, closed=closed_by_usual)


def request(
    body: bytes,
    *,
    verb: str = "POST",
    url: str = f"/api/1/envelope/?sentry_key={KEY}",
    version: str = "1.1",
    length: str = "Content-Length: {}\r\n",
    more: str = "",
) -> bytes:
    head = f"{verb} {url} HTTP/{version}\r\nHost: x\r\n{length.format(len(body))}{more}\r\n"
    return head.encode("latin-1") + body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


BASIC = base64.b64encode(f"{KEY}:".encode()).decode()
ENVELOPE = b'{"event_id":"%s"}\n{"type":"event","length":15}\n{"message":"m"}\n' % (b"1" * 32)
OF_DSN = b'{"dsn":"http://%s@x/1"}\n{"type":"log"}\n{"items":[]}' % KEY.encode()
BODIES = [
    ENVELOPE,
    OF_DSN,
    b"",
    b"{}",
    b"{}\n{}",
    b"\xff\xfe",
    gzip.compress(ENVELOPE),
    zlib.compress(ENVELOPE),
    chunked(ENVELOPE),
    b'{}\n{"type":"event"}\n{}\n{"type":"event"}\n{}',
    b'{}\n{"type":"client_report"}\n' + b" " * 4097,
]
URLS = [
    f"/api/1/envelope/?sentry_key={KEY}",
    "/api/1/envelope/",
    "/api/1/envelope/?",
    "/api/2/envelope/",
    "/api/../envelope/",
    f"/api/1/envelope/?sentry_key=%61{KEY[1:]}",
    f"/api/%31/envelope/?sentry_key={KEY}",
    "/api/1/envelope",
    "//api/1/envelope/",
    f"http://x/api/1/envelope/?sentry_key={KEY}",
    f"/api/1/envelope/?sentry_key={KEY}#x",
    f"/api/1/envelope/??sentry_key={KEY}",
    f"/api/1/envelope/?sentry_key={KEY}&sentry_version=8",
    f"/api/1/envelope/?sentry_key={KEY}&sentry_key=b",
    "/api/1/envelope/?sentry_key=\xe9",
    "/api/0/",
]
LENGTHS = [
    "Content-Length: {}\r\n",
    "content-length:{}\r\n",
    "CONTENT-LENGTH:   {}  \r\n",
    "Content-Length: 000000{}\r\n",
    "Content-Length: +{}\r\n",
    "Content-Length: {0}, {0}\r\n",
    "Content-Length: {0}\r\nContent-Length: {0}\r\n",
    "Content-Length: {}\r\nContent-Length: 3\r\n",
    "Content-Length: {}\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: {}\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "TRANSFER-ENCODING: CHUNKED\r\n",
    "Content-Length: 7\r\n",
    "Content-Length: 500\r\n",
    "Content-Length:\r\n {}\r\n",
    "",
]
HEADERS = [
    f"X-Sentry-Auth: Sentry sentry_key={KEY}, sentry_version=7\r\n",
    f"x-sentry-auth: sentry sentry_key={KEY}\r\n",
    f"AUTHORIZATION: Sentry sentry_key={KEY}\r\n",
    f"Authorization: Basic {BASIC}\r\n",
    "Authorization: Bearer t\r\n",
    "X-Sentry-Auth: Sentry sentry_key=\xe9\r\n",
    "X-Sentry-Auth: Sentry sentry_version=9,sentry_key=a\r\n",
    "Content-Encoding: gzip\r\n",
    "Content-Encoding: GZIP\r\n",
    "content-encoding: deflate\r\n",
    "Content-Encoding: x\r\n",
    "Expect: 100-continue\r\n",
    "Expect: x\r\n",
    "Connection: close\r\n",
    "Connection: Keep-Alive\r\n",
    "Connection: Upgrade\r\nUpgrade: h2c\r\n",
    "Upgrade: h2c\r\n",
    "X: a\x01b\r\n",
    "X: a\r\n b\r\n",
    ": x\r\n",
    "X : y\r\n",
]
REQUESTS = st.builds(
    request,
    st.sampled_from(BODIES),
    verb=st.sampled_from(["POST", "POST", "POST", "PUT", "HEAD", "GET", "OPTIONS", "post"]),
    url=st.sampled_from(URLS),
    version=st.sampled_from(["1.1", "1.1", "1.1", "1.0", "2.0", "0.9"]),
    length=st.sampled_from(LENGTHS),
    more=st.lists(st.sampled_from(HEADERS), max_size=3).map("".join),
)


@st.composite
def pieces_of_requests(draw: st.DrawFn) -> list[bytes]:
    data = b"".join(draw(st.lists(REQUESTS, min_size=1, max_size=3)))
    cuts = sorted(draw(st.sets(st.integers(1, len(data) - 1), max_size=4)))
    return [data[start:end] for start, end in pairwise([0, *cuts, len(data)])]


@given(pieces_of_requests())
@example([request(ENVELOPE) + request(b"", verb="HEAD") + request(ENVELOPE, url="/api/0/") + request(ENVELOPE)])
@example([request(ENVELOPE, more="Connection: Upgrade\r\nUpgrade: h2c\r\n") + request(ENVELOPE)])
@example([request(ENVELOPE, length="Content-Length: 500\r\n")])
@example([request(ENVELOPE, length="Content-Length: 7\r\n") + request(ENVELOPE)])
def test_the_lane_and_uvicorns_own_way_answer_and_keep_the_same(pieces: list[bytes]) -> None:
    laned, usual = both(*pieces)
    if usual.answers.endswith(NO_HTTP):
        # What came in one packet before it is answered by the lane at once, and by the other not any more.
        assert laned.answers.endswith(NO_HTTP)
        assert laned.closed
        assert usual.envelopes == laned.envelopes[: len(usual.envelopes)]
        assert usual.requests == laned.requests[: len(usual.requests)]
        return
    assert laned == usual


def test_a_request_with_a_body_that_offers_to_upgrade_is_answered_as_if_it_had_not() -> None:
    # As Java's own client does.
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
    for seen in both(request(ENVELOPE, more=offer), request(OF_DSN)):
        assert [each[1] for each in seen.envelopes] == [ENVELOPE, OF_DSN]
        assert seen.answers.count(b"HTTP/1.1 200 OK") == 2
        assert not seen.closed


@pytest.mark.parametrize("piece", [b"X: " + b"y" * 5000, b"X: y\r\n" * 700])
def test_a_head_without_an_end_is_refused_and_not_kept(piece: bytes) -> None:
    for seen in both(b"POST / HTTP/1.1\r\n", *[piece] * 20):
        assert seen.answers.startswith(b"HTTP/1.1 431 ")
        assert seen.closed
        assert not seen.requests


def test_a_head_of_64_kib_is_none_too_large() -> None:
    whole = request(ENVELOPE, more="X: " + "y" * 65_000 + "\r\n")
    for seen in both(*(whole[start : start + 8192] for start in range(0, len(whole), 8192))):
        assert seen.answers.startswith(b"HTTP/1.1 200 ")


def test_who_goes_away_in_the_middle_of_a_body_is_seen_and_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    for seen in both(request(ENVELOPE, length="Content-Length: 500\r\n")):
        assert [(row["path"], row["status"]) for row in seen.requests] == [("/api/1/envelope/", 0)]
        assert not seen.envelopes
    assert not caplog.records
