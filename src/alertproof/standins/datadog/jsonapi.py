"""What the resources of ``/api/v2`` share: ``{"data": {"type": .., "attributes": {..}}}``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from alertproof.standins.datadog.wire import ApiError, decode, read_body

__all__ = ["USER", "author", "read_attributes", "refuse_unknown", "resource"]

#: Who does everything in this account.
USER: Mapping[str, Any] = {
    "type": "users",
    "id": "00000000-0000-4000-8000-000000000001",
    "attributes": {
        "name": None,
        "handle": "alertproof@example.com",
        "email": "alertproof@example.com",
        "created_at": "2024-01-01T00:00:00.000000+00:00",
        "modified_at": "2024-01-01T00:00:00.000000+00:00",
        "icon": "",
        "title": None,
        "verified": True,
        "service_account": False,
        "disabled": False,
        "status": "Active",
    },
}


class _Data(msgspec.Struct):
    type: str
    attributes: dict[str, Any]
    id: str = ""


class _Body(msgspec.Struct):
    data: _Data


_BODY = msgspec.json.Decoder(_Body)


async def read_attributes(
    request: Request, kind: str, known: Collection[str], *, about: tuple[str, int, str] | None = None
) -> dict[str, Any]:
    """Return the attributes of a body; raises `ApiError` 400 for another type of resource and for an unknown one.

    ``about`` is the id that the path names, and how a body that names another is refused: with a status, in words.
    """
    data = decode(_BODY, await read_body(request)).data
    if data.type != kind:
        raise ApiError(400, f"'{data.type}' is not one of ['{kind}']")
    if about is not None:
        name, status, text = about
        if not data.id:
            raise ApiError(400, "Required parameter 'id' is missing")
        if data.id != name:
            raise ApiError(status, text)
    refuse_unknown(data.attributes, known)
    return data.attributes


def refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    """Raise `ApiError` 400 for keys that are not known, in the words that were recorded [CASS]."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(repr(name) for name in unknown)
        raise ApiError(
            400, f"Additional properties are not allowed ({names} {'was' if len(unknown) == 1 else 'were'} unexpected)"
        )


def resource(kind: str, name: str, attributes: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return one resource as it is answered."""
    return {"type": kind, "id": name, "attributes": dict(attributes), **more}


def author() -> dict[str, Any]:
    """Return the relationship to who made it."""
    return {"data": {"type": USER["type"], "id": USER["id"]}}
