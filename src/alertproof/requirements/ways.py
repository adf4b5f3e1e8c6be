"""How a platform that is not ours is made to fail: by a header of a request, or by a feature flag.

``alertproof.toml`` says it per target, under ``[targets.NAME.drills]``. The specification says only what is broken.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

__all__ = ["FlagWay", "HeaderWay", "HttpChange", "Way", "way_problem"]

_SCHEMES = ("https://", "http://")


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class HttpChange(_Strict, frozen=True, kw_only=True):
    """An HTTP request that changes something at ``url``, with a body of JSON where one is given.

    ``$NAME`` in a header's value is the environment's: a secret is written neither here nor in the ledger.
    """

    url: str
    method: Literal["PUT", "POST", "PATCH", "DELETE"] = "PUT"
    body: Any = msgspec.field(name="json", default=None)
    headers: dict[str, str] = {}


class HeaderWay(_Strict, frozen=True, kw_only=True, tag_field="by", tag="header"):
    """A request that carries a header fails, or is answered ``seconds`` later, as its ``kind`` says."""

    kind: Literal["error", "delay"]
    name: str
    value: str
    seconds: float = 0.0


class FlagWay(_Strict, frozen=True, kw_only=True, tag_field="by", tag="flag"):
    """While a flag is set a ``share`` of the requests, 0..1, fails, or is answered ``seconds`` later.

    ``undo`` puts it back, also when it is called twice, or when the flag was never set.
    """

    kind: Literal["error", "delay"]
    share: float
    change: HttpChange = msgspec.field(name="set")
    undo: HttpChange | None = None
    seconds: float = 0.0


Way: TypeAlias = HeaderWay | FlagWay


def way_problem(way: Way) -> str:
    """Return what is wrong with a way, empty when nothing is."""
    if way.kind == "delay" and way.seconds <= 0:
        return f"a delay by {_by(way)} says its seconds, above 0, as the specification does"
    if isinstance(way, HeaderWay):
        return "" if way.name and way.value else "a header has a name and a value"
    if not 0 < way.share <= 1:
        return f"a flag's share is above 0 and at most 1, got {way.share:g}"
    if way.undo is None:
        return f"the flag at {way.change.url} has no undo: say the request that puts it back, or it is not set"
    wrong = next((one.url for one in (way.change, way.undo) if not one.url.startswith(_SCHEMES)), None)
    return f"{wrong!r} does not begin with https:// or http://" if wrong is not None else ""


def _by(way: Way) -> str:
    return str(way.__struct_config__.tag)
