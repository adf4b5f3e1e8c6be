"""One broken server: what it does, and what a probe has to say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.probes.conftest import Link, Script

from alertproof.verdict import Verdict

__all__ = ["Broken", "asked", "well"]

#: What every probe of the catalogue expects: status 200 and this body, within two minutes.
BODY = b'{"ok": true}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A server and the verdict on it. ``said`` is all after "last seen: ", PORT for the port of the server.

    ``certificate`` is that of the server, none without TLS; ``host`` the name under which it is asked, looked up by
    ``resolve`` as the test knows it; ``limits`` those that have to come into play, all others are generous.
    """

    does: str
    script: Script | None = None
    verdict: Verdict = Verdict.FAILED
    said: str
    certificate: str = ""
    http2: bool = False
    host: str = "127.0.0.1"
    resolve: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)


def well(*headers: str, body: bytes = BODY, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return an answer as it should be but for what is given."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    if not any(line.lower().startswith("transfer-encoding") for line in headers):
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def asked(link: Link, data: bytes) -> None:
    """Read a request and answer it."""
    link.request()
    link.send(data)
