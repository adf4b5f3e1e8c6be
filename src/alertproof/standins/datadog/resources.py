"""Resources of ``/api/v2`` that are created, read, changed and deleted alike: rules, policies, templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.errors import AlertproofError
from alertproof.standins.bounded import Weights
from alertproof.standins.datadog.jsonapi import USER, author, read_attributes, resource
from alertproof.standins.datadog.wire import ApiError, page_of, weigh
from alertproof.standins.journal import drawn

__all__ = ["Kind", "Resource", "ResourceBook", "resource_routes"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """A kind of resource.

    ``read`` returns what attributes mean and raises for what is wrong; ``shown`` are the attributes as answered.
    """

    type: str
    root: str
    name: str
    writable: Sequence[str]
    read: Callable[[Mapping[str, Any]], T]
    shown: Callable[[Resource[T]], Mapping[str, Any]]
    changed_by: str = "PATCH"
    mismatch: tuple[int, str] = (400, "the id in the body does not match that in the URL")


@dataclass(slots=True, kw_only=True)
class Resource(Generic[T]):
    """One resource: its attributes as they were sent, and what they mean; ``past`` are those before each change."""

    id: str
    attributes: Mapping[str, Any]
    meaning: T
    created: datetime
    modified: datetime | None = None
    past: tuple[Mapping[str, Any], ...] = ()


class ResourceBook(Generic[T]):
    """Resources of one kind by id, in the order of creation."""

    #: More than anybody creates by hand or by Terraform; beyond these, or so many bytes of them, none is taken.
    KEPT = 10_000
    SIZE = 64 * 1024 * 1024
    #: So many changes of one are kept.
    VERSIONS = 100

    def __init__(self, kind: Kind[T]) -> None:
        self.kind = kind
        self._kept: dict[str, Resource[T]] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)

    def __iter__(self) -> Iterator[Resource[T]]:
        return iter(tuple(self._kept.values()))

    @property
    def meanings(self) -> tuple[T, ...]:
        """What all of them mean."""
        return tuple(each.meaning for each in self._kept.values())

    def get(self, name: str) -> Resource[T]:
        """Return one; raises `ApiError` 404."""
        if name not in self._kept:
            raise ApiError(404, f"{self.kind.name} not found")
        return self._kept[name]

    def check(self, attributes: Mapping[str, Any]) -> T:
        """Return what attributes mean; raises `ApiError` 400."""
        try:
            return self.kind.read(attributes)
        except AlertproofError as error:
            raise ApiError(400, str(error)) from error

    def create(self, attributes: Mapping[str, Any], now: datetime) -> Resource[T]:
        """Add one; raises `ApiError` 400 for what is wrong or not modelled."""
        meaning = self.check(attributes)
        made = Resource(id=str(drawn.uuid4()), attributes=attributes, meaning=meaning, created=now)
        weigh(self._weights, made.id, attributes)
        self._kept[made.id] = made
        return made

    def update(self, one: Resource[T], given: Mapping[str, Any], now: datetime) -> None:
        """Replace the attributes given; raises as :meth:`create`."""
        attributes = {**one.attributes, **given}
        meaning = self.check(attributes)
        past = (*one.past, one.attributes)[-self.VERSIONS :]
        weigh(self._weights, one.id, attributes, *past)
        one.attributes, one.meaning, one.past, one.modified = attributes, meaning, past, now

    def delete(self, name: str) -> None:
        """Forget one; raises `ApiError` 404."""
        self.get(name)
        del self._kept[name]
        self._weights.drop(name)


def resource_routes(book: ResourceBook[Any], clock: Clock) -> list[Route]:
    """Return the routes of a kind: create, list, read, change, delete."""
    kind = book.kind

    async def create(request: Request) -> JSONResponse:
        made = book.create(await read_attributes(request, kind.type, kind.writable), clock.now())
        return JSONResponse(_one(made, kind))

    async def update(request: Request) -> JSONResponse:
        one = book.get(request.path_params["name"])
        given = await read_attributes(request, kind.type, kind.writable, about=(one.id, *kind.mismatch))
        book.update(one, given, clock.now())
        return JSONResponse(_one(one, kind))

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(_one(book.get(request.path_params["name"]), kind))

    async def listing(request: Request) -> JSONResponse:
        page = page_of(list(book), request.query_params, size="per_page", page="page", default=ResourceBook.KEPT)
        return JSONResponse({"data": [_shown(each, kind) for each in page]})

    async def delete(request: Request) -> Response:
        book.delete(request.path_params["name"])
        return Response(status_code=204)

    one = f"{kind.root}/{{name}}"
    return [
        Route(kind.root, create, methods=["POST"]),
        Route(kind.root, listing, methods=["GET"]),
        Route(one, get, methods=["GET"]),
        Route(one, update, methods=[kind.changed_by]),
        Route(one, delete, methods=["DELETE"]),
    ]


def _shown(one: Resource[Any], kind: Kind[Any]) -> dict[str, Any]:
    return resource(kind.type, one.id, kind.shown(one), relationships={"created_by": author()})


def _one(one: Resource[Any], kind: Kind[Any]) -> dict[str, Any]:
    return {"data": _shown(one, kind), "included": [dict(USER)]}
