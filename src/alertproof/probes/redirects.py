"""Follows redirects, each a request of its own that is measured, and says what is wrong with their way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx

from alertproof.probes.answer import Answer
from alertproof.probes.request import Request
from alertproof.probes.trouble import Trouble
from alertproof.redact import Secret

__all__ = ["follow"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization"})


def follow(request: Request, send: Callable[[Request, httpx.URL | None], Answer]) -> Answer:
    """Send a request, and what its redirects lead to, at most ``request.follow`` of them.

    ``send`` takes an address, None for the request's own. What is secret goes to no other origin. A redirect that leads
    in a circle, on and on, from https to http or nowhere is the answer's trouble.
    """
    answer = send(request, None)
    hops: list[Answer] = []
    asked = request
    while request.follow and answer.trouble is None and answer.status in _REDIRECTS and "Location" in answer.headers:
        url = _leads_to(answer)
        hops.append(answer)
        trouble, detail = _wrong(hops, url, asked)
        if trouble is not None or url is None:
            answer = replace(answer, status=0, trouble=trouble, detail=detail)
            hops.pop()
            break
        asked = _next(asked, answer, url)
        answer = send(asked, url)
    total = sum((hop.total for hop in hops), timedelta(0)) + answer.total
    return replace(answer, request=request, at=hops[0].at if hops else answer.at, total=total, hops=tuple(hops))


def _leads_to(answer: Answer) -> httpx.URL | None:
    try:
        url = answer.url.join(answer.headers["Location"])
    except (httpx.InvalidURL, UnicodeError):
        return None
    return url if url.scheme in {"http", "https"} and url.host else None


def _wrong(hops: list[Answer], url: httpx.URL | None, asked: Request) -> tuple[Trouble | None, str]:
    last = hops[-1]
    if url is None:
        return Trouble.REDIRECTS, f"{last.url} leads to what is no address: {last.shown(last.headers['Location'])}"
    if last.url.scheme == "https" and url.scheme == "http":
        return Trouble.INSECURE, f"{last.url} leads to {url}, where everybody can read along"
    if asked.entrusts and last.status in {307, 308} and _origin(url) != _origin(last.url):
        return Trouble.INSECURE, f"{last.url} would have a secret sent on to {url}"
    way = [str(hop.url) for hop in hops]
    if str(url) in way and asked.method in {"GET", "HEAD"}:
        return (
            Trouble.REDIRECTS,
            f"the redirects go in a circle: {' -> '.join([*way[way.index(str(url)) :], str(url)])}",
        )
    if len(hops) > asked.follow:
        return Trouble.REDIRECTS, f"more than {asked.follow} redirects, the next would be to {url}"
    return None, ""


def _next(asked: Request, answer: Answer, url: httpx.URL) -> Request:
    """Return what is asked next: as browsers do, what was a POST goes on as a GET unless 307 or 308 say otherwise."""
    headers = dict(asked.headers)
    if _origin(url) != _origin(answer.url):
        headers = {
            name: value
            for name, value in headers.items()
            if not isinstance(value, Secret) and name.lower() not in _PRIVATE
        }
    path = url.raw_path.decode("ascii")
    plain = replace(asked, path=f"/{path.lstrip('/')}", params={}, headers=headers)
    if answer.status in {307, 308} or asked.method in {"GET", "HEAD"}:
        return plain
    return replace(plain, method="GET", json=None, content=b"", form={}, files={})


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
