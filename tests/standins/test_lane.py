"""The short way from the socket to an app, beside uvicorn's own, on real sockets."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from alertproof.standins.lane import Answer, Lane, with_lane

URLS = re.compile(rb"/lane/[a-z]*(\?[!$-~]*)?")


class App:
    """Answers with what it was asked and by which way."""

    def __init__(self) -> None:
        self.is_open = True
        self.taken: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, headers, answer = self.take(scope, body, way="uvicorn")
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def take(self, scope: Scope, body: bytes, way: str = "lane") -> Answer:
        self.taken.append(body)
        if body == b"fail":
            raise ValueError("as asked")
        told = f"{way} {scope['method']} {scope['path']} {scope['query_string'].decode()} {len(body)}".encode()
        headers = [(b"content-length", str(len(told)).encode())]
        if body.startswith(b"inject"):
            headers.append((b"x-told", body))
        return 202, headers, told


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def served(app: App) -> Iterator[Callable[[], socket.socket]]:
    """Serve the app in a thread of its own; yields what connects to it."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False)
    config.load()
    config.http_protocol_class = with_lane(Lane(urls=URLS, is_open=lambda: app.is_open, take=app.take))
    server = _Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
    thread.start()
    opened: list[socket.socket] = []

    def connect() -> socket.socket:
        client = socket.create_connection(listener.getsockname(), timeout=10)
        opened.append(client)
        return client

    try:
        yield connect
    finally:
        for client in opened:
            client.close()
        server.should_exit = True
        thread.join()


@pytest.fixture(name="app")
def _app() -> App:
    return App()


@pytest.fixture(name="connect")
def _connect(app: App) -> Iterator[Callable[[], socket.socket]]:
    with served(app) as connect:
        yield connect


def request(
    body: bytes = b"", *, url: str = "/lane/a", verb: str = "POST", more: str = "", version: str = "1.1"
) -> bytes:
    head = f"{verb} {url} HTTP/{version}\r\nHost: x\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def answer(client: socket.socket) -> tuple[int, str]:
    """Read one answer off the connection: its status and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(1)
        assert part, data
        data += part
    length = re.search(rb"content-length: (\d+)", data)
    assert length is not None
    body = b""
    while len(body) < int(length[1]):
        body += client.recv(int(length[1]) - len(body))
    return int(data.split()[1]), body.decode()


def asked(connect: Any, *pieces: bytes) -> tuple[int, str]:
    client = connect()
    for piece in pieces:
        client.sendall(piece)
    return answer(client)


def test_a_small_whole_post_takes_the_lane_with_its_path_and_query(connect: Any) -> None:
    assert asked(connect, request(b"abc", url="/lane/a?b=1&c")) == (202, "lane POST /lane/a b=1&c 3")
    assert asked(connect, request(b"")) == (202, "lane POST /lane/a  0")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (request(b"abc", url="/other"), "uvicorn POST /other  3"),
        (request(b"abc", url="/lane/%61"), "uvicorn POST /lane/a  3"),
        (request(b"abc", verb="PUT"), "uvicorn PUT /lane/a  3"),
        (request(b"abc", version="1.0"), "uvicorn POST /lane/a  3"),
        (request(b"abc", more="Connection: close\r\n"), "uvicorn POST /lane/a  3"),
        (request(b"x" * 1_048_577), "uvicorn POST /lane/a  1048577"),
        (request(b"x" * 1_048_576), "lane POST /lane/a  1048576"),
        (
            b"POST /lane/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "uvicorn POST /lane/a  3",
        ),
    ],
)
def test_whatever_is_not_a_small_post_to_it_goes_uvicorns_way(connect: Any, sent: bytes, told: str) -> None:
    assert asked(connect, sent) == (202, told)


def test_who_expects_to_be_told_to_go_on_is_told(connect: Any) -> None:
    client = connect()
    client.sendall(request(b"abc", more="Expect: 100-continue\r\n")[:-3])
    assert client.recv(100).startswith(b"HTTP/1.1 100")
    client.sendall(b"abc")
    assert answer(client) == (202, "uvicorn POST /lane/a  3")


def test_a_closed_lane_is_not_taken(app: App, connect: Any) -> None:
    app.is_open = False
    assert asked(connect, request(b"abc"))[1].startswith("uvicorn")
    app.is_open = True
    assert asked(connect, request(b"abc"))[1].startswith("lane")


def test_requests_on_one_connection_are_answered_in_their_order_whichever_way_they_go(connect: Any) -> None:
    client = connect()
    client.sendall(request(b"1") + request(b"22", url="/other") + request(b"333") + request(b"4444"))
    assert [answer(client)[1].rpartition(" ")[2] for _ in range(4)] == ["1", "2", "3", "4"]


def test_a_request_that_comes_in_pieces_takes_the_lane_too(connect: Any) -> None:
    whole = request(b"x" * 100)
    assert asked(connect, whole[:20], whole[20:90], whole[90:]) == (202, "lane POST /lane/a  100")


@pytest.mark.parametrize("body", [b"fail", b"inject\r\nx: y", b"inject\nx: y", b"inject\r"])
def test_what_fails_or_has_a_line_break_in_a_header_is_a_500_and_the_server_goes_on(connect: Any, body: bytes) -> None:
    client = connect()
    client.sendall(request(body))
    assert answer(client) == (500, "Internal Server Error")
    assert client.recv(1) == b""  # closed
    assert asked(connect, request(b"abc"))[0] == 202


def test_what_is_no_http_is_answered_400(connect: Any) -> None:
    client = connect()
    client.sendall(request(b"abc"))
    answer(client)
    client.sendall(b"nonsense\r\n\r\n")
    assert client.recv(100).startswith(b"HTTP/1.1 400")


def test_after_a_failure_nothing_that_came_on_the_connection_is_taken_any_more(connect: Any, app: App) -> None:
    client = connect()
    client.sendall(request(b"fail") + request(b"second") + request(b"third", url="/other") + request(b"fou")[:-1])
    assert answer(client)[0] == 500
    assert client.recv(1) == b""
    assert asked(connect, request(b"last")) == (202, "lane POST /lane/a  4")
    assert app.taken == [b"fail", b"last"]


CHUNKED = b"POST /lane/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("trailer", [b"X-More: " + b"a" * 200_000, b"X-More: a\r\n" * 20_000])
def test_headers_behind_the_last_chunk_are_bounded_as_those_of_the_head(connect: Any, trailer: bytes) -> None:
    client = connect()
    client.sendall(CHUNKED + b"3\r\nabc\r\n0\r\n")
    seen = b""
    try:
        for start in range(0, len(trailer), 8192):
            client.sendall(trailer[start : start + 8192])
        seen = client.recv(1000)
    except (BrokenPipeError, ConnectionResetError):
        seen = seen or b"HTTP/1.1 431"
    assert seen.startswith(b"HTTP/1.1 431")


def test_large_chunks_and_few_headers_behind_them_are_taken(connect: Any) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in (1, 300_000, 5, 80_000))
    assert asked(connect, CHUNKED + chunks + b"0\r\nX-More: a\r\n\r\n") == (202, "uvicorn POST /lane/a  380006")
    assert asked(connect, CHUNKED, b"3\r\n", b"abc", b"\r\n0\r\n", b"X-More: a\r\n", b"\r\n") == (
        202, "uvicorn POST /lane/a  3",
    )  # fmt: skip
