"""The webhooks integration: what a ``@webhook-Name`` handle calls, and the account's own variables."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.datadog.webhook import DEFAULT_PAYLOAD, Webhook
from alertproof.standins.datadog.wire import UNREADABLE, ApiError, decode, read_body

__all__ = ["PREFIX", "WebhookBook", "webhook_routes"]

PREFIX = "webhook-"
_ROOT = "/api/v1/integration/webhooks/configuration"
#: Of webhooks and of variables; beyond these none is taken.
_MOST = 10_000
#: Upper case, digits and underscores. [OPENAPI WebhooksIntegrationCustomVariable]
_VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


class _Hook(msgspec.Struct):
    name: str
    url: str
    payload: str | None = None
    custom_headers: str | None = None
    encode_as: Literal["json", "form"] = "json"


class _Variable(msgspec.Struct):
    name: str
    value: str
    is_secret: bool


_T = TypeVar("_T", _Hook, _Variable)
_CHANGE = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind(Generic[_T]):
    """What is kept by name: its path, what it is called, what it must be, and how it is shown."""

    path: str
    called: str
    decoder: msgspec.json.Decoder[_T]
    check: Callable[[_T], object]
    shown: Callable[[_T], dict[str, Any]]


class WebhookBook:
    """Webhooks and variables by name."""

    def __init__(self) -> None:
        self.hooks: dict[str, _Hook] = {}
        self.variables: dict[str, _Variable] = {}

    def resolve(self, handle: str) -> Webhook | None:
        """Return the webhook of a handle without '@', with the account's variables; white space is '-' there."""
        wanted = handle.removeprefix(PREFIX)
        hook = next((hook for name, hook in self.hooks.items() if wanted in (name, "-".join(name.split()))), None)
        if hook is None:
            return None
        variables = {name: variable.value for name, variable in self.variables.items()}
        return replace(_webhook(hook), variables=variables)


def webhook_routes(book: WebhookBook) -> list[Route]:
    """Return the routes under /api/v1/integration/webhooks."""
    hooks = _Kind(
        path="webhooks", called="Webhook", decoder=msgspec.json.Decoder(_Hook), check=_check_hook, shown=_shown
    )
    variables = _Kind(
        path="custom-variables",
        called="Custom variable",
        decoder=msgspec.json.Decoder(_Variable),
        check=_check_variable,
        shown=_variable_shown,
    )
    return [*_routes(hooks, lambda: book.hooks), *_routes(variables, lambda: book.variables)]


def _routes(kind: _Kind[_T], kept: Callable[[], dict[str, _T]]) -> list[Route]:
    """Return the four routes of a kind; ``kept`` returns those that there are, by name."""

    def found(request: Request) -> _T:
        name = request.path_params["name"]
        if name not in kept():
            raise ApiError(404, f"{kind.called} {name} does not exist")
        return kept()[name]

    def keep(one: _T, old: _T | None = None) -> dict[str, Any]:
        if one.name in kept() and (old is None or one.name != old.name):
            raise ApiError(400, f"{kind.called} {one.name} already exists")
        kind.check(one)
        if old is None and len(kept()) >= _MOST:
            raise ApiError(400, f"the stand-in keeps at most {_MOST} of a kind")
        if old is not None:
            del kept()[old.name]
        kept()[one.name] = one
        return kind.shown(one)

    async def create(request: Request) -> JSONResponse:
        return JSONResponse(keep(decode(kind.decoder, await read_body(request))), status_code=201)

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(kind.shown(found(request)))

    async def update(request: Request) -> JSONResponse:
        old = found(request)
        return JSONResponse(keep(_changed(old, decode(_CHANGE, await read_body(request))), old))

    async def delete(request: Request) -> JSONResponse:
        del kept()[found(request).name]
        return JSONResponse({})

    root = f"{_ROOT}/{kind.path}"
    return [
        Route(root, create, methods=["POST"]),
        Route(f"{root}/{{name}}", get, methods=["GET"]),
        Route(f"{root}/{{name}}", update, methods=["PUT"]),
        Route(f"{root}/{{name}}", delete, methods=["DELETE"]),
    ]


def _check_hook(hook: _Hook) -> None:
    if not hook.name or not hook.url:
        raise ApiError(400, "a webhook has a name and a url")
    _webhook(hook)


def _check_variable(variable: _Variable) -> None:
    if not _VARIABLE_NAME.fullmatch(variable.name):
        raise ApiError(400, f"{variable.name!r}: a custom variable is called in upper case, such as API_KEY")


def _changed(old: _T, given: dict[str, Any]) -> _T:
    try:
        return msgspec.convert({**msgspec.to_builtins(old), **given}, type(old))
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error)) from error


def _webhook(hook: _Hook) -> Webhook:
    """Return what the engine calls; raises `ApiError` 400 for headers that are no JSON object of texts."""
    try:
        headers = msgspec.json.decode(hook.custom_headers) if hook.custom_headers else {}
    except UNREADABLE as error:
        raise ApiError(400, f"custom_headers is not JSON: {error}") from error
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ApiError(400, "custom_headers is to be a JSON object of texts")
    return Webhook(
        name=hook.name, url=hook.url, payload=hook.payload, headers=headers, as_form=hook.encode_as == "form"
    )


def _shown(hook: _Hook) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(hook)
    return {**shown, "payload": DEFAULT_PAYLOAD if hook.payload is None else hook.payload}


def _variable_shown(variable: _Variable) -> dict[str, Any]:
    """Return a variable; the value of a secret one is never shown [OPENAPI]."""
    shown: dict[str, Any] = msgspec.to_builtins(variable)
    return {name: value for name, value in shown.items() if name != "value" or not variable.is_secret}
