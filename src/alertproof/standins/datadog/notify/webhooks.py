"""The webhooks integration: what a ``@webhook-Name`` handle calls, and the account's own variables."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.datadog.webhook import DEFAULT_PAYLOAD, Webhook
from alertproof.standins.datadog.wire import ApiError, decode, read_body

__all__ = ["PREFIX", "WebhookBook", "webhook_routes"]

PREFIX = "webhook-"
_ROOT = "/api/v1/integration/webhooks/configuration"
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
_HOOK = msgspec.json.Decoder(_Hook)
_VARIABLE = msgspec.json.Decoder(_Variable)
_CHANGE = msgspec.json.Decoder(dict[str, Any])


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
    return [*_hook_routes(book), *_variable_routes(book)]


def _hook_routes(book: WebhookBook) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        hook = decode(_HOOK, await read_body(request))
        if hook.name in book.hooks:
            raise ApiError(400, f"Webhook {hook.name} already exists")
        return JSONResponse(_kept(book, hook), status_code=201)

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(_shown(_hook(book, request)))

    async def update(request: Request) -> JSONResponse:
        old = _hook(book, request)
        hook = _changed(old, decode(_CHANGE, await read_body(request)))
        if hook.name != old.name and hook.name in book.hooks:
            raise ApiError(400, f"Webhook {hook.name} already exists")
        shown = _kept(book, hook)
        if hook.name != old.name:
            del book.hooks[old.name]
        return JSONResponse(shown)

    async def delete(request: Request) -> JSONResponse:
        del book.hooks[_hook(book, request).name]
        return JSONResponse({})

    one = f"{_ROOT}/webhooks/{{name}}"
    return [
        Route(f"{_ROOT}/webhooks", create, methods=["POST"]),
        Route(one, get, methods=["GET"]),
        Route(one, update, methods=["PUT"]),
        Route(one, delete, methods=["DELETE"]),
    ]


def _variable_routes(book: WebhookBook) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        variable = decode(_VARIABLE, await read_body(request))
        if variable.name in book.variables:
            raise ApiError(400, f"Custom variable {variable.name} already exists")
        return JSONResponse(_kept_variable(book, variable), status_code=201)

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(_variable_shown(_variable(book, request)))

    async def update(request: Request) -> JSONResponse:
        old = _variable(book, request)
        variable = _changed(old, decode(_CHANGE, await read_body(request)))
        if variable.name != old.name:
            if variable.name in book.variables:
                raise ApiError(400, f"Custom variable {variable.name} already exists")
            del book.variables[old.name]
        return JSONResponse(_kept_variable(book, variable))

    async def delete(request: Request) -> JSONResponse:
        del book.variables[_variable(book, request).name]
        return JSONResponse({})

    one = f"{_ROOT}/custom-variables/{{name}}"
    return [
        Route(f"{_ROOT}/custom-variables", create, methods=["POST"]),
        Route(one, get, methods=["GET"]),
        Route(one, update, methods=["PUT"]),
        Route(one, delete, methods=["DELETE"]),
    ]


def _hook(book: WebhookBook, request: Request) -> _Hook:
    name = request.path_params["name"]
    if name not in book.hooks:
        raise ApiError(404, f"Webhook {name} does not exist")
    return book.hooks[name]


def _variable(book: WebhookBook, request: Request) -> _Variable:
    name = request.path_params["name"]
    if name not in book.variables:
        raise ApiError(404, f"Custom variable {name} does not exist")
    return book.variables[name]


def _kept(book: WebhookBook, hook: _Hook) -> dict[str, Any]:
    if not hook.name or not hook.url:
        raise ApiError(400, "a webhook has a name and a url")
    _webhook(hook)
    book.hooks[hook.name] = hook
    return _shown(hook)


def _kept_variable(book: WebhookBook, variable: _Variable) -> dict[str, Any]:
    if not _VARIABLE_NAME.fullmatch(variable.name):
        raise ApiError(400, f"{variable.name!r}: a custom variable is called in upper case, such as API_KEY")
    book.variables[variable.name] = variable
    return _variable_shown(variable)


def _changed(old: _T, given: dict[str, Any]) -> _T:
    try:
        return msgspec.convert({**msgspec.to_builtins(old), **given}, type(old))
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error)) from error


def _webhook(hook: _Hook) -> Webhook:
    """Return what the engine calls; raises `ApiError` 400 for headers that are no JSON object of texts."""
    try:
        headers = json.loads(hook.custom_headers) if hook.custom_headers else {}
    except json.JSONDecodeError as error:
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
