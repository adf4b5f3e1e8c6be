"""The control doors of stand-ins that tests start."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

#: What the processes that tests start take for the stack's token.
TOKEN = "token"
PAGE = "page-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class _Standin(Protocol):
    @property
    def app(self) -> ASGIApp: ...
    @property
    def doors(self) -> list[Route]: ...


def with_doors(standin: _Standin) -> Starlette:
    """Return one app in this process that answers for the vendor and, without a token, for its doors."""
    routes: Sequence[Any] = [*standin.doors, Mount("/", standin.app)]
    return Starlette(routes=routes)


def ask_door(address: str, path: str, **parameters: Any) -> Any:
    """Return what the control door at an endpoint's address says."""
    return httpx.get(f"{address}/{path}", params=parameters, headers=BEARER).raise_for_status().json()


@dataclass(frozen=True)
class Vendor:
    """A stand-in in a process of its own: where its API answers, and where its control door."""

    name: str
    api: str
    door: str
    endpoints: Mapping[str, str]
    context: ssl.SSLContext
    #: A path that reads, and what a client sends with it.
    reads: str
    headers: Mapping[str, str]

    def get(self, path: str = "", **options: Any) -> httpx.Response:
        """Ask the API by a connection of its own."""
        headers = {**self.headers, **options.pop("headers", {})}
        return httpx.get(self.api + (path or self.reads), headers=headers, verify=self.context, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return httpx.post(self.api + path, headers=headers, verify=self.context, **options)

    def control(self, method: str, path: str, **options: Any) -> Any:
        """Ask the door, which must not refuse."""
        answer = httpx.request(
            method, f"{self.door}/{path}".rstrip("/"), headers=BEARER, verify=self.context, **options
        )
        assert answer.is_success, answer.text
        return answer.json()

    def turn(self, **knob: Any) -> None:
        self.control("POST", "knobs", json=knob)

    def taken(self) -> list[int]:
        return [knob["taken"] for knob in self.control("GET", "knobs")["knobs"]]

    def quiet(self) -> None:
        """Turn everything back."""
        self.control("DELETE", "knobs")
        self.control("PUT", "visibility", json={"after_s": 0})
        self.control("PUT", "clock", json={"skew_s": 0})
