"""What every part of REST API v2 is made of: a desk, a clock and routes that ask for a token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.pagerduty import Desk
from alertproof.standins.pagerduty.asking import Handler, guarded, missing
from alertproof.standins.pagerduty.render import AccountRenderer
from alertproof.standins.pagerduty.render_incidents import IncidentRenderer

__all__ = ["Part", "address_of", "by_name", "found"]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)
_T = TypeVar("_T")


class Part:
    """Some routes over the account's desk."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._directory = desk.directory
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [Route(path, guarded(handler), methods=[method]) for method, path, handler in self._table()]

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        raise NotImplementedError

    def _account(self, request: Request) -> AccountRenderer:
        # What is due happens when somebody looks, each thing at its own instant.
        now = self._clock.now()
        self._desk.advance(now)
        return AccountRenderer(self._desk, address_of(request), now)

    def _happened(self, request: Request) -> IncidentRenderer:
        self._desk.advance(self._clock.now())
        return IncidentRenderer(self._desk, address_of(request))


def address_of(request: Request) -> str:
    """Return the stand-in's own address."""
    return f"{request.url.scheme}://{request.url.netloc}"


def by_name(entities: Iterable[_N], request: Request) -> list[_N]:
    """Return what has the parameter ``query`` in its name, sorted by name."""
    wanted = request.query_params.get("query", "").lower()
    return sorted((each for each in entities if wanted in each.name.lower()), key=lambda each: each.name.lower())


def found(kept: Mapping[str, _T], identity: str, what: str) -> _T:
    """Return what has an id; raises 404."""
    if identity not in kept:
        raise missing(f"{what} not found")
    return kept[identity]
