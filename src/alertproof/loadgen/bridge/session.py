"""Locust's fast client, held to the target alone and to a time limit; each request is reported with its own times."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Protocol

import gevent
import gevent.ssl
import msgspec
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.response import HTTPConnectionClosed
from geventhttpclient.url import URL
from locust import User, events
from locust.contrib.fasthttp import FastHttpSession, FastResponse
from locust.exception import CatchResponseError

from alertproof.clock import SystemClock
from alertproof.loadgen.bridge.cookies import Cookies
from alertproof.loadgen.bridge.scenario import ScenarioError

__all__ = ["Arrival", "OneHost", "Request", "Requests", "Session"]

_REDIRECTS = 5
_KEY = "alertproof"  # the key in Locust's request context under which a request's own times travel
_CLOCK = SystemClock()
_MILLISECOND = timedelta(milliseconds=1)
_BITS = random.Random().getrandbits  # noqa: S311 - names requests; a fifth of what uuid4 costs


@dataclass(slots=True)
class Arrival:
    """One task of the scenario; its first request takes over ``due``, the instant at which it was to start."""

    due: timedelta | None
    failed: bool = False
    pending: list[timedelta] = field(
        default_factory=list
    )  # of the requests that are not done, from the run's beginning


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request; its latency counts from ``due``. Instants are those of the monotonic clock."""

    started: timedelta
    due: timedelta
    arrival: Arrival | None
    correlation_id: str = msgspec.field(default_factory=lambda: f"{_BITS(128):032x}")


class Requests(Protocol):
    """Who is asked before a request, and told after it."""

    def check(self, method: str, url: str) -> None:
        """Raise `ScenarioError` for a request that may not be sent."""
        ...

    def begun(self, request: Request) -> None:
        """Take in a request that takes over no arrival's due, before it is sent."""
        ...

    def done(self, request: Request, name: str, *, latency: timedelta, trouble: str) -> None:
        """Take in a request; ``trouble`` says why it failed, and is empty for one that did not."""
        ...


class OneHost(HTTPClientPool):
    """Connections to the target alone: another address is refused here, also behind a redirect. TLS is verified."""

    def __init__(self, base_url: str, *, places: int, timeout: float) -> None:
        super().__init__(
            concurrency=places,
            connection_timeout=timeout,
            network_timeout=None,  # a session limits the whole request; a second timer for each wait is dear
            ssl_context_factory=_trusted,
            insecure=False,
        )
        self._base_url = base_url
        self._only = URL(base_url)

    @staticmethod
    def _place(url: URL) -> tuple[str, str, int | None]:
        return url.scheme, url.host, url.port

    def get_client(self, url: str | URL) -> HTTPClient:
        """Return the client of the target; raises `ScenarioError` for any other address."""
        url = URL(url) if isinstance(url, str) else url
        only = self._only
        # Nearly every address is spelled as the target's is: host and port need not be read out of both.
        spelled_alike = url.netloc == only.netloc and url.scheme == only.scheme
        if not spelled_alike and self._place(url) != self._place(only):
            raise ScenarioError(f"a request to {url.scheme}://{url.netloc}: load goes to {self._base_url} alone")
        return self._client

    @cached_property
    def _client(self) -> HTTPClient:
        client = super().get_client(self._only)
        # The client sends a request again when the connection closes without an answer, as often as its pool has
        # places: load of its own. Once is right, for a kept connection that the server has just given up.
        client._connection_pool.size = 0  # noqa: SLF001 - read for the number of attempts alone
        return client


def _trusted(cafile: str | None = None) -> gevent.ssl.SSLContext:
    """Return a context that verifies against the system's authorities, ``SSL_CERT_FILE`` and the client's own."""
    context = gevent.ssl.create_default_context()
    if cafile:
        context.load_verify_locations(cafile=cafile)
    return context


class Session(FastHttpSession):
    """Takes the place of the client that Locust gives a user."""

    def __init__(self, requests: Requests, connections: OneHost, *, base_url: str, timeout: float, user: User) -> None:
        super().__init__(
            base_url=base_url,
            request_event=_Reports(requests, timeout),
            user=user,
            insecure=False,
            client_pool=connections,
            max_redirects=_REDIRECTS,
            max_retries=0,
        )
        self.cookiejar = self.client.cookiejar = Cookies()
        self._requests = requests
        self._timeout = timeout

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> Any:  # type: ignore[override]
        """Send a request, as Locust's client does; raises `ScenarioError` for one that may not be sent.

        Without a name it is counted under its path.
        """
        method = method.upper()
        self._requests.check(method, url)
        request = _begin()
        if request.due == request.started:
            self._requests.begun(request)
        headers = {"X-Correlation-Id": request.correlation_id, **(options.pop("headers", None) or {})}
        context = {**(options.pop("context", None) or {}), _KEY: request}
        name = name or getattr(gevent.getcurrent(), "request_name", None) or url.partition("?")[0]
        limit = gevent.get_hub().loop.timer(self._timeout)  # a quarter of what a Timeout costs that is not needed
        limit.start(self._too_long, gevent.getcurrent(), update=True)
        try:
            answer = super().request(method, url, name=name, headers=headers, context=context, **options)
        except gevent.GreenletExit:
            latency = _CLOCK.monotonic() - request.due
            self._requests.done(request, f"{method} {name}", latency=latency, trouble="had no answer at the run's end")
            raise
        finally:
            limit.stop()
            limit.close()
        if options.get("stream"):
            self._limit_the_rest(answer)
        return answer

    def _limit_the_rest(self, answer: FastResponse) -> None:
        """Limit each wait for what the scenario reads of an answer after its request has been counted."""
        waiting = answer._response  # noqa: SLF001 - None where there was no answer
        if waiting is not None and waiting._sock is not None:  # noqa: SLF001
            waiting._sock.settimeout(self._timeout)  # noqa: SLF001

    def _too_long(self, asking: gevent.Greenlet[..., object]) -> None:
        asking.throw(gevent.Timeout(self._timeout))

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Give the requests of a block a name: of this arrival alone, for others share the session at the same time."""
        arrival = gevent.getcurrent()
        arrival.request_name = name
        try:
            yield
        finally:
            arrival.request_name = None


def _begin() -> Request:
    started = _CLOCK.monotonic()
    arrival: Arrival | None = getattr(gevent.getcurrent(), "arrival", None)
    due = started
    if arrival is not None and arrival.due is not None:
        due, arrival.due = arrival.due, None
    return Request(started=started, due=due, arrival=arrival)


class _Reports:
    """Stands where a session expects Locust's event: counts a request, then tells Locust's own listeners."""

    def __init__(self, requests: Requests, timeout: float) -> None:
        self._requests = requests
        self._timeout = timeout

    def fire(self, **meta: Any) -> None:
        request: Request = meta["context"].pop(_KEY)
        latency = request.started - request.due + timedelta(milliseconds=meta["response_time"])
        name = f"{meta['request_type']} {meta['name']}"
        trouble = self._trouble(meta["exception"], meta["response"])
        self._requests.done(request, name, latency=latency, trouble=trouble)
        meta["response_time"] = latency / _MILLISECOND
        events.request.fire(**meta)  # type: ignore[no-untyped-call]

    def _trouble(self, error: BaseException | None, response: Any) -> str:
        """Return why a request failed, in words that are the same for the same cause."""
        if error is None:
            return ""
        if isinstance(error, CatchResponseError):
            words = f"was refused by the scenario: {error}"
        elif response.status_code >= 400:
            words = f"answered {response.status_code}"
        else:
            words = self._no_answer(getattr(error, "original", None) or error)
        return words[:200]

    def _no_answer(self, cause: BaseException) -> str:
        if isinstance(cause, gevent.Timeout | TimeoutError):
            return f"had no answer within {self._timeout:g} s"
        if isinstance(cause, gevent.ssl.SSLCertVerificationError):
            return f"found a certificate that is not trusted: {cause.verify_message}"
        if isinstance(cause, ConnectionRefusedError):
            return "found the connection refused"
        if isinstance(cause, ConnectionError | HTTPConnectionClosed):
            return "found the connection closed without an answer"
        return f"ended in {type(cause).__name__}: {cause}"
