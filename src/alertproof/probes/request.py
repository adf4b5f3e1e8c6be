"""What is asked, and by whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import quote, urlencode

from alertproof.errors import ConfigError
from alertproof.redact import Secret

__all__ = ["READING", "File", "Request", "hidden"]

#: The methods that leave nothing behind.
READING = frozenset({"GET", "HEAD", "OPTIONS"})

Json: TypeAlias = object


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that is uploaded: its name, its bytes, and what it is."""

    name: str
    content: bytes
    type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. ``path`` begins with a slash and goes on from the platform's address.

    A `Secret` in ``headers``, ``json`` or ``form`` is revealed on the wire alone; ``content`` is a body that is none of
    them. ``form`` is sent as a form, together with ``files`` as one of several parts. ``graphql``: the body is a query,
    see `graphql`. ``origin`` is the address of another server than the platform, such as who gives its tokens.
    ``tenant`` is who asks; ``name`` says in words what is asked, where method and path do not. ``keep`` takes a kept
    connection when there is one, and keeps it afterwards; without it each request opens its own. ``reads`` is for a
    method that could write and does not. ``http`` is the version that is offered (over http without TLS: spoken),
    ``family`` the kind of address that is connected to, and ``follow`` how many redirects are followed, each measured.
    """

    method: str
    path: str
    tenant: str = ""
    name: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    json: Json = None
    content: bytes = b""
    form: Mapping[str, str | int | Secret] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    graphql: bool = False
    origin: str = ""
    keep: bool = False
    reads: bool = False
    http: Literal["1.1", "2"] = "1.1"
    family: Literal["", "ipv4", "ipv6"] = ""
    follow: int = 0

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or self.path.startswith("//"):
            raise ConfigError(f"a probe's path begins with one slash and has no host, got {self.path!r}")
        if not re.fullmatch(r"[A-Za-z-]+", self.method):
            raise ConfigError(f"a probe's method is a word such as GET, got {self.method!r}")
        if not self.path.isprintable():
            raise ConfigError(f"a probe's path holds what no address may: {self.path!r}; write it percent-encoded")
        bodies = (bool(self.content), self.json is not None, bool(self.form or self.files))
        if sum(bodies) > 1:
            raise ConfigError(f"{self.method} {self.path}: a request has one body: json or content, or form and files")
        if self.http not in {"1.1", "2"} or self.family not in {"", "ipv4", "ipv6"}:
            raise ConfigError(f"{self.method} {self.path}: http is '1.1' or '2', family 'ipv4' or 'ipv6'")
        for name, value in self.headers.items():
            text = str(value.reveal() if isinstance(value, Secret) else value)
            if text != text.strip() or not text.isascii() or not text.replace("\t", "").isprintable():
                raise ConfigError(  # without the value: it may be secret
                    f"the header {name!r} cannot be sent: a line break, a blank at an end, or no ASCII"
                )

    @property
    def kind(self) -> Literal["http"]:
        """What it is."""
        return "http"

    @property
    def writes(self) -> bool:
        """Whether it may leave something behind."""
        return self.method not in READING and not self.reads

    @property
    def entrusts(self) -> bool:
        """Whether its body holds a secret."""
        return next(_secrets([self.json, self.form]), None) is not None

    @property
    def asked(self) -> str:
        """The path with its query."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path

    def __str__(self) -> str:
        asker = f" as {self.tenant}" if self.tenant else ""
        if self.name:
            return f"{self.name} ({self.method} {self.asked}{asker})"
        return f"{self.method} {self.asked}{asker}"

    def without_secrets(self, text: str) -> str:
        """Return ``text`` with ``***`` for each secret that this request sends."""
        return hidden(text, _secrets([self.headers, self.json, self.form]))


def hidden(text: str, secrets: Iterable[Secret]) -> str:
    """Return ``text`` with ``***`` for each secret, in each form in which it may stand there."""
    for secret in secrets:
        for form in _forms(secret.reveal()):
            text = text.replace(form, "***")
    return text


def _secrets(value: object) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _secrets(inner)


def _forms(secret: str) -> list[str]:
    """Return how a secret may stand in an answer: whole or without its scheme; as it is, in JSON, in an address."""
    _, _, token = secret.partition(" ")
    texts = [secret, token] if len(token) >= 8 else [secret]
    found = {form for text in texts for form in (text, json.dumps(text)[1:-1], quote(text, safe=""))}
    return sorted(filter(None, found), key=len, reverse=True)
