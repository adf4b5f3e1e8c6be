"""One request over one connection, with each step timed where it happens: at the socket.

httpx and httpcore time neither name look-up nor first byte. So the connection is opened here: the name is resolved
first and the address connected to, while TLS still checks the name; and the stream under httpcore's HTTP/1.1 notes
its writes and reads.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, final

import httpcore
import httpx

from alertproof.probes.arrival import receive, stamped
from alertproof.probes.frames import Frames
from alertproof.probes.stopwatch import Limits, Secured, Stopwatch, running
from alertproof.probes.trouble import NoAnswer, Trouble

__all__ = ["Backend", "Resolver", "TimedTransport", "is_address", "resolve_by_system", "trust"]

_OPEN = Secured()
_DER = 2  # as _ssl numbers the encodings
#: What is wrong with a certificate, as OpenSSL numbers it (X509_V_ERR_*).
_DOES_NOT_HOLD = {
    9: Trouble.NOT_YET_VALID,
    10: Trouble.EXPIRED,
    **dict.fromkeys((18, 19, 20, 21), Trouble.NOT_TRUSTED),
    **dict.fromkeys((62, 64), Trouble.WRONG_HOST),
}
#: Takes a host's name and a port, gives its addresses in the order of preference; raises `OSError`.
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@cache
def trust(ca_file: str, http: str = "1.1") -> ssl.SSLContext:  # noqa: ARG001 - what is offered is kept in a context
    """Return the TLS context that trusts the usual authorities and those in ``ca_file``.

    One for all probes of a version of HTTP: making one takes longer than a probe does.
    """
    context = httpx.create_ssl_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def is_address(host: str) -> bool:
    """Return whether a host is an address already, so that there is nothing to look up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@final
class TimedTransport(httpx.BaseTransport):
    """Carries httpx's requests straight to the platform: no proxy, no retry.

    ``keep`` keeps connections for the requests that follow. ``context`` is None where there is no TLS, so that
    HTTP/2 is spoken unasked. Raises `NoAnswer` and httpcore's own errors.
    """

    def __init__(
        self, *, limits: Limits, context: ssl.SSLContext | None, resolve: Resolver, keep: bool, http: str
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            http1=http == "1.1" or context is not None,
            http2=http == "2",
            max_connections=None,
            max_keepalive_connections=limits.at_once if keep else 0,
            keepalive_expiry=limits.idle.total_seconds(),
            retries=0,
            network_backend=Backend(resolve, framed=http == "2" and context is None),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer as soon as its headers are here."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.read(),
            )
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions={"http_version": answer.extensions["http_version"]},
        )

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.close()


@final
class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer.iter_stream())

    def close(self) -> None:
        self._answer.close()


@final
class Backend(httpcore.SyncBackend):
    """Opens connections under the watch of who asks: the name is resolved first, then its addresses connected to."""

    def __init__(self, resolve: Resolver, *, framed: bool = False) -> None:
        self._resolve = resolve
        self._framed = framed

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the limits are the stopwatch's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        watch = running()
        if watch.opened:  # httpcore would try anew what HTTP/2 did not take, and nobody would know
            raise NoAnswer(Trouble.GOAWAY, f"{watch.peer} sent the request away (HTTP/2 GOAWAY)")
        watch.opened = True
        addresses = _of_family(watch.family, host, self._look_up(watch, host, port))
        began = watch.now()
        stream = self._connect(watch, addresses, port, local_address, socket_options)
        watch.connect = watch.now() - began
        stamped(stream.get_extra_info("socket"))
        return _Stream(stream, framed=self._framed)

    def _look_up(self, watch: Stopwatch, host: str, port: int) -> Sequence[str]:
        if is_address(host):
            return [host]
        seconds, over = watch.left(watch.limits.dns, Trouble.DNS_TIMEOUT, f"no address of {host}")
        found: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

        def ask() -> None:
            try:
                found.put(self._resolve(host, port))
            except OSError as error:
                found.put(error)
            except UnicodeError as error:  # a part of the name is empty or too long: it was not even asked for
                found.put(OSError(f"it is no name: {error}"))

        began = watch.now()
        # The system's resolver cannot be told to give up: it is left behind in a thread that keeps nobody waiting.
        Thread(target=ask, daemon=True, name=f"look up {host}").start()
        try:
            addresses = found.get(timeout=seconds)
        except Empty:
            raise over from None
        if isinstance(addresses, OSError):
            raise NoAnswer(Trouble.DNS, f"{host} has no address: {addresses.strerror or addresses}")
        if not addresses:
            raise NoAnswer(Trouble.DNS, f"{host} has no address")
        watch.dns = watch.now() - began
        return addresses

    def _connect(
        self,
        watch: Stopwatch,
        addresses: Sequence[str],
        port: int,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        """Try the addresses one by one. Each gets its share of what is left, so that a dead one cannot use it all."""
        until = watch.now() + watch.limits.connect
        failed: list[NoAnswer] = []
        for tried, address in enumerate(addresses):
            share = max((until - watch.now()) / (len(addresses) - tried), timedelta(milliseconds=1))
            peer = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            seconds, over = watch.left(share, Trouble.CONNECT_TIMEOUT, f"no connection to {peer}")
            try:
                stream = super().connect_tcp(address, port, seconds, local_address, socket_options)
            except httpcore.ConnectTimeout:
                failed.append(over)
            except httpcore.ConnectError as error:
                failed.append(_not_connected(error, peer))
            else:
                watch.peer = peer
                return stream
        raise NoAnswer(failed[0].trouble, "; ".join(one.detail for one in failed))


def _of_family(family: str, host: str, addresses: Sequence[str]) -> Sequence[str]:
    version = {"ipv4": 4, "ipv6": 6}.get(family)
    left = [one for one in addresses if version in {None, ip_address(one.partition("%")[0]).version}]
    if not left:
        name = "IPv4" if version == 4 else "IPv6"
        raise NoAnswer(Trouble.DNS, f"{host} has no address of {name}, only {', '.join(addresses)}")
    return left


def _not_connected(error: httpcore.ConnectError, peer: str) -> NoAnswer:
    cause = error.__cause__
    if isinstance(cause, ConnectionRefusedError):
        return NoAnswer(Trouble.REFUSED, f"nothing listens at {peer}")
    if isinstance(cause, ConnectionResetError):
        return NoAnswer(Trouble.RESET, f"{peer} reset the connection while it was opened")
    return NoAnswer(Trouble.UNREACHABLE, f"{peer}: {getattr(cause, 'strerror', None) or error}")


@final
class _Stream(httpcore.NetworkStream):
    """A connection that tells the stopwatch of the request under way what it does."""

    def __init__(self, stream: httpcore.NetworkStream, *, framed: bool, secured: Secured = _OPEN) -> None:
        self._stream = stream
        self._socket = stream.get_extra_info("socket")
        self._secured = secured
        self._frames = Frames() if framed else None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the stopwatch's
        watch = running()
        what = "nothing more of the answer" if watch.answered else "no first byte"
        seconds, over = watch.left(watch.limits.read, Trouble.READ_TIMEOUT, what)
        try:
            data, at = receive(self._socket, max_bytes, seconds, watch.now)
        except TimeoutError:
            raise over from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        watch.received(len(data), answers=self._frames is None or self._frames.answer(data), at=at)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the stopwatch's
        watch = running()
        watch.sending()
        watch.secured = self._secured  # here, as a kept connection was secured under the watch of another request
        seconds, over = watch.left(watch.limits.write, Trouble.WRITE_TIMEOUT, "the request was not taken")
        try:
            self._stream.write(buffer, seconds)
        except httpcore.WriteTimeout:
            raise over from None

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the stopwatch's
    ) -> httpcore.NetworkStream:
        watch = running()
        seconds, over = watch.left(watch.limits.tls, Trouble.TLS_TIMEOUT, f"no TLS with {watch.peer}")
        began = watch.now()
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        except httpcore.ConnectTimeout:
            raise over from None
        except httpcore.ConnectError as error:
            raise _no_tls(error, watch.peer) from error
        watch.tls = watch.now() - began
        secured = stream.get_extra_info("ssl_object")
        watch.secured = Secured(secured.version() or "", (secured.cipher() or ("",))[0], _chain(secured))
        return _Stream(stream, framed=secured.selected_alpn_protocol() == "h2", secured=watch.secured)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _chain(secured: Any) -> tuple[bytes, ...]:
    """Return the certificates that hold, the platform's own first; where Python keeps them to itself, only that."""
    if not hasattr(secured, "get_verified_chain"):
        return (secured.getpeercert(True) or b"",)
    return tuple(one.public_bytes(_DER) for one in secured.get_verified_chain())


def _no_tls(error: httpcore.ConnectError, peer: str) -> NoAnswer:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        trouble = _DOES_NOT_HOLD.get(cause.verify_code, Trouble.TLS)
        return NoAnswer(trouble, f"the certificate of {peer} does not hold: {cause.verify_message.rstrip('.')}")
    if isinstance(cause, ConnectionResetError):
        return NoAnswer(Trouble.RESET, f"{peer} reset the connection during the TLS handshake")
    if isinstance(cause, ssl.SSLEOFError):
        return NoAnswer(Trouble.TLS, f"{peer} closed the connection during the TLS handshake")
    return NoAnswer(Trouble.TLS, f"no TLS with {peer}: {getattr(cause, 'reason', None) or error}")
