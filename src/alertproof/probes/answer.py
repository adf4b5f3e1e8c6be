"""What came back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx

from alertproof.errors import Broken
from alertproof.journal import Hop, Phases, ProbeRun
from alertproof.probes.ask import Ask
from alertproof.probes.charset import charset
from alertproof.probes.place import find, parse_place
from alertproof.probes.trouble import Trouble
from alertproof.probes.wording import clipped, excerpt

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answer:
    """What was asked with its answer, or with the trouble that kept it away; ``status`` is then 0.

    ``at`` is when it was sent, ``total`` runs from there to the last byte. ``body`` is decoded, ``size`` counts its
    bytes on the wire. ``url`` is what was asked, ``peer`` the address that was connected to. ``budget`` is the longest
    that it may take, where one was set. ``chain`` holds the connection's certificates (DER), the platform's own first,
    and nothing without TLS. ``version`` is how it was spoken to: ``HTTP/1.1`` or ``HTTP/2``. ``hops`` are the
    redirects that were followed, in order, each measured; ``total`` is then the time of all, ``phases`` are the last
    one's. ``tls`` and ``cipher`` are those of a secured connection. ``records`` are what a name server said, sorted;
    ``status`` and ``headers`` are HTTP's alone.
    """

    request: Ask
    url: httpx.URL
    at: datetime
    total: timedelta
    phases: Phases
    connection: Literal["cold", "warm"]
    correlation_id: str
    status: int = 0
    headers: httpx.Headers
    body: bytes = b""
    size: int = 0
    peer: str = ""
    chain: tuple[bytes, ...] = ()
    version: str = ""
    tls: str = ""
    cipher: str = ""
    records: tuple[str, ...] = ()
    hops: tuple[Answer, ...] = ()
    trouble: Trouble | None = None
    detail: str = ""
    budget: timedelta | None = None

    def json(self) -> Any:
        """Return the body as JSON; raises `ValueError` when it is none."""
        return json.loads(self.body)

    def capture(self, place: str) -> Any:
        """Return what stands first at a place of a JSON body, for the next step: ``created.capture("$.id")``.

        Raises `Broken` where nothing does: what is used later is expected first.
        """
        try:
            found = find(self.json(), parse_place(place))
        except (ValueError, RecursionError):
            found = []
        if not found:
            raise Broken(f"{self.request}: nothing at {place} that could be used; expect it first")
        return found[0]

    @property
    def text(self) -> str:
        """The body as text, in its own charset."""
        return self.body.decode(charset(self.headers, self.body) or "utf-8", "replace")

    def shown(self, text: str) -> str:
        """Return a text from the answer as it may be shown: without the request's secrets, and short."""
        # Hidden first: half a secret is none that would be found.
        return clipped(self.request.without_secrets(text))

    def excerpt(self) -> str:
        """Return the beginning of the body as it may be shown."""
        return excerpt(self.request.without_secrets(self.text))

    @property
    def said(self) -> str:
        """The answer in a few words: ``status 200, 17 bytes``, ``10 mail.example``; empty where there was a trouble."""
        if self.trouble is not None:
            return ""
        match self.request.kind:
            case "http":
                return f"status {self.status}, {self.size:,} bytes"
            case "tcp":
                return f"open, {self.size:,} bytes: {self.excerpt()}" if self.body else "open"
            case "tls":
                return f"{self.tls}, {self.cipher}"
            case "dns":
                return clipped(", ".join(self.records)) or "no such record"

    def run(self) -> ProbeRun:
        """Return the record of it."""
        request = self.request
        return ProbeRun(
            at=self.at,
            name=request.name or f"{request.method} {request.asked.partition('?')[0]}",
            tenant=request.tenant,
            method=request.method,
            path=request.asked,
            connection=self.connection,
            status=self.status,
            total=self.total,
            phases=self.phases,
            size=self.size,
            trouble=self.trouble or "",
            correlation_id=self.correlation_id,
            version=self.version,
            answer="" if request.kind == "http" else self.said,
            hops=tuple(
                Hop(
                    url=one.request.without_secrets(str(one.url)), status=one.status, total=one.total, phases=one.phases
                )
                for one in self.hops
            ),
        )

    def __repr__(self) -> str:
        """Leave headers and body out: they may hold what the platform gives to one user alone."""
        return f"Answer({self.request}: {self.trouble or self.status})"
