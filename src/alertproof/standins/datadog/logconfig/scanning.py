"""The account's sensitive data scanner: groups, and the rules in each, created, listed, changed and deleted.

Nothing that arrives is scanned. Source: docs.datadoghq.com/api/latest/sensitive-data-scanner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.standins.bounded import Weights
from alertproof.standins.datadog.jsonapi import refuse_unknown
from alertproof.standins.datadog.wire import ApiError, decode, read_body, weigh
from alertproof.standins.journal import drawn

__all__ = ["ScanningBook", "scanning_routes"]

_ROOT = "/api/v2/sensitive-data-scanner/config"
_CONFIGURATION = {"type": "sensitive_data_scanner_configuration", "id": "7957915c634d4dcb581fa154157f5ad9c2947f50"}
_GROUP, _RULE = "sensitive_data_scanner_group", "sensitive_data_scanner_rule"


class _Filter(msgspec.Struct):
    query: str = ""


class _Replacement(msgspec.Struct, omit_defaults=True):
    type: Literal[
        "none", "hash", "replacement_string", "partial_replacement_from_beginning", "partial_replacement_from_end"
    ]
    replacement_string: str | None = None
    number_of_chars: int | None = None
    should_save_match: bool | None = None


class _Group(msgspec.Struct, omit_defaults=True):
    name: str
    filter: _Filter = msgspec.field(default_factory=_Filter)
    description: str = ""
    is_enabled: bool = False
    product_list: list[Literal["logs", "rum", "events", "apm"]] = []
    samplings: list[dict[str, Any]] | None = None


class _Rule(msgspec.Struct, omit_defaults=True):
    name: str
    pattern: str = ""
    description: str = ""
    is_enabled: bool = False
    namespaces: list[str] = []
    excluded_namespaces: list[str] = []
    priority: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    tags: list[str] = []
    text_replacement: _Replacement | None = None
    included_keyword_configuration: dict[str, Any] | None = None
    suppressions: dict[str, Any] | None = None


class _Data(msgspec.Struct):
    type: str
    attributes: dict[str, Any] = {}
    relationships: dict[str, Any] = {}
    id: str = ""


class _Body(msgspec.Struct):
    data: _Data
    #: The client has to send it, whatever it says.
    meta: dict[str, Any]


class _Meta(msgspec.Struct):
    meta: dict[str, Any]


_BODY = msgspec.json.Decoder(_Body)
_META = msgspec.json.Decoder(_Meta)
_Kept = dict[str, Any]


class ScanningBook:
    """Groups in order, each with its rules in order; ``version`` counts the changes."""

    KEPT = 1_000
    SIZE = 4 * 1024 * 1024

    def __init__(self) -> None:
        self.version = 0
        self._groups: dict[str, _Kept] = {}
        self._rules: dict[str, _Kept] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)

    def groups(self) -> list[_Kept]:
        """Return the groups, each naming its rules."""
        return [
            {
                "type": _GROUP,
                "id": name,
                "attributes": attributes,
                "relationships": {
                    "configuration": {"data": _CONFIGURATION},
                    "rules": {"data": [{"type": _RULE, "id": each} for each in self._within(name)]},
                },
            }
            for name, attributes in self._groups.items()
        ]

    def rules(self) -> list[_Kept]:
        """Return the rules of all groups."""
        return [{"type": _RULE, "id": name, **kept} for name, kept in self._rules.items()]

    def put_group(self, data: _Data, name: str | None = None) -> str:
        """Add a group, or change what is said of the one called ``name``; raises `ApiError`."""
        before = {} if name is None else self._existing(self._groups, name, "group")
        attributes = _read(data.attributes, before, _Group)
        return self._keep(self._groups, name, attributes)

    def put_rule(self, data: _Data, name: str | None = None) -> str:
        """Add a rule to the group that it names, or change the one called ``name``; raises `ApiError`."""
        before = {} if name is None else self._existing(self._rules, name, "rule")
        attributes = _read(data.attributes, before.get("attributes", {}), _Rule)
        relationships = {**before.get("relationships", {}), **data.relationships}
        group = (relationships.get("group") or {}).get("data") or {}
        self._existing(self._groups, str(group.get("id")), "group")
        if not attributes["pattern"] and not (relationships.get("standard_pattern") or {}).get("data"):
            raise ApiError(400, "a rule has a pattern, or a relationship to a standard pattern")
        try:
            re.compile(attributes["pattern"])
        except (re.error, OverflowError, RecursionError) as error:
            raise ApiError(400, f"pattern: not a regular expression that the stand-in reads: {error}") from error
        return self._keep(self._rules, name, {"attributes": attributes, "relationships": relationships})

    def delete_group(self, name: str) -> None:
        """Forget a group and its rules; raises `ApiError` 404."""
        self._existing(self._groups, name, "group")
        for rule in self._within(name):
            self.delete_rule(rule)
        self._forget(self._groups, name)

    def delete_rule(self, name: str) -> None:
        """Forget a rule; raises `ApiError` 404."""
        self._existing(self._rules, name, "rule")
        self._forget(self._rules, name)

    def order(self, data: _Data) -> None:
        """Put the groups in an order, which has to name each once; raises `ApiError` 400."""
        listed = (data.relationships.get("groups") or {}).get("data")
        names = [str(each.get("id")) for each in listed or () if isinstance(each, Mapping)]
        if sorted(names) != sorted(self._groups):
            raise ApiError(400, "the order has to name every group once, and nothing else")
        self._groups = {name: self._groups[name] for name in names}
        self.version += 1

    def _within(self, group: str) -> list[str]:
        return [name for name, kept in self._rules.items() if kept["relationships"]["group"]["data"]["id"] == group]

    @staticmethod
    def _existing(among: Mapping[str, _Kept], name: str, what: str) -> _Kept:
        if name not in among:
            raise ApiError(404, f"scanning {what} {name!r} not found")
        return among[name]

    def _keep(self, among: dict[str, _Kept], name: str | None, kept: _Kept) -> str:
        name = name or str(drawn.uuid4())
        weigh(self._weights, name, kept)
        among[name] = kept
        self.version += 1
        return name

    def _forget(self, among: dict[str, _Kept], name: str) -> None:
        del among[name]
        self._weights.drop(name)
        self.version += 1


def _read(given: Mapping[str, Any], before: Mapping[str, Any], shape: type[_Group | _Rule]) -> _Kept:
    refuse_unknown(given, shape.__struct_fields__)
    try:
        read = msgspec.convert({**before, **given}, shape)
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error)) from error
    if not read.name.strip():
        raise ApiError(400, "a name is required")
    return {
        **{name: value for name, value in _defaults(shape).items() if value is not None},
        **msgspec.to_builtins(read),
    }


def _defaults(shape: type[_Group | _Rule]) -> _Kept:
    """Return what a server shows of a thing that says its name alone."""
    empty = msgspec.convert({"name": "n"}, shape)
    defaults = {name: msgspec.to_builtins(getattr(empty, name)) for name in shape.__struct_fields__ if name != "name"}
    return {name: value for name, value in defaults.items() if value is not None}


class _Part(NamedTuple):
    """What is done to groups, or to rules."""

    path: str
    type: str
    put: Callable[[_Data, str | None], str]
    delete: Callable[[str], None]
    listed: Callable[[], list[_Kept]]


def scanning_routes(book: ScanningBook) -> list[Route]:
    """Return the routes under /api/v2/sensitive-data-scanner/config."""
    return [
        *_configuration_routes(book),
        *_routes_of(_Part("groups", _GROUP, book.put_group, book.delete_group, book.groups), book),
        *_routes_of(_Part("rules", _RULE, book.put_rule, book.delete_rule, book.rules), book),
    ]


def _configuration_routes(book: ScanningBook) -> list[Route]:
    async def get(_request: Request) -> JSONResponse:
        groups = book.groups()
        named = [{"type": _GROUP, "id": each["id"]} for each in groups]
        configuration = {**_CONFIGURATION, "attributes": {}, "relationships": {"groups": {"data": named}}}
        meta = {"version": book.version, "count_limit": book.KEPT, "group_count_limit": book.KEPT}
        return JSONResponse({"data": configuration, "included": [*groups, *book.rules()], "meta": meta})

    async def order(request: Request) -> JSONResponse:
        book.order(decode(_BODY, await read_body(request)).data)
        return JSONResponse({"meta": {"version": book.version}})

    async def patterns(_request: Request) -> JSONResponse:
        return JSONResponse({"data": []})

    return [
        Route(_ROOT, get, methods=["GET"]),
        Route(_ROOT, order, methods=["PATCH"]),
        Route(f"{_ROOT}/standard-patterns", patterns, methods=["GET"]),
    ]


def _routes_of(part: _Part, book: ScanningBook) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        name = part.put(_data(await read_body(request), part.type), None)
        (made,) = (each for each in part.listed() if each["id"] == name)
        return JSONResponse({"data": made, "meta": {"version": book.version}})

    async def update(request: Request) -> JSONResponse:
        part.put(_data(await read_body(request), part.type), request.path_params["name"])
        return JSONResponse({"meta": {"version": book.version}})

    async def delete(request: Request) -> JSONResponse:
        decode(_META, await read_body(request))
        part.delete(request.path_params["name"])
        return JSONResponse({"meta": {"version": book.version}})

    one = f"{_ROOT}/{part.path}/{{name}}"
    return [
        Route(f"{_ROOT}/{part.path}", create, methods=["POST"]),
        Route(one, update, methods=["PATCH"]),
        Route(one, delete, methods=["DELETE"]),
    ]


def _data(body: bytes, kind: str) -> _Data:
    data = decode(_BODY, body).data
    if data.type != kind:
        raise ApiError(400, f"'{data.type}' is not one of ['{kind}']")
    return data
