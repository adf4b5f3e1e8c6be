"""Sends requests to one platform and measures each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Any, final
from uuid import uuid4

import httpx

from alertproof import __version__
from alertproof.clock import Clock, SystemClock
from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.arrival import stamping
from alertproof.probes.ask import Ask, Dns, Tcp, Tls
from alertproof.probes.converse import converse
from alertproof.probes.decoding import ENCODINGS
from alertproof.probes.naming import look_up, prepare
from alertproof.probes.reading import Got, get
from alertproof.probes.redirects import follow
from alertproof.probes.request import Request
from alertproof.probes.stopwatch import Limits, Stopwatch, timing
from alertproof.probes.transport import Backend, Resolver, TimedTransport, resolve_by_system, trust
from alertproof.probes.trouble import NoAnswer
from alertproof.probes.wording import clipped
from alertproof.redact import Secret

__all__ = ["CORRELATION_HEADER", "Prober"]

#: By this header the platform says under which name its logs and errors know a request. The probe sends one, too, so
#: that a request without an answer can be looked up.
CORRELATION_HEADER = "X-Correlation-Id"
_ADDRESSES = 500  # kept: to read one takes a tenth of a probe


@final
class Prober:
    """Sends to the platform at ``base_url``; ``ca_file`` holds further authorities to trust.

    Straight to the platform: no proxy, no retries, redirects are answers unless a request says ``follow``, cookies are
    not kept. May be used by many threads at once.
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
        stamping()  # early: it takes a moment until the kernel does
        self._correlation_header = correlation_header
        self._clock = clock or SystemClock()
        self._ca_file = ca_file
        self._resolve = resolve
        self._backend = Backend(resolve)
        self._transports: dict[tuple[bool, str, str, str], TimedTransport] = {}
        self._making = Lock()
        self._addresses: dict[tuple[str, str], httpx.URL] = {}
        # Requests of several threads on one connection would note each other's bytes as their own.
        self._one_by_one = Lock()

    def __enter__(self) -> Prober:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections."""
        for transport in self._transports.values():
            transport.close()

    def send(self, request: Ask) -> Answer:
        """Send a request and return its answer; what kept it away is in the answer, too."""
        match request:
            case Request():
                return follow(request, self._once)
            case Tcp() | Tls():
                return self._converse(request)
            case Dns():
                return self._look_up(request)
            case _:
                raise ConfigError(f"{request} is none of what a probe can ask")

    def _converse(self, ask: Tcp | Tls) -> Answer:
        context = trust(self._ca_file, "") if isinstance(ask, Tls) else None
        at = self._clock.now()
        watch = Stopwatch(self.limits, self._clock, ask.family)
        with timing(watch):
            got = converse(ask, self._backend, context, watch)
        return _asked(ask, httpx.URL(f"{ask.kind}://{ask.asked}"), at, watch, got.lost, body=got.body, size=got.size)

    def _look_up(self, ask: Dns) -> Answer:
        question = prepare(ask)
        at = self._clock.now()
        watch = Stopwatch(self.limits, self._clock)
        found = look_up(question, watch)
        url = httpx.URL(f"dns://{watch.peer}")
        return _asked(ask, url, at, watch, found.lost, records=found.records, size=found.size)

    def _once(self, request: Request, url: httpx.URL | None) -> Answer:
        wire = self._wire(request, url)
        transport = self._transport(request, wire.url.scheme)
        with self._one_by_one if request.keep and request.http == "2" else nullcontext():
            at = self._clock.now()
            watch = Stopwatch(self.limits, self._clock, request.family)
            with timing(watch):
                got = get(transport, wire, watch)
        return self._answer(request, wire, at, watch, got)

    def send_all(self, requests: Iterable[Ask]) -> list[Answer]:
        """Send several at once, at most ``limits.at_once`` at a time, and return their answers in order."""
        requests = list(requests)
        if not requests:
            return []
        with ThreadPoolExecutor(min(len(requests), self.limits.at_once), "alertproof-probe") as threads:
            return list(threads.map(self.send, requests))

    def _transport(self, request: Request, scheme: str) -> TimedTransport:
        key = (request.keep, request.http, request.family if request.keep else "", scheme)
        with self._making:
            if key not in self._transports:
                # Only https needs authorities, and loading them takes longer than a probe.
                context = trust(self._ca_file, request.http) if scheme == "https" else None
                self._transports[key] = TimedTransport(
                    limits=self.limits, context=context, resolve=self._resolve, keep=request.keep, http=request.http
                )
            return self._transports[key]

    def _wire(self, request: Request, url: httpx.URL | None) -> httpx.Request:
        headers = {
            "Accept": "*/*",
            "Accept-Encoding": ENCODINGS,
            "User-Agent": f"alertproof-probe/{__version__}",
            self._correlation_header: f"probe-{uuid4().hex[:16]}",
        }
        if request.http == "1.1":  # the other has no such header
            headers["Connection"] = "keep-alive" if request.keep else "close"
        asked = httpx.Headers(headers)
        try:
            asked.update({name: str(_revealed(value)) for name, value in request.headers.items()})
            # An empty query would take away the one that the path brings along.
            return httpx.Request(
                request.method,
                url or self._address_of(request),
                params=dict(request.params) or None,
                headers=asked,
                json=_revealed(request.json),
                content=request.content or None,
                data={name: str(_revealed(value)) for name, value in request.form.items()} or None,
                files={name: (one.name, one.content, one.type) for name, one in request.files.items()} or None,
            )
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            # Not with its traceback: there the secrets are revealed.
            said = request.without_secrets(str(error))
            raise ConfigError(f"{request}: the request cannot be sent: {clipped(said)}") from None

    def _address_of(self, request: Request) -> httpx.URL:
        key = (request.origin, request.path)
        if key not in self._addresses:
            if len(self._addresses) >= _ADDRESSES:
                self._addresses.clear()
            origin = _address(request.origin) if request.origin else self._url
            before = origin.raw_path.rstrip(b"/")
            self._addresses[key] = origin.copy_with(raw_path=before + httpx.URL(request.path).raw_path)
        return self._addresses[key]

    def _answer(self, request: Request, wire: httpx.Request, at: datetime, watch: Stopwatch, got: Got) -> Answer:
        sent = wire.headers[self._correlation_header]
        whole = got.lost is None
        return Answer(
            request=request,
            url=wire.url,
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
            chain=watch.secured.chain,
            tls=watch.secured.version,
            cipher=watch.secured.cipher,
            version=got.version,
            trouble=None if got.lost is None else got.lost.trouble,
            detail="" if got.lost is None else got.lost.detail,
        )


def _asked(ask: Ask, url: httpx.URL, at: datetime, watch: Stopwatch, lost: NoAnswer | None, **found: Any) -> Answer:
    """Return the answer to what is no HTTP; it ends now."""
    return Answer(
        request=ask,
        url=url,
        at=at,
        total=watch.total(whole=False),
        phases=watch.phases(whole=lost is None),
        connection="cold",
        correlation_id="",
        headers=httpx.Headers(),
        peer=watch.peer,
        chain=watch.secured.chain,
        tls=watch.secured.version,
        cipher=watch.secured.cipher,
        version=ask.method,
        trouble=None if lost is None else lost.trouble,
        detail="" if lost is None else lost.detail,
        **found,
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
