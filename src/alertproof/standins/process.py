"""What every stand-in's process does: serve on loopback, say where, end with its parent.

A stand-in prints one JSON line ``{"endpoints": {name: address}}`` when all of its parts answer, then serves
until SIGTERM, SIGINT or the end of its stdin. The last is how it notices that its parent died: a stack keeps
the write end of that pipe and never writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import uvicorn
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from alertproof.errors import StackError
from alertproof.standins.bodies import TooLargeError, bounded_body
from alertproof.standins.control.connections import reachable
from alertproof.standins.control.overview import Unknown, short
from alertproof.standins.control.reset import Reset
from alertproof.standins.hosts import AtHome
from alertproof.standins.lane import Lane, with_lane
from alertproof.standins.protocol import HttpProtocol

__all__ = [
    "HOST_HELP",
    "LOOPBACK",
    "NAME_HELP",
    "Beside",
    "Certificate",
    "Ports",
    "Site",
    "UnknownRequests",
    "listening",
    "run",
]

LOOPBACK = "127.0.0.1"
HOST_HELP = "the address of this machine to listen on, but for the control door [default: %(default)s]"
NAME_HELP = "a name with dots that clients reach this machine by, but for the control door; may be given several times"
#: Something that runs next to the sites in the same event loop (a UDP socket, an evaluation loop). Entered
#: before the sites answer; yields endpoints to announce. A task that dies must take the process with it:
#: run it in an `asyncio.TaskGroup` inside the context manager.
Beside: TypeAlias = Callable[[], AbstractAsyncContextManager[Mapping[str, str]]]

#: Idle connections are kept this long, in seconds. An SDK that reuses a connection in the moment the server
#: closes it loses its envelope without a word; SDKs themselves give up idle connections sooner.
_KEEP_ALIVE = 600
_GRACE = 1
_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


class Ports(Protocol):
    """Which endpoint is on which port, from one start to the next."""

    def port(self, name: str) -> int:
        """Return the port that an endpoint is to have, 0 for any."""
        ...

    def remember(self, addresses: Mapping[str, str]) -> None:
        """Take note of the addresses that all endpoints have."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """PEM files of the certificate chain and its private key."""

    chain: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One ASGI app on a port of its own; ``name`` is that of its endpoint, ``lane`` a short way to it.

    One that is ``local`` stays on loopback, wherever the others are asked to listen.
    """

    name: str
    app: ASGIApp
    certificate: Certificate | None = None
    lane: Lane | None = None
    local: bool = False


class _Anything(PathConvertor):
    """A path of any characters: the framework's own stops at a line feed, and answers in its own words."""

    regex = r"[\s\S]*"


register_url_convertor("anything", _Anything())


class UnknownRequests:
    """Keeps requests that no route takes, so that a wrong path is seen and not lost in a 404.

    Put :meth:`route` last: it also takes known paths with a method that they do not have.
    """

    #: Bounds memory under a client that retries forever; ``count`` goes on.
    LIMIT = 1000
    #: So many of the newest are kept besides, for a look.
    NEWEST = 100
    #: Of a larger body nothing is shown.
    LARGEST = 16 * 1024 * 1024
    #: So many characters of a path, a query and a body are kept.
    SHOWN = 2000

    def __init__(self, answer: Callable[[Request], Response] | None = None) -> None:
        self._answer = answer or _not_found
        self._kept: list[dict[str, Any]] = []
        self._newest: deque[dict[str, Any]] = deque(maxlen=self.NEWEST)
        self.count = 0

    def route(self) -> Route:
        """Return the catch-all route: answers 404; keeps method and the start of path, query and body."""
        return Route("/{path:anything}", self._take, methods=_METHODS)

    async def listing(self, _request: Request) -> JSONResponse:
        """Answer ``{"count": n, "requests": [{"method", "path", "query", "body"}]}``, oldest first."""
        return JSONResponse({"count": self.count, "requests": self._kept})

    def newest(self, most: int) -> list[Unknown]:
        """Return the newest at a glance, newest first."""
        return [
            Unknown(method=each["method"], **{name: short(each[name]) for name in ("path", "query", "body")})
            for each in islice(reversed(self._newest), most)
        ]

    async def _take(self, request: Request) -> Response:
        try:
            body = await bounded_body(request, self.LARGEST)
        except TooLargeError as error:
            body = f"({error})".encode()
        self.count += 1
        kept = {
            "method": request.method,
            "path": request.url.path[: self.SHOWN],
            "query": request.url.query[: self.SHOWN],
            "body": body[: self.SHOWN].decode("utf-8", "replace"),
        }
        self._newest.append(kept)
        if len(self._kept) < self.LIMIT:
            self._kept.append(kept)
        return self._answer(request)


def _not_found(request: Request) -> Response:
    detail = f"the stand-in has no route for {request.method} {request.url.path}"
    return JSONResponse({"detail": detail}, status_code=404)


def run(
    sites: Sequence[Site],
    *,
    beside: Sequence[Beside] = (),
    endpoints: Callable[[Mapping[str, str]], Mapping[str, str]] = dict,
    ports: Ports | None = None,
    host: str = LOOPBACK,
    names: Collection[str] = (),
    reset: Reset | None = None,
) -> int:
    """Serve until told to end, or to begin anew; returns 0.

    Args:
        sites: the HTTP apps; each is announced as ``{site.name: "http(s)://host:port"}``.
        beside: what runs next to them in the same loop.
        endpoints: derives what is announced from the addresses of all parts.
        ports: on which ports to serve; without it on free ones.
        host: the address that those listen on which are not local.
        names: what these are called besides, see `AtHome`.
        reset: what goes from one generation to the next.
    """
    # uvloop where it is: half the processor time of a request.
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(sites, beside, endpoints, ports, host=host, names=names, reset=reset or Reset()))
    except ExceptionGroup as group:
        # What one of the parts refuses comes wrapped in the groups of those that were there before it.
        raise _innermost(group) from None
    return 0


def _innermost(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes uvloop's event loops; None, for asyncio's own, where there is no uvloop (Windows)."""
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - it cannot be installed everywhere

    return uvloop.new_event_loop


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `_serve` and says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


async def _serve(
    sites: Sequence[Site],
    beside: Sequence[Beside],
    endpoints: Callable[[Mapping[str, str]], Mapping[str, str]],
    ports: Ports | None,
    *,
    host: str,
    names: Collection[str],
    reset: Reset,
) -> None:
    ending, again = asyncio.Event(), reset.begin()
    _end_on_signals(ending)
    _end_with_stdin(ending, reset)
    addresses: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for enter in beside:
            addresses.update(await stack.enter_async_context(enter()))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        listeners = [reset.listener(site.name, partial(_bound, site, ports, host)) for site in sites]
        servers = [
            _start(site, listener, group, addresses, names=() if site.local else names)
            for site, listener in zip(sites, listeners, strict=True)
        ]
        for server in servers:
            await server.ready.wait()
        # What is there now stays until a reset: no work for the collector while requests come by the thousand.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        if ports is not None:
            ports.remember(addresses)
        if reset.remember(addresses):
            sys.stdout.write(json.dumps({"endpoints": dict(endpoints(addresses))}) + "\n")
            sys.stdout.flush()
        await _either(ending, again)
        reset.pending = reset.pending and not ending.is_set()
        for server in servers:
            for listener in server.servers:
                listener.close()
            server.should_exit = True
        reset.closed()


async def _either(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()


def _bound(site: Site, ports: Ports | None, host: str) -> socket.socket:
    return listening(ports.port(site.name) if ports else 0, host=LOOPBACK if site.local else host)


def listening(port: int, *, host: str = LOOPBACK, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """Return a socket on a port, 0 for a free one; raises `StackError` for one that cannot be had."""
    # The protocol by its number: asyncio turns off Nagle's algorithm only for sockets that name it, and with it
    # each answer of two packets (head, body) waits 40 ms for the client's delayed acknowledgement.
    stream = kind == socket.SOCK_STREAM
    listener = socket.socket(socket.AF_INET, kind, socket.IPPROTO_TCP if stream else socket.IPPROTO_UDP)
    if stream:
        # The port is free again at once, whatever connections were open.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StackError(
            f"port {port} of {host} cannot be had ({error.strerror}): end what listens there, or give another store; an"
            " address given by --host must be this machine's own"
        ) from error
    return listener


def _start(
    site: Site, listener: socket.socket, group: asyncio.TaskGroup, addresses: dict[str, str], *, names: Collection[str]
) -> _Server:
    host, port = listener.getsockname()
    addresses[site.name] = f"{'https' if site.certificate else 'http'}://{host}:{port}"
    config = uvicorn.Config(
        AtHome(site.app, names),
        access_log=False,
        date_header=False,
        lifespan="off",
        log_config=None,
        # Nobody is between a client and a loopback port.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=_KEEP_ALIVE,
        ssl_certfile=site.certificate.chain if site.certificate else None,
        ssl_keyfile=site.certificate.key if site.certificate else None,
    )
    config.load()
    config.http_protocol_class = reachable(HttpProtocol if site.lane is None else with_lane(site.lane, names))
    server = _Server(config)
    group.create_task(server.serve(sockets=[listener]))
    return server


def _end_on_signals(ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)


def _end_with_stdin(ending: asyncio.Event, reset: Reset) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        # The loop may be closed already: then the process is ending, or another generation will be told.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ending.set)

    def watch() -> None:
        # A thread and bare reads, because a loop cannot watch a file or /dev/null, and because a thread that
        # holds the lock of sys.stdin aborts the interpreter on its way out.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        reset.end()

    if reset.on_end(end):
        threading.Thread(target=watch, name="stdin", daemon=True).start()
