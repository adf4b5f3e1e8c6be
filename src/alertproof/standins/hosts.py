"""Which names a site answers to: none that could be anybody's.

A page of any site can let its own name point at 127.0.0.1 (DNS rebinding), and its scripts then read and write here as
if this were their own site. The browser tells on them: it says the name that it asked for. A name that only this
machine or its network can mean, and an address, cannot be rebound.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from ipaddress import ip_address

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["AtHome", "is_at_home", "spelled"]

#: Ends of names that no public server of names gives out [RFC 6761, RFC 6762; ICANN's resolution on .internal].
_OURS = (".localhost", ".internal", ".local")
_SHOWN = 100


class AtHome:
    """An app that answers 421 to whoever asks for another name than one of this machine or of ``names``."""

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the app answer."""
        found = [value for name, value in scope.get("headers", ()) if name == b"host"]
        if all(is_at_home(value, self._names) for value in found):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await _refusal(found)(scope, receive, send)


@lru_cache(maxsize=1024)
def is_at_home(host: bytes, names: frozenset[str]) -> bool:
    """Tell whether a ``Host`` header names this machine or its network, or is one of ``names``."""
    name = spelled(host.decode("latin-1"))
    return "." not in name or name.endswith(_OURS) or name in names or _is_address(name)


def spelled(host: str) -> str:
    """Return the name of a host as it is compared: lower case, without port and the dot of the root."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].strip().removesuffix(".").lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _refusal(hosts: list[bytes]) -> PlainTextResponse:
    asked = ", ".join(ascii(host.decode("latin-1")[:_SHOWN]) for host in hosts)
    text = (
        f"421: this stand-in was asked for as {asked}. It answers to IP addresses, names without dots, localhost, and"
        f" names that end in {', '.join(_OURS)}: else a page of any site could reach it through a browser. Ask by one"
        " of these, or start it with --host-name NAME.\n"
    )
    headers = {"Connection": "close", "X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(text, status_code=421, headers=headers)
