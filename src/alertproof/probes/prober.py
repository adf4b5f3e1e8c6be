"""Sends requests to one platform and measures each."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import NamedTuple, TypeAlias, final
from uuid import uuid4

import httpcore
import httpx

from alertproof import __version__
from alertproof.clock import Clock, SystemClock
from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.request import Request
from alertproof.probes.stopwatch import Limits, Stopwatch, timing
from alertproof.probes.transport import Resolver, TimedTransport, resolve_by_system, trust
from alertproof.probes.trouble import NoAnswer, Trouble
from alertproof.probes.wording import clipped
from alertproof.redact import Secret

__all__ = ["CORRELATION_HEADER", "Prober"]

#: By this header the platform says under which name its logs and errors know a request. The probe sends one, too, so
#: that a request without an answer can be looked up.
CORRELATION_HEADER = "X-Correlation-Id"

_Lost: TypeAlias = NoAnswer | httpcore.NetworkError | httpcore.ProtocolError | httpx.DecodingError


class _Got(NamedTuple):
    status: int = 0
    headers: httpx.Headers = httpx.Headers()
    body: bytes = b""
    size: int = 0
    lost: NoAnswer | None = None


@final
class Prober:
    """Sends to the platform at ``base_url``; ``ca_file`` holds further authorities to trust.

    Straight to the platform: no proxy, no retries, redirects are answers, cookies are not kept. May be used by many
    threads at once.
    """

    def __init__(
        self,
        base_url: str,
        *,
        limits: Limits | None = None,
        ca_file: str = "",
        resolve: Resolver = resolve_by_system,
        correlation_header: str = CORRELATION_HEADER,
        clock: Clock | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._url = _address(base_url)
        self._correlation_header = correlation_header
        self._clock = clock or SystemClock()
        # Only an https platform needs authorities, and loading them takes longer than a probe.
        context = trust(ca_file) if self._url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._cold, self._kept = (
            httpx.Client(
                transport=TimedTransport(limits=self.limits, context=context, resolve=resolve, keep=keep),
                base_url=self._url,
                headers={
                    "User-Agent": f"alertproof-probe/{__version__}",
                    "Connection": "keep-alive" if keep else "close",
                },
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                trust_env=False,
                follow_redirects=False,
            )
            for keep in (False, True)
        )

    def __enter__(self) -> Prober:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections."""
        self._kept.close()
        self._cold.close()

    def send(self, request: Request) -> Answer:
        """Send a request and return its answer; what kept it away is in the answer, too."""
        client = self._kept if request.keep else self._cold
        wire = self._wire(client, request)
        at = self._clock.now()
        watch = Stopwatch(self.limits, self._clock)
        with timing(watch):
            got = _get(client, wire, watch)
        return self._answer(request, wire, at, watch, got)

    def send_all(self, requests: Iterable[Request]) -> list[Answer]:
        """Send several at once, at most ``limits.at_once`` at a time, and return their answers in order."""
        requests = list(requests)
        if not requests:
            return []
        with ThreadPoolExecutor(min(len(requests), self.limits.at_once), "alertproof-probe") as threads:
            return list(threads.map(self.send, requests))

    def _wire(self, client: httpx.Client, request: Request) -> httpx.Request:
        headers = {self._correlation_header: f"probe-{uuid4().hex[:16]}"}
        headers |= {name: str(_revealed(value)) for name, value in request.headers.items()}
        try:
            # An empty query would take away the one that the path brings along.
            return client.build_request(
                request.method,
                request.path,
                params=dict(request.params) or None,
                headers=headers,
                json=_revealed(request.json),
                content=request.content or None,
            )
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            # Not with its traceback: there the secrets are revealed.
            said = request.without_secrets(str(error))
            raise ConfigError(f"{request}: the request cannot be sent: {clipped(said)}") from None

    def _answer(self, request: Request, wire: httpx.Request, at: datetime, watch: Stopwatch, got: _Got) -> Answer:
        sent = wire.headers[self._correlation_header]
        whole = got.lost is None
        return Answer(
            request=request,
            url=self._url,
            at=at,
            total=watch.total(whole=whole),
            phases=watch.phases(whole=whole),
            connection="cold" if watch.opened else "warm",
            correlation_id=got.headers.get(self._correlation_header, sent),
            status=got.status if whole else 0,
            headers=got.headers,
            body=got.body,
            size=got.size,
            peer=watch.peer,
            leaf=watch.leaf,
            trouble=None if got.lost is None else got.lost.trouble,
            detail="" if got.lost is None else got.lost.detail,
        )


def _address(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
        known = url.scheme in {"http", "https"} and url.host
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigError(f"{base_url!r} is not an address: {error}") from error
    if not known:
        raise ConfigError(f"{base_url!r} is not an address that a probe can reach; write https://host or http://host")
    return url


def _revealed(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {name: _revealed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_revealed(inner) for inner in value]
    return value


def _get(client: httpx.Client, wire: httpx.Request, watch: Stopwatch) -> _Got:
    """Send and read to the end, within the watch's limits."""
    got = _Got()
    try:
        answer = client.send(wire, stream=True)
        got = _Got(status=answer.status_code, headers=answer.headers)
        body = bytearray()
        try:
            for part in answer.iter_bytes():
                body += part
                if max(len(body), answer.num_bytes_downloaded) > watch.limits.body:
                    raise NoAnswer(Trouble.TOO_LARGE, f"the body is larger than {watch.limits.body:,} bytes")
        finally:
            got = got._replace(body=bytes(body), size=answer.num_bytes_downloaded)
            answer.close()
    except (NoAnswer, httpcore.NetworkError, httpcore.ProtocolError, httpx.DecodingError) as error:
        lost = _named(error, watch)
        after = f"; before that came status {got.status} and {got.size:,} bytes" if got.status else ""
        got = got._replace(lost=NoAnswer(lost.trouble, lost.detail + after))
    return got


def _named(error: _Lost, watch: Stopwatch) -> NoAnswer:
    """Say what kept the answer away. What happened at the socket tells more than the error's words."""
    match error:
        case NoAnswer():
            return error
        case httpcore.LocalProtocolError():
            raise ConfigError(f"the request cannot be sent: {error}") from error
        case httpx.DecodingError():
            return NoAnswer(Trouble.MALFORMED, f"the body is not in its own encoding: {error}")
        case httpcore.NetworkError():
            return NoAnswer(Trouble.RESET, f"{watch.peer or 'the platform'} reset the connection")
        case httpcore.ProtocolError() if watch.ended:
            return NoAnswer(Trouble.CLOSED, "the connection was closed before the answer was whole")
        case _:
            said = re.sub(r"bytearray\(b(.*)\)", r"\1", str(error))
            return NoAnswer(Trouble.MALFORMED, f"not HTTP: {clipped(said)}")
