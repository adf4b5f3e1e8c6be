"""The PagerDuty integration's services: which routing key a ``@pagerduty-Name`` handle stands for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.redact import Secret
from alertproof.standins.datadog.wire import ApiError, decode, read_body

__all__ = ["PREFIX", "ServiceBook", "service_routes"]

PREFIX = "pagerduty"
#: Beyond these none is taken.
_MOST = 10_000


class _Service(msgspec.Struct):
    service_name: str
    service_key: str


class _Key(msgspec.Struct):
    service_key: str


_SERVICE = msgspec.json.Decoder(_Service)
_KEY = msgspec.json.Decoder(_Key)


class ServiceBook:
    """Routing keys by service name."""

    def __init__(self) -> None:
        self.keys: dict[str, Secret] = {}

    def resolve(self, handle: str) -> Sequence[tuple[str, Secret]]:
        """Return (name, key) of the services of a handle without '@'; empty when none is configured.

        ``pagerduty`` alone stands for every service. A handle cannot hold white space: a service's name is
        compared with its white space as '-'. [NOTIFY]
        """
        if handle == PREFIX:
            return tuple(self.keys.items())
        wanted = handle.removeprefix(f"{PREFIX}-")
        return tuple((name, key) for name, key in self.keys.items() if wanted in (name, "-".join(name.split())))


def service_routes(book: ServiceBook) -> list[Route]:
    """Return the routes under /api/v1/integration/pagerduty."""

    async def create(request: Request) -> JSONResponse:
        service = decode(_SERVICE, await read_body(request))
        if not service.service_name or not service.service_key:
            raise ApiError(400, "service_name and service_key must not be empty")
        if service.service_name in book.keys:
            raise ApiError(409, f"a service named {service.service_name!r} is there already: change its key with PUT")
        if len(book.keys) >= _MOST:
            raise ApiError(400, f"the stand-in keeps at most {_MOST} of a kind")
        book.keys[service.service_name] = Secret(service.service_key)
        return JSONResponse({"service_name": service.service_name}, status_code=201)

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"service_name": _found(book, request)})

    async def update(request: Request) -> Response:
        name = _found(book, request)
        key = decode(_KEY, await read_body(request)).service_key
        if not key:
            raise ApiError(400, "service_key must not be empty")
        book.keys[name] = Secret(key)
        return Response(status_code=200)

    async def delete(request: Request) -> Response:
        del book.keys[_found(book, request)]
        return Response(status_code=204)

    root = "/api/v1/integration/pagerduty/configuration/services"
    one = f"{root}/{{service_name}}"
    return [
        Route(root, create, methods=["POST"]),
        Route(one, get, methods=["GET"]),
        Route(one, update, methods=["PUT"]),
        Route(one, delete, methods=["DELETE"]),
    ]


def _found(book: ServiceBook, request: Request) -> str:
    name: str = request.path_params["service_name"]
    if name not in book.keys:
        raise ApiError(404, f"no PagerDuty service named {name!r} is configured")
    return name
