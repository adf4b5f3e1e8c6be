"""What both kinds of alerts share: those that there are, by id, and five routes: list, make, show, change, delete.

Source: docs.sentry.io/api/alerts.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.standins.sentry.web.asking import PAGE, Asking, Handler, MissingError, address, answer, guarded, read
from alertproof.standins.sentry.web.paging import BadRequestError, only, unpaged

__all__ = ["KeptAlerts"]

#: Of an organization at most. [docs.sentry.io: 100 slow, 500 fast rules]
_MOST = 500


class _Alert(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def org(self) -> str: ...


_T = TypeVar("_T", bound=_Alert)


class KeptAlerts(ABC, Generic[_T]):
    """Alerts of one kind; what a kind does otherwise it says in the methods below."""

    #: Parameters of a listing, beside those of its pages.
    filters: tuple[str, ...] = ()

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._numbers = itertools.count(1)
        self._alerts: dict[str, _T] = {}
        #: Links in pages lead where the alert was made.
        self._address = ""

    def __bool__(self) -> bool:
        return bool(self._alerts)

    def __iter__(self) -> Iterator[_T]:
        return iter(tuple(self._alerts.values()))

    @abstractmethod
    def _settle(self) -> None:
        """Let what came before a request have its consequences."""

    @abstractmethod
    def _understood(self, request: Request, document: dict[str, Any]) -> _T:
        """Return an alert as it was written; raises what :func:`guarded` answers."""

    @abstractmethod
    def _replace(self, old: _T, new: _T) -> None:
        """Put what another says into one, of which what it did stays."""

    @abstractmethod
    def _here(self, request: Request, alert: _T) -> bool:
        """Tell whether a request's path and parameters mean an alert of their organization."""

    @abstractmethod
    def _row(self, alert: _T) -> dict[str, Any]:
        """Return an alert as it is shown."""

    def _made_status(self, alert: _T) -> int:  # noqa: ARG002 - for those that differ
        return 201

    def _gone(self, alert: _T) -> Response:  # noqa: ARG002
        return Response(status_code=204)

    def _routes_below(self, root: str) -> list[Route]:
        one = f"{root}{{alert_id}}/"
        table: list[tuple[str, str, Handler]] = [
            ("GET", root, self._listed),
            ("POST", root, self._made),
            ("GET", one, self._shown),
            ("PUT", one, self._changed),
            ("DELETE", one, self._deleted),
        ]
        return [guarded(path, handler, method) for method, path, handler in table]

    async def _listed(self, request: Request) -> Response:
        only(request, *self.filters, *PAGE)
        return answer([self._row(alert) for alert in self._of(request)], unpaged(request))

    async def _made(self, request: Request) -> Response:
        alert = self._read(request, await read(request, dict[str, Any]))
        if sum(each.org == alert.org for each in self) >= _MOST:
            raise BadRequestError(f"You may not exceed {_MOST} alerts per organization")
        self._alerts[alert.id] = alert
        return answer(self._row(alert), status=self._made_status(alert))

    async def _shown(self, request: Request) -> Response:
        only(request, "expand")
        return answer(self._row(self._found(request)))

    async def _changed(self, request: Request) -> Response:
        old = self._found(request)
        self._replace(old, self._read(request, await read(request, dict[str, Any])))
        return answer(self._row(old))

    async def _deleted(self, request: Request) -> Response:
        alert = self._found(request)
        del self._alerts[alert.id]
        return self._gone(alert)

    def _read(self, request: Request, document: dict[str, Any]) -> _T:
        # What came before an alert is none of its business.
        self._settle()
        self._address = address(request)
        return self._understood(request, document)

    def _of(self, request: Request) -> list[_T]:
        org = self._asking.projects(request)[0].org
        self._settle()
        return [alert for alert in self if alert.org == org and self._here(request, alert)]

    def _found(self, request: Request) -> _T:
        found = {alert.id: alert for alert in self._of(request)}.get(request.path_params["alert_id"])
        if found is None:
            raise MissingError
        return found
