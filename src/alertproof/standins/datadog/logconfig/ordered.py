"""What the account keeps in an order that it can be told: log pipelines, indexes and archives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.standins.bounded import Weights
from alertproof.standins.datadog.wire import ApiError, read_body, weigh

__all__ = ["Kept", "OrderedBook", "Wire", "ordered_routes"]

#: One thing as it is answered.
Kept = dict[str, Any]


class OrderedBook:
    """Things of one kind by the name that their path has, in their order."""

    KEPT = 1_000
    SIZE = 16 * 1024 * 1024
    #: What one is called, and how the answer begins where there is none.
    what: str
    missing: str

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)

    def listed(self) -> list[Kept]:
        """Return all of them, in order."""
        return list(self._kept.values())

    def get(self, name: str) -> Kept:
        """Return one; raises `ApiError` 404."""
        if name not in self._kept:
            raise ApiError(404, self.missing.format(name))
        return self._kept[name]

    def keep(self, name: str, shown: Kept) -> Kept:
        """Add one at the end, or put it in the place of the one of that name; returns it."""
        weigh(self._weights, name, shown)
        self._kept[name] = shown
        return shown

    def delete(self, name: str) -> None:
        """Forget one; raises `ApiError` 404."""
        self.get(name)
        del self._kept[name]
        self._weights.drop(name)

    def order(self, names: list[str]) -> None:
        """Put them in an order, which has to name each once; raises `ApiError` 422."""
        if sorted(names) != sorted(self._kept):
            raise ApiError(422, f"The order has to name every {self.what} of the account once, and nothing else")
        self._kept = {name: self._kept[name] for name in names}

    def names(self) -> list[str]:
        """Return their names, in order."""
        return list(self._kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How a kind is spoken of: one as ``one``, all as ``all``, their order as ``order``; ``read_order`` reads it.

    ``put`` reads a request and keeps what it says, as a new one or as the one of a name.
    """

    root: str
    order_root: str
    put: Callable[[Request, str | None], Awaitable[Kept]]
    one: Callable[[Kept], Any]
    all: Callable[[list[Kept]], Any]
    order: Callable[[list[str]], Any]
    read_order: Callable[[bytes], list[str]]
    deleted: int = 200


def ordered_routes(book: OrderedBook, wire: Wire) -> list[Route]:
    """Return the routes of a kind: created, listed, read, replaced and deleted; and that of their order."""

    async def create(request: Request) -> JSONResponse:
        return JSONResponse(wire.one(await wire.put(request, None)))

    async def listing(_request: Request) -> JSONResponse:
        return JSONResponse(wire.all(book.listed()))

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(wire.one(book.get(request.path_params["name"])))

    async def update(request: Request) -> JSONResponse:
        name = str(request.path_params["name"])
        book.get(name)
        return JSONResponse(wire.one(await wire.put(request, name)))

    async def delete(request: Request) -> Response:
        book.delete(request.path_params["name"])
        return Response(status_code=wire.deleted)

    async def order(request: Request) -> JSONResponse:
        if request.method == "PUT":
            book.order(wire.read_order(await read_body(request)))
        return JSONResponse(wire.order(book.names()))

    one = f"{wire.root}/{{name}}"
    return [
        Route(wire.root, create, methods=["POST"]),
        Route(wire.root, listing, methods=["GET"]),
        Route(one, get, methods=["GET"]),
        Route(one, update, methods=["PUT"]),
        Route(one, delete, methods=["DELETE"]),
        Route(wire.order_root, order, methods=["GET", "PUT"]),
    ]
